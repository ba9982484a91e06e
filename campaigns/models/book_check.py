"""What came of comparing a campaign's numbers with its rows."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign


class BookCheck(models.Model):
    """One look at a campaign's books. Append-only; the newest ones are kept.

    findings: [{"what": …, "key": …, "expected": int, "found": int}], see campaigns.books. theirs, ours: people in the pieces
    the gateways send by themselves, as they and as we count them; none where no gateway was asked. asked: what gateways said
    about a sample of the messages (campaigns.asking_gateways.ask); none where nobody asked them.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="book_checks", db_index=False)
    at = models.DateTimeField(_("at"), default=timezone.now)
    is_balanced = models.BooleanField(_("balances"))
    audience = models.PositiveIntegerField(_("people"))
    findings = models.JSONField(_("findings"), default=list, blank=True)
    theirs = models.PositiveIntegerField(null=True)
    ours = models.PositiveIntegerField(null=True)
    asked = models.JSONField(_("asked"), null=True, blank=True)

    class Meta:
        verbose_name = _("check of the books")
        verbose_name_plural = _("checks of the books")
        ordering = ["-id"]
        indexes = [models.Index(fields=["campaign", "-id"], name="book_check_newest")]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.at:%Y-%m-%d}"
