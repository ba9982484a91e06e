"""Messages: the unit of truth about sending."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import Channel, Contact
from messaging.models.account import Account
from messaging.models.callback import Exchange
from messaging.models.line import Line


class Batch(models.Model):
    """Messages of one origin that are held and let go together (a campaign's, for example)."""

    label = models.CharField(max_length=200)
    is_held = models.BooleanField(default=False, help_text=_("while held, none of its messages is claimed"))
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")

    def __str__(self) -> str:
        return self.label


class Message(models.Model):
    """One message to or from one address on one line.

    queued → sending → accepted → sent → delivered → read
                │ ├→ queued (certainly not sent: again at next_attempt_at)      cancelled (from queued)
                │ ├→ failed (+ reason)                                          expired   (send_before passed)
                │ └→ unknown → accepted | failed | queued (certainly absent) | a person decides
    incoming messages are `received`.

    Only `messaging.outbox` writes `status`.
    """

    class Direction(models.TextChoices):
        OUT = "out", _("sent")
        IN = "in", _("received")

    class Status(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("sending")
        ACCEPTED = "accepted", _("accepted")
        SENT = "sent", _("sent")
        DELIVERED = "delivered", _("delivered")
        READ = "read", _("read")
        FAILED = "failed", _("failed")
        UNKNOWN = "unknown", _("unknown")
        CANCELLED = "cancelled", _("cancelled")
        EXPIRED = "expired", _("too late")
        RECEIVED = "received", _("received")

    class Priority(models.IntegerChoices):
        URGENT = 0, _("urgent")
        REPLY = 1, _("reply")
        CAMPAIGN = 5, _("campaign")

    # db_index=False: the indexes below begin with these columns, and every further one costs each message time.
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    line = models.ForeignKey(Line, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    direction = models.CharField(_("direction"), max_length=3, choices=Direction)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    phone = models.CharField(
        _("phone"), max_length=64, help_text=_("the other end: E.164, a group id, or a sender's name")
    )
    phone_key = models.CharField(max_length=64, editable=False)
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    body = models.TextField(_("text"), blank=True)
    attachment = models.JSONField(null=True, blank=True)
    parts = models.PositiveSmallIntegerField(default=1, help_text=_("SMS parts this text needs; caps count these"))

    status = models.CharField(_("status"), max_length=10, choices=Status)
    reason = models.CharField(_("reason"), max_length=30, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True, help_text=_("the gateway's own words"))
    remote_id = models.CharField(max_length=120, blank=True, editable=False)

    batch = models.ForeignKey(
        Batch, null=True, blank=True, on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    priority = models.SmallIntegerField(choices=Priority, default=Priority.REPLY)
    send_before = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(default=timezone.now, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    attempted_at = models.DateTimeField(null=True, editable=False)
    counted_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text=_("the latest moment at which it may have left, for the caps; none when it certainly did not"),
    )
    is_first_contact = models.BooleanField(
        default=False, editable=False, help_text=_("the first message between this account and this phone")
    )
    lease_token = models.CharField(max_length=32, blank=True, editable=False, help_text=_("which claim is sending it"))
    ask_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text=_("when to ask the gateway about it next: its status, or what became of it"),
    )
    asked = models.PositiveSmallIntegerField(default=0, editable=False)

    resend_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="resends", db_index=False
    )
    idempotency_key = models.CharField(max_length=200, null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    status_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-id"]
        permissions = [
            ("send_message", _("Can send and answer messages")),
            ("decide_message", _("Can decide about messages with an unknown outcome")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "remote_id", "line"],
                condition=Q(direction="out") & ~Q(remote_id=""),
                name="message_out_remote_once",
            ),
            models.UniqueConstraint(
                fields=["account", "remote_id"], condition=Q(direction="in"), name="message_in_remote_once"
            ),
            models.UniqueConstraint(
                fields=["idempotency_key"], condition=Q(idempotency_key__isnull=False), name="message_idempotency_key"
            ),
            models.CheckConstraint(
                condition=Q(direction="out", line__isnull=False) & ~Q(status="received")
                | Q(direction="in", status="received"),
                name="message_direction_fits",
            ),
        ]
        indexes = [
            models.Index(fields=["line", "priority", "id"], condition=Q(status="queued"), name="message_due"),
            models.Index(fields=["line", "id"], condition=Q(status="sending"), name="message_sending"),
            models.Index(fields=["id"], condition=Q(status="unknown"), name="message_unknown"),
            models.Index(fields=["id"], condition=Q(status="failed"), name="message_failed"),
            models.Index(fields=["ask_at"], condition=Q(ask_at__isnull=False), name="message_to_ask"),
            models.Index(fields=["line", "counted_at"], condition=Q(counted_at__isnull=False), name="message_pace"),
            models.Index(fields=["account", "phone_key", "id"], name="message_thread"),
            models.Index(fields=["resend_of"], condition=Q(resend_of__isnull=False), name="message_resent"),
            models.Index(fields=["id"], condition=Q(direction="in"), name="message_received"),
            models.Index(
                fields=["batch", "status", "id"], condition=Q(batch__isnull=False), name="message_newest_of_batch"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.phone} {self.status}"


class MessageEvent(models.Model):
    """One line of a message's history: what was learned, from whom, when. Append-only."""

    class Source(models.TextChoices):
        SEND = "send", _("sending")
        POLL = "poll", _("asking the gateway")
        CALLBACK = "callback", _("a call from the gateway")
        PERSON = "person", _("a colleague")
        ENGINE = "engine", _("Carillon")

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="events")
    status = models.CharField(max_length=10, choices=Message.Status)
    reason = models.CharField(max_length=30, blank=True)
    note = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=10, choices=Source)
    exchange = models.ForeignKey(Exchange, null=True, blank=True, on_delete=models.SET_NULL, related_name="events")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("message event")
        verbose_name_plural = _("message events")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.message_id} {self.status}"
