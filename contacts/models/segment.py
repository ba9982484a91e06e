"""Saved filters, and what is known about whom a channel reaches."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models.consent import Channel


class Segment(models.Model):
    """A filter over contacts that is evaluated anew each time it is used. rules: see `contacts.segments`."""

    name = models.CharField(_("name"), max_length=100)
    rules = models.JSONField(_("rules"), default=dict)
    size = models.PositiveIntegerField(_("people"), null=True, editable=False, help_text=_("when it was last counted"))
    counted_at = models.DateTimeField(null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="segment_name_unique",
                violation_error_message=_("There is already a segment with this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Reach(models.Model):
    """Whether a channel reaches a phone, as a gateway last said. No row means unknown."""

    phone_key = models.CharField(max_length=20)
    channel = models.CharField(max_length=10, choices=Channel)
    is_reached = models.BooleanField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("reach")
        verbose_name_plural = _("reaches")
        constraints = [models.UniqueConstraint(fields=["phone_key", "channel"], name="reach_once")]
        indexes = [models.Index(fields=["channel", "at"], condition=Q(is_reached=False), name="reach_not")]

    def __str__(self) -> str:
        return f"{self.phone_key} {self.channel} {self.is_reached}"
