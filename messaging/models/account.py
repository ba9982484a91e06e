"""Accounts at gateways, and the mirrors of what the gateway keeps for them."""

import secrets
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.encryption import EncryptedJSONField, Unreadable


def make_callback_secret() -> str:
    """The unguessable part of a callback address."""
    return secrets.token_urlsafe(24)


class Account(models.Model):
    """Our login at one gateway.

    new → ready ⇄ blocked (reason): a blocked account keeps its messages queued until the reason is gone. While
    `key_asked_at` is set it stays blocked, whatever a test of the old key says.
    """

    class State(models.TextChoices):
        NEW = "new", _("not tested yet")
        READY = "ready", _("ready")
        BLOCKED = "blocked", _("blocked")

    name = models.CharField(_("name"), max_length=100, unique=True)
    provider = models.CharField(_("gateway"), max_length=20, help_text=_("slug of the provider"))
    base_url = models.URLField(_("address"), max_length=300)
    credentials = EncryptedJSONField(default=dict)
    region = models.CharField(
        _("region"), max_length=2, blank=True, help_text=_("for phone numbers without a country code, e.g. MX")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.NEW)
    reason = models.CharField(_("reason"), max_length=30, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True, help_text=_("the gateway's own words"))
    label = models.CharField(_("known there as"), max_length=200, blank=True)
    quota = models.JSONField(_("quota"), default=dict, blank=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    callback_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    callback_secret = models.CharField(max_length=64, default=make_callback_secret, editable=False)
    callback_set_at = models.DateTimeField(_("callback address set"), null=True, editable=False)
    last_callback_at = models.DateTimeField(_("last callback"), null=True, editable=False)
    checked_at = models.DateTimeField(_("tested"), null=True, editable=False)
    synced_at = models.DateTimeField(_("synced"), null=True, editable=False)
    next_poll_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    next_check_at = models.DateTimeField(default=timezone.now, editable=False)
    received_until = models.DateTimeField(
        null=True, editable=False, help_text=_("incoming messages are known up to here")
    )
    key_asked_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text=_("since when a new key is asked for; nothing goes out until one is stored"),
    )
    key_version = models.PositiveIntegerField(
        default=0, editable=False, help_text=_("how often the gateway gave a new key")
    )
    key_changed_at = models.DateTimeField(_("new key"), null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["name"]
        permissions = [("see_exchange", _("Can read the exchanges with gateways"))]

    def __str__(self) -> str:
        return self.name

    @property
    def known_credentials(self) -> dict[str, str]:
        """Its credentials; {} where the key that encrypted them is gone, so that new ones can be typed."""
        return {} if isinstance(self.credentials, Unreadable) else self.credentials


class WhatsAppAccount(models.Model):
    """A WhatsApp number linked at the gateway."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="whatsapp_accounts")
    remote_id = models.CharField(max_length=120)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    is_connected = models.BooleanField(_("connected"), default=False)
    note = models.CharField(_("note"), max_length=200, blank=True)
    raw = models.JSONField(default=dict, blank=True)
    synced_at = models.DateTimeField(default=timezone.now)
    gone_at = models.DateTimeField(null=True, blank=True, help_text=_("since when the gateway no longer lists it"))

    class Meta:
        verbose_name = _("WhatsApp account")
        verbose_name_plural = _("WhatsApp accounts")
        constraints = [models.UniqueConstraint(fields=["account", "remote_id"], name="whatsapp_account_once")]

    def __str__(self) -> str:
        return self.phone or self.remote_id[:12]


class Device(models.Model):
    """An Android phone at the gateway."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="devices")
    remote_id = models.CharField(max_length=120)
    name = models.CharField(_("name"), max_length=200, blank=True)
    is_connected = models.BooleanField(_("connected"), default=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    raw = models.JSONField(default=dict, blank=True)
    synced_at = models.DateTimeField(default=timezone.now)
    gone_at = models.DateTimeField(null=True, blank=True, help_text=_("since when the gateway no longer lists it"))

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        constraints = [models.UniqueConstraint(fields=["account", "remote_id"], name="device_once")]

    def __str__(self) -> str:
        return self.name or self.remote_id


class MirroredObject(models.Model):
    """Anything else the gateway keeps for us (groups, contacts, campaigns, …), as it last showed it."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="mirrored")
    kind = models.CharField(max_length=30)
    remote_id = models.CharField(max_length=120)
    name = models.CharField(max_length=300, blank=True)
    phone = models.CharField(max_length=64, blank=True, help_text=_("as the gateway writes it"))
    phone_key = models.CharField(max_length=64, blank=True)
    groups = models.JSONField(default=list, blank=True, help_text=_("ids of the gateway's groups it is in"))
    members = models.JSONField(null=True, blank=True, help_text=_("phones in a WhatsApp group"))
    raw = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(
        _("at"), null=True, blank=True, help_text=_("of a message: when, as the gateway says; old ones are let go")
    )
    synced_at = models.DateTimeField(default=timezone.now, db_index=True)
    gone_at = models.DateTimeField(null=True, blank=True, help_text=_("since when the gateway no longer lists it"))

    class Meta:
        verbose_name = _("mirrored object")
        verbose_name_plural = _("mirrored objects")
        constraints = [models.UniqueConstraint(fields=["account", "kind", "remote_id"], name="mirrored_once")]
        indexes = [
            models.Index(fields=["account", "kind", "phone_key"], name="mirrored_phone"),
            models.Index(fields=["account", "kind", "synced_at"], condition=Q(gone_at=None), name="mirrored_seen"),
            models.Index(fields=["at"], condition=Q(at__isnull=False), name="mirrored_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name or self.remote_id}"


class LinkSession(models.Model):
    """One attempt to link a WhatsApp number by scanning a QR: waiting → linked | expired | failed."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for the scan")
        LINKED = "linked", _("linked")
        EXPIRED = "expired", _("expired")
        FAILED = "failed", _("failed")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="link_sessions")
    address = models.CharField(
        max_length=120, blank=True, help_text=_("which number is linked again; empty for a new one")
    )
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    note = models.CharField(max_length=300, blank=True)
    offer = EncryptedJSONField(default=dict, help_text=_("the QR's text and token; the token never leaves the server"))
    known = models.JSONField(default=list, help_text=_("numbers connected before, so that a new one stands out"))
    codes = models.PositiveSmallIntegerField(default=1, help_text=_("how many codes were shown"))
    asked_at = models.DateTimeField(null=True, help_text=_("when the gateway was last asked"))
    offered_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    line = models.ForeignKey(
        "messaging.Line", null=True, blank=True, on_delete=models.SET_NULL, help_text=_("the line that came of it")
    )

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.account} {self.state}"


