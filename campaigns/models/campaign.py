"""The plan: who, what, over which lines, and where it stands."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models.template import Tag
from contacts.models import Channel, Group, Segment
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

    class Canary(models.TextChoices):
        NONE = "", _("none")
        OUT = "out", _("under way")
        PASSED = "passed", _("passed")
        FAILED = "failed", _("failed")

    class Goal(models.TextChoices):
        REPLY = "reply", _("replies")
        CLICK = "click", _("clicks")
        OPT_OUT = "opt_out", _("fewest opt-outs")

    name = models.CharField(_("name"), max_length=150)
    body = models.TextField(_("message"), blank=True)
    attachment = models.JSONField(null=True, blank=True, help_text=_("as a message's"))
    tracks_links = models.BooleanField(
        _("follow links"), default=False, help_text=_("each person gets short addresses of their own")
    )
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
    segments = models.ManyToManyField(Segment, related_name="campaigns", blank=True, verbose_name=_("segments"))
    excluded_segments = models.ManyToManyField(
        Segment, related_name="+", blank=True, verbose_name=_("left-out segments")
    )
    most_messages = models.PositiveSmallIntegerField(
        _("at most so many campaigns"),
        null=True,
        blank=True,
        help_text=_("to one person in so many days; who had as many is left out"),
    )
    most_days = models.PositiveSmallIntegerField(_("in so many days"), default=7)
    goal = models.CharField(_("what the better text brings"), max_length=10, choices=Goal, blank=True)
    tags = models.ManyToManyField(Tag, related_name="campaigns", blank=True, verbose_name=_("tags"))
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    reason = models.CharField(_("reason"), max_length=30, blank=True)
    start_at = models.DateTimeField(_("starts"), null=True, blank=True)
    local_date = models.DateField(
        _("day by each person's clock"),
        null=True,
        blank=True,
        help_text=_("with a time: start_at is the earliest of all"),
    )
    local_time = models.TimeField(_("time by each person's clock"), null=True, blank=True)
    canary_size = models.PositiveIntegerField(
        _("first only to"), null=True, blank=True, help_text=_("so many people; the rest waits for what comes of it")
    )
    canary_minutes = models.PositiveIntegerField(_("wait"), default=60, help_text=_("minutes"))
    canary_most_failed = models.PositiveSmallIntegerField(_("at most failed"), default=10, help_text=_("percent"))
    canary_most_opt_outs = models.PositiveSmallIntegerField(_("at most opted out"), default=3, help_text=_("percent"))
    canary_asks = models.BooleanField(_("a person decides"), default=False)
    canary = models.CharField(max_length=6, choices=Canary, blank=True, editable=False)
    canary_sent_at = models.DateTimeField(null=True, editable=False, help_text=_("when the last of them was sent"))
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
