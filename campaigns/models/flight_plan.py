"""What was known about a campaign before it started, and who agreed to it."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign


class FlightPlan(models.Model):
    """One look at a campaign before its start: numbers, cost, times and risks. The newest one counts.

    asked → approved | refused; made without being asked for when a campaign starts that nobody has to approve.
    fingerprint: of the texts, audience, lines and times it was made for; where the campaign's is another, the approval is void.
    numbers: as `campaigns.approval` writes them down: {"parts": …, "people": …, "cost": …}.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="flight_plans")
    fingerprint = models.CharField(max_length=64)
    numbers = models.JSONField(default=dict)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(_("made"), default=timezone.now)
    asked_at = models.DateTimeField(_("asked"), null=True, blank=True, help_text=_("for approval, by whoever made it"))
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    refused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    refused_at = models.DateTimeField(_("refused"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True, help_text=_("of whoever approved or refused it"))

    class Meta:
        verbose_name = _("flight plan")
        verbose_name_plural = _("flight plans")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["asked_at"],
                condition=models.Q(asked_at__isnull=False, approved_at=None, refused_at=None),
                name="flight_plan_asked",
            )
        ]
        permissions = [("approve_campaign", _("Can approve campaigns of others"))]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.made_at:%Y-%m-%d %H:%M}"
