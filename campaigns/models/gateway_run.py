"""A campaign in pieces that a gateway sends by itself."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign
from messaging.models import Line


class GatewayRun(models.Model):
    """One piece of a campaign as one campaign at a gateway.

    planned → sending → running ⇄ paused → finished
       ↑        │ ├→ rejected (never) or planned again (certainly not taken, at look_at)
       └────────┼─ unknown → running (found by its name) | a person decides: planned again, or rejected
                └ gone (the gateway lists it no longer), cancelled

    It is handed over once: only what was certainly not taken is handed over again by the program.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("to be handed over")
        SENDING = "sending", _("being handed over")
        UNKNOWN = "unknown", _("unknown")
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        FINISHED = "finished", _("finished")
        REJECTED = "rejected", _("rejected")
        GONE = "gone", _("gone")
        CANCELLED = "cancelled", _("cancelled")

    class Asked(models.TextChoices):
        START = "start", _("to go on")
        STOP = "stop", _("to rest")

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="gateway_runs")
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="+", verbose_name=_("line"))
    number = models.PositiveIntegerField(_("number"), help_text=_("of this piece in its campaign, from 1"))
    name = models.CharField(_("name"), max_length=150, unique=True, help_text=_("at the gateway; no other has it"))
    size = models.PositiveIntegerField(_("people"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PLANNED)
    asked = models.CharField(
        max_length=5, choices=Asked, default=Asked.START, help_text=_("what the gateway was last told to do with it")
    )
    reason = models.CharField(_("reason"), max_length=30, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True, help_text=_("the gateway's own words"))
    remote_id = models.CharField(max_length=120, blank=True)
    remote_count = models.PositiveIntegerField(null=True, help_text=_("people in it, as the gateway counts them"))
    message_ids = models.JSONField(
        default=list, help_text=_("ids of messages in it whose recipients are not known yet")
    )
    attempts = models.PositiveSmallIntegerField(default=0, help_text=_("how often it was handed over"))
    looks = models.PositiveSmallIntegerField(default=0, help_text=_("how often in a row a look brought nothing new"))
    missed = models.PositiveSmallIntegerField(
        default=0, help_text=_("looks in a row in which the gateway did not list it")
    )
    look_at = models.DateTimeField(null=True, default=timezone.now, help_text=_("when to do something about it next"))
    pushed_at = models.DateTimeField(_("handed over"), null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("gateway run")
        verbose_name_plural = _("gateway runs")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="gateway_run_once")]
        indexes = [
            models.Index(fields=["look_at"], condition=Q(look_at__isnull=False), name="gateway_run_due"),
            models.Index(fields=["line", "remote_id"], name="gateway_run_remote"),
        ]

    def __str__(self) -> str:
        return self.name
