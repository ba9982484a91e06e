"""Threads in the inbox."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from contacts.models import Channel, Contact
from messaging.models.account import Account
from messaging.models.label import Label

_RECENT = ["-last_at", "-id"]


class Conversation(models.Model):
    """The thread with one address on one account. Its messages are those with the same account and phone key.

    open → snoozed (comes back at `snoozed_until`, or with a new message) → open
    open → closed (comes back with a new message) → open

    Whoever changes state, assignee or unread tells `messaging.folders` in the same transaction: the folders' counters are kept.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        SNOOZED = "snoozed", _("snoozed")
        CLOSED = "closed", _("closed")

    class Priority(models.IntegerChoices):
        NORMAL = 0, _("normal")
        HIGH = 1, _("important")
        URGENT = 2, _("urgent")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="conversations")
    channel = models.CharField(max_length=10, choices=Channel)
    phone = models.CharField(max_length=64)
    phone_key = models.CharField(max_length=64)
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="conversations")
    found_as = models.CharField(
        max_length=200, blank=True, editable=False, help_text=_("the name of theirs by which searches find it")
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    priority = models.SmallIntegerField(choices=Priority, default=Priority.NORMAL)
    labels = models.ManyToManyField(Label, related_name="conversations", blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    unread = models.PositiveIntegerField(default=0)
    snippet = models.CharField(max_length=160, blank=True)
    is_last_incoming = models.BooleanField(default=True)
    last_at = models.DateTimeField(default=timezone.now)
    last_received_at = models.DateTimeField(null=True)
    waiting_since = models.DateTimeField(
        null=True, blank=True, help_text=_("when they wrote the first message that nobody has answered")
    )
    last_campaign = models.CharField(max_length=200, blank=True, help_text=_("the last campaign that wrote to them"))
    last_campaign_url = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        ordering = ["-last_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "phone_key"], name="conversation_once"),
            models.CheckConstraint(
                condition=Q(state="snoozed", snoozed_until__isnull=False)
                | ~Q(state="snoozed") & Q(snoozed_until__isnull=True),
                name="conversation_snoozed_until",
            ),
        ]
        indexes = [
            models.Index(fields=_RECENT, name="conversation_recent"),
            models.Index(fields=_RECENT, condition=Q(state="open"), name="conversation_open"),
            models.Index(fields=["assignee", *_RECENT], condition=Q(state="open"), name="conversation_mine"),
            models.Index(
                fields=_RECENT, condition=Q(state="open", assignee__isnull=True), name="conversation_unassigned"
            ),
            models.Index(fields=_RECENT, condition=Q(unread__gt=0), name="conversation_unread"),
            models.Index(fields=_RECENT, condition=Q(state="snoozed"), name="conversation_snoozed"),
            models.Index(fields=_RECENT, condition=Q(state="closed"), name="conversation_closed"),
            models.Index(fields=["snoozed_until"], condition=Q(state="snoozed"), name="conversation_wakes"),
        ]

    def __str__(self) -> str:
        return self.phone

    @cached_property
    def label_list(self) -> list[Label]:
        """Its labels by name. A list of conversations asks for those of all rows at once, by Prefetch(to_attr=…)."""
        return list(self.labels.all())

    @property
    def has_marks(self) -> bool:
        """Whether a list shows more of it than who, when and what was said last."""
        return self.state != self.State.OPEN or bool(self.priority or self.assignee_id or self.label_list)
