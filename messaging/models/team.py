"""What a team keeps about its conversations: their history and notes, drafts, canned replies, and the words to find them by."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.models.conversation import Conversation
from messaging.models.message import Message


class ConversationEvent(models.Model):
    """A line of a thread that is no message: a note for colleagues, or who did what. Append-only, never sent.

    text: the note, or what the kind is about: a name, a label, a priority, a moment (ISO 8601).
    """

    class Kind(models.TextChoices):
        NOTE = "note", _("note")
        ASSIGNED = "assigned", _("assigned")
        UNASSIGNED = "unassigned", _("given back")
        CLOSED = "closed", _("closed")
        OPENED = "opened", _("opened")
        SNOOZED = "snoozed", _("snoozed")
        WOKE = "woke", _("came back by itself")
        REOPENED = "reopened", _("came back with a new message")
        LABELLED = "labelled", _("labelled")
        UNLABELLED = "unlabelled", _("label taken off")
        PRIORITY = "priority", _("priority changed")
        REVOKED = "revoked", _("message taken back from the phone")
        DELETED = "deleted", _("message deleted at the gateway")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="events", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind)
    text = models.TextField(blank=True)
    message = models.ForeignKey(
        Message, null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("conversation event")
        verbose_name_plural = _("conversation events")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["conversation", "at", "id"], name="conversation_events"),
            models.Index(fields=["message"], condition=models.Q(message__isnull=False), name="conversation_event_of"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.kind}"


class Draft(models.Model):
    """What somebody has typed into the box of a conversation and not sent. Young ones tell colleagues who is writing."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="drafts", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    body = models.TextField(blank=True)
    typed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [models.UniqueConstraint(fields=["conversation", "user"], name="draft_once")]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.user_id}"


class CannedReply(models.Model):
    """An answer kept ready: typing /name into the box of a conversation puts it there, with its merge fields filled in."""

    name = models.SlugField(_("name"), max_length=40, help_text=_("what is typed after the slash"))
    body = models.TextField(_("text"))
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("canned reply")
        verbose_name_plural = _("canned replies")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="cannedreply_name_unique",
                violation_error_message=_("There is already a canned reply with this name."),
            )
        ]

    def __str__(self) -> str:
        return f"/{self.name}"


class SearchWord(models.Model):
    """A word by which a conversation is found: said in it, of a name, or its number from either end (messaging.searching)."""

    word = models.CharField(max_length=32)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("search word")
        verbose_name_plural = _("search words")
        constraints = [models.UniqueConstraint(fields=["word", "conversation"], name="searchword_once")]
        indexes = [
            # PostgreSQL needs this to find words by their beginning in databases of any language.
            models.Index(fields=["word"], opclasses=["varchar_pattern_ops"], name="searchword_begins")
        ]

    def __str__(self) -> str:
        return self.word
