"""Which campaign a message that came in belongs to."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign
from campaigns.models.recipient import Recipient
from messaging.models import Message


class Reply(models.Model):
    """An incoming message with the one campaign it answers. Weak: it came on another account than the campaign's message."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="answers")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="replies", db_index=False)
    recipient = models.ForeignKey(
        Recipient, null=True, on_delete=models.SET_NULL, related_name="replies", db_index=False
    )
    is_weak = models.BooleanField(default=False)
    is_first = models.BooleanField(default=False, help_text=_("of this person in this campaign"))
    is_opt_out = models.BooleanField(default=False)
    seconds = models.PositiveIntegerField(help_text=_("after the campaign's message"))
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "recipient"], condition=Q(is_first=True), name="reply_first_once"
            )
        ]
        indexes = [
            models.Index(fields=["campaign", "-id"], name="reply_newest"),
            models.Index(fields=["campaign", "seconds"], condition=Q(is_first=True), name="reply_speed"),
            models.Index(fields=["recipient"], condition=Q(recipient__isnull=False), name="reply_person"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.message_id}"