class Incident(models.Model):
    """An open problem with an account or one of its lines; at most one open per kind and scope."""

    class Kind(models.TextChoices):
        ACCOUNT_BLOCKED = "account_blocked", _("the gateway refuses us")
        LINE_DOWN = "line_down", _("a line is disconnected")
        UNREACHABLE = "unreachable", _("the gateway does not answer")
        WEBHOOK_OFF = "webhook_off", _("a webhook was switched off")
        NEWS_UNREAD = "news_unread", _("news could not be taken in")

    kind = models.CharField(max_length=20, choices=Kind)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="incidents")
    webhook = models.ForeignKey(
        "messaging.Webhook", null=True, blank=True, on_delete=models.CASCADE, related_name="incidents"
    )
    line = models.ForeignKey(
        "messaging.Line", null=True, blank=True, on_delete=models.CASCADE, related_name="incidents"
    )
    reason = models.CharField(max_length=30, blank=True)
    note = models.CharField(max_length=300, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "account"], condition=Q(closed_at=None, line=None), name="incident_open_once_account"
            ),
            models.UniqueConstraint(
                fields=["kind", "line"], condition=Q(closed_at=None, line__isnull=False), name="incident_open_once_line"
            ),
            models.UniqueConstraint(
                fields=["kind", "webhook"],
                condition=Q(closed_at=None, webhook__isnull=False),
                name="incident_open_once_webhook",
            ),
            models.CheckConstraint(
                condition=Q(account__isnull=False, webhook=None) | Q(account=None, line=None, webhook__isnull=False),
                name="incident_is_somewhere",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.line or self.account or self.webhook}"
