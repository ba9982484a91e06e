"""What crossed the wire: our calls to gateways, and theirs to us."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.models.account import Account


class Exchange(models.Model):
    """One redacted HTTP request to a gateway and its answer; kept for days."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="exchanges")
    method = models.CharField(max_length=8)
    url = models.CharField(max_length=500)
    request = models.TextField(blank=True)
    status_code = models.PositiveSmallIntegerField(default=0)
    response = models.TextField(blank=True)
    error = models.CharField(max_length=300, blank=True)
    elapsed_ms = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("exchange")
        verbose_name_plural = _("exchanges")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.method} {self.url} {self.status_code or self.error}"


class Callback(models.Model):
    """One webhook call as received, secrets masked; stored before it is understood, and can be replayed."""

    class State(models.TextChoices):
        NEW = "new", _("new")
        DONE = "done", _("understood")
        WAITING = "waiting", _("about a message we do not know yet")
        FAILED = "failed", _("not understood")
        FOREIGN = "foreign", _("about no message of ours")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="callbacks")
    key = models.CharField(
        max_length=120, blank=True, help_text=_("the gateway's own id of this call, where it has one")
    )
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.TextField(blank=True)
    received_at = models.DateTimeField(default=timezone.now, db_index=True)
    next_attempt_at = models.DateTimeField(null=True, default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("callback")
        verbose_name_plural = _("callbacks")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], condition=~models.Q(key=""), name="callback_once")
        ]
        indexes = [models.Index(fields=["account"], condition=models.Q(state="failed"), name="callback_failed")]

    def __str__(self) -> str:
        return f"{self.account} {self.received_at:%Y-%m-%d %H:%M:%S}"
