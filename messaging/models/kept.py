"""What people made at a gateway from here, beside messages."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.models.account import Account


class KeptObject(models.Model):
    """Something made at a gateway from here. Where the gateway lists no such things, this row is all that is known of it.

    making → there → cancelled | deleted; what the gateway gives no id stays making, and its list shows it. `doubt` names a call to the gateway whose end is not known; it is under way while
    `asked_at` is recent, and its answer got lost otherwise. Nothing is ever asked a second time by the program.
    """

    class State(models.TextChoices):
        MAKING = "making", _("being made")
        THERE = "there", _("at the gateway")
        CANCELLED = "cancelled", _("cancelled")
        DELETED = "deleted", _("deleted")

    class Doubt(models.TextChoices):
        MAKE = "make", _("making it")
        CHANGE = "change", _("changing it")
        CANCEL = "cancel", _("cancelling it")
        DELETE = "delete", _("deleting it")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="kept")
    kind = models.CharField(_("kind"), max_length=30)
    remote_id = models.CharField(max_length=120, blank=True)
    name = models.CharField(_("name"), max_length=300, blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True, help_text=_("E.164"))
    due_at = models.DateTimeField(_("when"), null=True, blank=True, help_text=_("when it leaves, or first leaves"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.MAKING)
    doubt = models.CharField(_("in doubt"), max_length=10, choices=Doubt, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True, help_text=_("when a call that is under way began"))
    note = models.CharField(_("note"), max_length=300, blank=True, help_text=_("the gateway's own words"))
    values = models.JSONField(default=dict, help_text=_("what was asked for, without secrets"))
    raw = models.JSONField(default=dict, blank=True)
    key = models.CharField(max_length=60, help_text=_("made with the form, so that pressing twice makes one"))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("object made at a gateway")
        verbose_name_plural = _("objects made at gateways")
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="kept_object_once"),
            models.CheckConstraint(
                condition=models.Q(state="making") | ~models.Q(remote_id=""), name="kept_object_has_an_id"
            ),
        ]
        indexes = [models.Index(fields=["account", "kind", "-id"], name="kept_object_of_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name or self.remote_id}"
