"""The plan: who, what, over which lines, and where it stands."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import Channel, Group
from messaging.models import Batch, Line


class Campaign(models.Model):
    """One text to many people.

    draft → scheduled → preparing → running ⇄ paused → finished
      └──────────┴ cancelled            │ └ stopping → cancelled
                                        └ blocked (reason): no line can send; resumes by itself or by a person

    Only `campaigns.lifecycle.transition` writes `state`.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SCHEDULED = "scheduled", _("scheduled")
        PREPARING = "preparing", _("preparing")
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        BLOCKED = "blocked", _("blocked")
        STOPPING = "stopping", _("stopping")
        FINISHED = "finished", _("finished")
        CANCELLED = "cancelled", _("cancelled")

    class Mode(models.TextChoices):
        CARILLON = "carillon", _("Carillon")
        GATEWAY = "gateway", _("the gateway")

    name = models.CharField(_("name"), max_length=150)
    body = models.TextField(_("message"), blank=True)
    channel = models.CharField(
        _("channel"), max_length=10, choices=Channel, default=Channel.WHATSAPP, help_text=_("the lines' channel")
    )
    mode = models.CharField(_("who sends"), max_length=10, choices=Mode, default=Mode.CARILLON)
    lines = models.ManyToManyField(Line, related_name="campaigns", blank=True, verbose_name=_("lines"))
    sms_lines = models.ManyToManyField(
        Line,
        related_name="+",
        blank=True,
        verbose_name=_("SMS lines"),
        help_text=_("for those whom WhatsApp cannot reach; none: they stay without"),
    )
    groups = models.ManyToManyField(Group, related_name="campaigns", blank=True, verbose_name=_("groups"))
    excluded_groups = models.ManyToManyField(Group, related_name="+", blank=True, verbose_name=_("left-out groups"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    reason = models.CharField(_("reason"), max_length=30, blank=True)
    start_at = models.DateTimeField(_("starts"), null=True, blank=True)
    send_before = models.DateTimeField(
        _("send before"), null=True, blank=True, help_text=_("what is not sent by then waits for a person to decide")
    )
    batch = models.OneToOneField(Batch, null=True, editable=False, on_delete=models.PROTECT, related_name="campaign")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    started_at = models.DateTimeField(_("started"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-id"]
        permissions = [("run_campaign", _("Can start, pause and cancel campaigns"))]
        indexes = [models.Index(fields=["state", "start_at"], name="campaign_state")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_gateway_run(self) -> bool:
        """Whether the gateways send it by themselves."""
        return self.mode == self.Mode.GATEWAY

    @property
    def tally_scope(self) -> str:
        """Where its counters are kept."""
        return f"campaign:{self.pk}"


class CampaignEvent(models.Model):
    """One move of a campaign: who, when, from where to where. Append-only."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="events")
    before = models.CharField(max_length=10, choices=Campaign.State)
    after = models.CharField(max_length=10, choices=Campaign.State)
    note = models.CharField(max_length=300, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("campaign event")
        verbose_name_plural = _("campaign events")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.before} → {self.after}"
