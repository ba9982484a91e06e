"""Addresses in a campaign's text that are followed, and who opened them."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign
from campaigns.models.recipient import Recipient


class TrackedLink(models.Model):
    """An address that stands in a campaign's texts; each person gets a short one of their own that leads there."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="links")
    url = models.URLField(_("address"), max_length=2000)
    url_hash = models.CharField(max_length=64, editable=False, help_text=_("SHA-256 of the address"))

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["campaign", "url_hash"], name="link_once")]

    def __str__(self) -> str:
        return self.url


class Click(models.Model):
    """Somebody opened their link. is_first: the first click of this person in this campaign, on any of its links."""

    link = models.ForeignKey(TrackedLink, on_delete=models.CASCADE, related_name="clicks")
    recipient = models.ForeignKey(Recipient, on_delete=models.CASCADE, related_name="clicks")
    at = models.DateTimeField(_("at"), default=timezone.now)
    is_first = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("click")
        verbose_name_plural = _("clicks")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.recipient_id} {self.at:%Y-%m-%d %H:%M}"
