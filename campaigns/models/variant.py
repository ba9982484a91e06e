"""Other texts of a campaign: for a language, or for a part of the audience that is to show which text does better."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign


class Variant(models.Model):
    """A text beside the campaign's own, which is letter "A" without a language.

    A person reads the variant of their letter and language, else that of their letter without a language. share: percent
    of the audience that gets this letter, kept in the row without a language; "A" gets the rest.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="variants")
    letter = models.CharField(_("letter"), max_length=1, default="A")
    language = models.CharField(_("language"), max_length=10, blank=True)
    body = models.TextField(_("text"), blank=True)
    share = models.PositiveSmallIntegerField(
        _("share"), default=0, validators=[MinValueValidator(0), MaxValueValidator(99)], help_text=_("percent")
    )

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ["letter", "language"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "letter", "language"], name="variant_once"),
            models.CheckConstraint(condition=~Q(letter="A", language=""), name="variant_is_not_the_campaigns_own"),
        ]

    def __str__(self) -> str:
        return f"{self.letter} {self.language}".strip()
