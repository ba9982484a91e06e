"""The engine's own bookkeeping: who is alive, and counters that are kept instead of counted."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """A task of which one copy may run at a time, and the sign that it does."""

    name = models.CharField(max_length=60, primary_key=True)
    token = models.CharField(max_length=32, blank=True)
    until = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.name


class Tally(models.Model):
    """A delta of a kept counter: the value is the sum of its rows, squashed into one from time to time."""

    scope = models.CharField(max_length=60)
    key = models.CharField(max_length=40)
    count = models.BigIntegerField()

    class Meta:
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")
        indexes = [models.Index(fields=["scope", "key"], name="tally_scope")]

    def __str__(self) -> str:
        return f"{self.scope} {self.key} {self.count:+d}"
