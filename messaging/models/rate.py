"""What a message costs."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import Channel
from messaging.models.account import Account


class Rate(models.Model):
    """Price of one message (of one part, by SMS) to a country on an account. country: two letters; "" for all others."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="rates")
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    country = models.CharField(_("country"), max_length=2, blank=True)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=6)
    currency = models.CharField(_("currency"), max_length=3)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now)

    class Meta:
        verbose_name = _("rate")
        verbose_name_plural = _("rates")
        ordering = ["account", "channel", "country"]
        constraints = [
            models.UniqueConstraint(fields=["account", "channel", "country"], name="rate_once"),
            models.CheckConstraint(condition=Q(price__gte=0), name="rate_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.country or '*'} {self.price} {self.currency}"
