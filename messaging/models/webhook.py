"""Other systems that are told what happens here."""

import secrets
import uuid

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.encryption import EncryptedJSONField


def make_webhook_secret() -> str:
    """What signs the calls to one receiver."""
    return f"whs_{secrets.token_urlsafe(32)}"


class Webhook(models.Model):
    """A receiver of events. on ⇄ off; it goes off by itself after a long streak of failures, with an incident."""

    class Event(models.TextChoices):
        MESSAGE_RECEIVED = "message.received", _("a message came in")
        MESSAGE_STATUS = "message.status", _("a message has another status")
        CAMPAIGN_STATUS = "campaign.status", _("a campaign has another state")
        LINE_STATE = "line.state", _("a line went up or down")
        CONSENT_CHANGED = "consent.changed", _("somebody opted in or out")
        PING = "ping", _("a trial")

    name = models.CharField(_("name"), max_length=100, unique=True)
    url = models.CharField(_("address"), max_length=500)
    secret = EncryptedJSONField(default=make_webhook_secret, editable=False)
    events = models.JSONField(_("events"), default=list, help_text=_("words of Event"))
    is_active = models.BooleanField(_("on"), default=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    next_attempt_at = models.DateTimeField(default=timezone.now, editable=False)
    delivered_at = models.DateTimeField(_("last delivery"), null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(models.Model):
    """One event for one receiver. waiting → delivered | failed (given up) → waiting, when somebody sends it again.

    Written in the transaction of what it tells, so it is told exactly when that happened.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("given up")

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    event_id = models.UUIDField(default=uuid.uuid4, help_text=_("the same in every attempt"))
    event = models.CharField(_("event"), max_length=30, choices=Webhook.Event)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(null=True, default=timezone.now)
    status_code = models.PositiveSmallIntegerField(_("answer"), default=0)
    problem = models.CharField(_("problem"), max_length=100, blank=True)
    answer = models.CharField(max_length=300, blank=True, help_text=_("how the answer begins"))
    elapsed_ms = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    attempted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["webhook", "-id"], name="delivery_log"),
            models.Index(fields=["webhook", "id"], condition=models.Q(state="waiting"), name="delivery_waiting"),
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(next_attempt_at__isnull=False), name="delivery_due"
            ),
            models.Index(fields=["created_at"], name="delivery_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.event_id}"
