"""The red button: everything stopped at once, and what gateways said when they were asked to drop what they held."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.models import Message


class PanicStop(models.Model):
    """One press of the button. counts: {"campaigns": [{"id", "was", "note"}], "numbers": {id: {word: people}}}."""

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(_("pressed"), default=timezone.now)
    finished_at = models.DateTimeField(
        _("settled"), null=True, help_text=_("from when on the gateways are not asked any more")
    )
    counts = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("stop of everything")
        verbose_name_plural = _("stops of everything")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class TakeBack(models.Model):
    """One message that a gateway was asked to drop, and its answer. Asked once per stop."""

    class Outcome(models.TextChoices):
        DROPPED = "dropped", _("dropped by the gateway")
        GONE = "gone", _("already gone")
        UNCONFIRMED = "unconfirmed", _("not confirmed")

    stop = models.ForeignKey(PanicStop, on_delete=models.CASCADE, related_name="take_backs", db_index=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+")
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome)
    note = models.CharField(_("note"), max_length=300, blank=True, help_text=_("the gateway's own words"))

    class Meta:
        verbose_name = _("message asked back")
        verbose_name_plural = _("messages asked back")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["stop", "message"], name="take_back_once")]

    def __str__(self) -> str:
        return f"{self.message_id}: {self.outcome}"
