"""Messages, conversations and what crossed the wire."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from messaging.admin.logs import LogAdmin
from messaging.models import Batch, Callback, Conversation, Echo, Exchange, Message, MessageEvent

if TYPE_CHECKING:
    HistoryInline = admin.TabularInline[MessageEvent, Message]
else:
    HistoryInline = admin.TabularInline


@admin.register(Batch)
class BatchAdmin(LogAdmin):
    list_display = ("label", "is_held", "created_at")
    list_filter = ("is_held",)
    search_fields = ("label",)


class EventInline(HistoryInline):
    """A message's history below it."""

    model = MessageEvent
    fields = ("at", "status", "reason", "note", "source", "user")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Message)
class MessageAdmin(LogAdmin):
    """Only the outbox writes messages; a decision is made on the review page, where it is recorded."""

    list_display = ("id", "direction", "phone", "status", "reason", "line", "batch", "created_at", "status_at")
    list_filter = ("direction", "channel", "status", "account", "priority")
    list_select_related = ("line", "batch")
    search_fields = ("=phone", "=phone_key", "=remote_id")
    search_help_text = _("A whole number, or the gateway's id.")
    raw_id_fields = ("contact", "batch", "resend_of", "line")
    exclude = ("lease_token",)
    inlines = (EventInline,)


@admin.register(MessageEvent)
class MessageEventAdmin(LogAdmin):
    list_display = ("at", "message", "status", "reason", "note", "source", "user")
    list_filter = ("status", "source")
    list_select_related = ("message", "user")
    search_fields = ("=message__phone", "=message__remote_id")
    raw_id_fields = ("message", "exchange")


@admin.register(Exchange)
class ExchangeAdmin(LogAdmin):
    """Redacted when recorded; reading them has its own permission."""

    list_display = ("at", "account", "method", "url", "status_code", "error", "elapsed_ms")
    list_filter = ("account", "status_code", "method")
    list_select_related = ("account",)
    search_fields = ("url", "error")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("messaging.see_exchange")


@admin.register(Callback)
class CallbackAdmin(LogAdmin):
    list_display = ("received_at", "account", "state", "attempts", "problem", "next_attempt_at")
    list_filter = ("account", "state")
    list_select_related = ("account",)
    search_fields = ("body", "problem")
    actions = ("replay",)

    @admin.action(description=_("Read the chosen calls again"), permissions=["view"])
    def replay(self, request: HttpRequest, queryset: QuerySet[Callback]) -> None:
        """News is applied forward only, so reading a call twice does no harm."""
        again = queryset.update(state=Callback.State.NEW, attempts=0, problem="", next_attempt_at=timezone.now())
        said = ngettext("%(n)d call is read again.", "%(n)d calls are read again.", again)
        self.message_user(request, said % {"n": again}, messages.SUCCESS)


@admin.register(Echo)
class EchoAdmin(LogAdmin):
    list_display = ("at", "account", "message", "remote_id")
    list_filter = ("account",)
    list_select_related = ("account", "message")
    search_fields = ("=remote_id",)


@admin.register(Conversation)
class ConversationAdmin(LogAdmin):
    list_display = ("phone", "contact", "account", "channel", "state", "assignee", "unread", "last_at")
    list_filter = ("account", "channel", "state")
    list_select_related = ("contact", "account", "assignee")
    search_fields = ("=phone", "=phone_key", "contact__name")
    raw_id_fields = ("contact",)
