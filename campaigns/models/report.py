"""What reports keep: numbers that had to be counted, and files that were asked for."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign
from contacts.models import Job


class ReportCount(models.Model):
    """Counted numbers of a campaign, kept until they are older than counting them again is worth.

    what: which numbers (campaigns.counting). numbers: empty until the first count is done. seconds: what it took.
    asked_at: when a count in the background was asked for, none when it is done.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="report_counts", db_index=False)
    what = models.CharField(max_length=20)
    numbers = models.JSONField(default=dict, blank=True)
    counted_at = models.DateTimeField(_("counted"), null=True)
    seconds = models.FloatField(default=0)
    asked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("counted numbers")
        verbose_name_plural = _("counted numbers")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["campaign", "what"], name="report_count_once")]

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.what}"


class ReportFile(models.Model):
    """A report as a file that a worker makes, to be fetched by whoever asked for it, until it expires."""

    class Format(models.TextChoices):
        CSV = "csv", _("CSV")
        XLSX = "xlsx", _("Excel")
        PDF = "pdf", _("PDF")

    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="report_file")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="report_files")
    format = models.CharField(_("format"), max_length=4, choices=Format)
    state = models.CharField(max_length=10, blank=True, help_text=_("only people in this state"))
    reason = models.CharField(max_length=30, blank=True, help_text=_("only people with this reason"))
    language = models.CharField(max_length=10, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    file = models.FileField(upload_to="reports/%Y/%m/", blank=True)
    expires_at = models.DateTimeField(_("expires"), null=True, db_index=True)

    class Meta:
        verbose_name = _("report file")
        verbose_name_plural = _("report files")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.format}"
