"""The labels that conversations are sorted by."""

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Label(models.Model):
    """A word of the team for conversations, with a colour. The colours are the tones of static/parts.css."""

    class Tone(models.TextChoices):
        NEUTRAL = "neutral", _("grey")
        INFO = "info", _("blue")
        READ = "read", _("teal")
        GOOD = "good", _("green")
        WARN = "warn", _("amber")
        BAD = "bad", _("red")

    name = models.CharField(_("name"), max_length=40)
    tone = models.CharField(_("colour"), max_length=10, choices=Tone, default=Tone.NEUTRAL)

    class Meta:
        verbose_name = _("label")
        verbose_name_plural = _("labels")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="label_name_unique")]

    def __str__(self) -> str:
        return self.name
