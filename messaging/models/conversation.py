"""Threads in the inbox."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import Channel, Contact
from messaging.models.account import Account


class Conversation(models.Model):
    """The thread with one address on one account. Its messages are those with the same account and phone key."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        SNOOZED = "snoozed", _("snoozed")
        CLOSED = "closed", _("closed")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="conversations")
    channel = models.CharField(max_length=10, choices=Channel)
    phone = models.CharField(max_length=64)
    phone_key = models.CharField(max_length=64)
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="conversations")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    unread = models.PositiveIntegerField(default=0)
    snippet = models.CharField(max_length=160, blank=True)
    is_last_incoming = models.BooleanField(default=True)
    last_at = models.DateTimeField(default=timezone.now)
    last_received_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        ordering = ["-last_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["account", "phone_key"], name="conversation_once")]
        indexes = [
            models.Index(fields=["-last_at", "-id"], name="conversation_recent"),
            models.Index(fields=["id"], condition=models.Q(unread__gt=0), name="conversation_unread"),
        ]

    def __str__(self) -> str:
        return self.phone
