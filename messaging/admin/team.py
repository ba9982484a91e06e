"""What a team keeps about its conversations: labels and canned replies to change, the rest to look at."""

from typing import TYPE_CHECKING

from django.contrib import admin

from messaging.admin.logs import LogAdmin
from messaging.models import CannedReply, ConversationEvent, Draft, Label, SearchWord

if TYPE_CHECKING:
    LabelBase = admin.ModelAdmin[Label]
    CannedReplyBase = admin.ModelAdmin[CannedReply]
else:
    LabelBase = CannedReplyBase = admin.ModelAdmin


@admin.register(Label)
class LabelAdmin(LabelBase):
    list_display = ("name", "tone")
    list_filter = ("tone",)
    search_fields = ("name",)


@admin.register(CannedReply)
class CannedReplyAdmin(CannedReplyBase):
    list_display = ("name", "body", "changed_at")
    search_fields = ("name", "body")


@admin.register(ConversationEvent)
class ConversationEventAdmin(LogAdmin):
    list_display = ("conversation", "kind", "user", "at")
    list_filter = ("kind",)
    list_select_related = ("conversation", "user")
    search_fields = ("=conversation__phone_key",)
    raw_id_fields = ("conversation", "message")


@admin.register(Draft)
class DraftAdmin(LogAdmin):
    """Whose and where; what somebody has not sent yet is theirs."""

    list_display = ("conversation", "user", "typed_at")
    list_select_related = ("conversation", "user")
    search_fields = ("=conversation__phone_key",)
    exclude = ("body",)


@admin.register(SearchWord)
class SearchWordAdmin(LogAdmin):
    list_display = ("word", "conversation")
    list_select_related = ("conversation",)
    search_fields = ("=word",)
