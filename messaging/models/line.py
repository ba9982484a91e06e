"""Lines: the ways out, each with its own pace."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import Channel
from messaging.models.account import Account, Device, WhatsAppAccount

NO_SLOT = -1


class Line(models.Model):
    """One WhatsApp account, one SIM slot of a device, or one paid route.

    Owns pace (`gap_seconds` ± `jitter_seconds`, caps in any 60 s / 60 min / 24 h), opening hours (`messaging.limits` has the
    shapes), health, and the lease: whoever holds `lease_token` until `lease_until` is the only one who sends on it.
    """

    class Kind(models.TextChoices):
        WHATSAPP = "whatsapp", _("WhatsApp account")
        SIM = "sim", _("SIM card")
        PAID = "paid", _("paid route")

    class State(models.TextChoices):
        READY = "ready", _("ready")
        DISCONNECTED = "disconnected", _("disconnected")
        BLOCKED = "blocked", _("blocked")
        DISABLED = "disabled", _("switched off")

    class Basis(models.TextChoices):
        LINE = "line", _("the line's clock")
        PERSON = "person", _("the clock of whoever gets the message")

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="lines", verbose_name=_("account"))
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    address = models.CharField(max_length=120, help_text=_("the gateway's name of the way out"))
    slot = models.SmallIntegerField(
        default=NO_SLOT, help_text=_("SIM slot, as the gateway counts it; -1 where there is none")
    )
    label = models.CharField(_("label"), max_length=200)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    whatsapp_account = models.ForeignKey(WhatsAppAccount, null=True, blank=True, on_delete=models.SET_NULL)
    device = models.ForeignKey(Device, null=True, blank=True, on_delete=models.SET_NULL)

    state = models.CharField(_("state"), max_length=12, choices=State, default=State.READY)
    reason = models.CharField(_("reason"), max_length=30, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    gap_seconds = models.FloatField(_("gap"), default=6, help_text=_("seconds between two messages"))
    jitter_seconds = models.FloatField(
        _("jitter"), default=3, help_text=_("the gap varies by up to this many seconds either way")
    )
    per_minute = models.PositiveIntegerField(_("per minute"), null=True, blank=True)
    per_hour = models.PositiveIntegerField(_("per hour"), null=True, blank=True)
    per_day = models.PositiveIntegerField(_("per day"), null=True, blank=True)

    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    window_basis = models.CharField(_("hours by"), max_length=6, choices=Basis, default=Basis.LINE)
    windows = models.JSONField(_("opening hours"), default=list, blank=True, help_text=_("empty: always open"))
    holidays = models.JSONField(_("holidays"), default=list, blank=True)
    warm_up = models.JSONField(_("warm-up"), default=list, blank=True, help_text=_("messages a day by age in days"))
    warm_up_from = models.DateField(_("warm-up began on"), null=True, blank=True)
    first_contacts_per_day = models.PositiveIntegerField(_("new people a day"), null=True, blank=True)

    next_free_at = models.DateTimeField(default=timezone.now, editable=False)
    waits_for = models.CharField(
        max_length=30,
        blank=True,
        editable=False,
        help_text=_("why next_free_at is what it is: gap, a cap, window, backoff"),
    )
    failures = models.PositiveIntegerField(
        default=0, editable=False, help_text=_("calls in a row that did not get through")
    )
    lease_token = models.CharField(max_length=32, blank=True, editable=False)
    told_state = models.CharField(max_length=12, blank=True, editable=False, help_text=_("as webhooks were last told"))
    lease_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        ordering = ["account_id", "id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "channel", "kind", "address", "slot"], name="line_once"),
            models.CheckConstraint(
                condition=Q(gap_seconds__gte=0) & Q(jitter_seconds__gte=0), name="line_pace_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.label
