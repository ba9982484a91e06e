"""Who may be messaged, per phone and channel: an append-only history and the state derived from it."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    """The ways to reach a phone."""

    SMS = "sms", "SMS"
    WHATSAPP = "whatsapp", "WhatsApp"


class ConsentState(models.TextChoices):
    """What a person has said. No row means unknown."""

    OPTED_IN = "opted-in", _("opted in")
    OPTED_OUT = "opted-out", _("opted out")
    UNKNOWN = "unknown", _("unknown")


class ConsentEvent(models.Model):
    """One statement about consent, with its evidence. Never changed, never deleted."""

    class Source(models.TextChoices):
        REPLY = "reply", _("a reply")
        STAFF = "staff", _("a colleague")
        IMPORT = "import", _("an import")
        GATEWAY = "gateway", _("the gateway's list")
        API = "api", _("another system")

    phone_key = models.CharField(max_length=20, db_index=True)
    channel = models.CharField(max_length=10, choices=Channel)
    state = models.CharField(max_length=10, choices=ConsentState)
    source = models.CharField(max_length=10, choices=Source)
    evidence = models.CharField(max_length=500, blank=True, help_text=_("the words of the reply, the file and row, …"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("consent event")
        verbose_name_plural = _("consent events")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.phone_key} {self.channel} {self.state}"


class Consent(models.Model):
    """The present state for one phone key and channel. Written only by `contacts.consent`."""

    phone_key = models.CharField(max_length=20)
    channel = models.CharField(max_length=10, choices=Channel)
    state = models.CharField(max_length=10, choices=ConsentState)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [models.UniqueConstraint(fields=["phone_key", "channel"], name="consent_once")]

    def __str__(self) -> str:
        return f"{self.phone_key} {self.channel} {self.state}"
