"""Campaigns that come again."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign


class Series(models.Model):
    """Makes a copy of its pattern, a draft, and starts it at each of its times (`messaging.automation.recurring`)."""

    class Repeat(models.TextChoices):
        DAILY = "daily", _("every day")
        EVERY = "every", _("every so many days")
        WEEKLY = "weekly", _("every week")
        MONTHLY = "monthly", _("every month")
        YEARLY = "yearly", _("every year")

    pattern = models.OneToOneField(Campaign, on_delete=models.PROTECT, related_name="series_of")
    repeat = models.CharField(_("repeats"), max_length=10, choices=Repeat)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    at = models.TimeField(_("at"))
    time_zone = models.CharField(_("time zone"), max_length=64)
    every = models.PositiveSmallIntegerField(_("days between"), default=1)
    weekdays = models.JSONField(_("weekdays"), default=list, blank=True, help_text=_("Monday is 0"))
    is_paused = models.BooleanField(_("paused"), default=False)
    next_at = models.DateTimeField(_("next"), null=True, blank=True, editable=False)
    note = models.CharField(max_length=300, blank=True, help_text=_("why the last one did not start"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.pattern)


class Occurrence(models.Model):
    """One campaign that a series made, for one of its times."""

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="occurrences")
    at = models.DateTimeField(_("at"))
    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="occurrence")

    class Meta:
        verbose_name = _("occurrence")
        verbose_name_plural = _("occurrences")
        ordering = ["-at"]
        constraints = [models.UniqueConstraint(fields=["series", "at"], name="series_occurs_once")]

    def __str__(self) -> str:
        return f"{self.series_id} {self.at:%Y-%m-%d %H:%M}"
