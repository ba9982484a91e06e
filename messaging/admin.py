"""Accounts, lines, messages and what crossed the wire, in the admin. Keys are written here and never shown."""

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_q.admin import ScheduleAdmin
from django_q.models import Schedule

from contacts.adminsite import ReadOnlyAdmin, RecordAdmin
from contacts.refusal import Refused
from messaging import accounts
from messaging.models import (
    Account,
    Batch,
    Callback,
    Conversation,
    Device,
    Exchange,
    Heartbeat,
    Incident,
    Line,
    LinkSession,
    Message,
    MessageEvent,
    MirrorChange,
    MirroredObject,
    MirrorJob,
    MirrorProblem,
    MirrorState,
    OptOutPush,
    Tally,
    WhatsAppAccount,
)

if TYPE_CHECKING:
    AccountModelForm = forms.ModelForm[Account]
    AnyPaginator = Paginator[Any]
    HistoryInline = admin.TabularInline[MessageEvent, Message]
else:
    AccountModelForm, AnyPaginator, HistoryInline = forms.ModelForm, Paginator, admin.TabularInline

_COUNTED = 5_000  # rows counted at most: behind them, lists say no more than that there are many


class CappedPaginator(AnyPaginator):
    """Counts no further than _COUNTED, so that a list of millions opens as quickly as a short one."""

    @cached_property
    def count(self) -> int:
        found: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # the admin pages querysets
        return found.order_by()[:_COUNTED].count()


class LogAdmin(ReadOnlyAdmin[Any]):
    """A large table of the program's own, newest first."""

    paginator = CappedPaginator
    ordering = ("-id",)


class AccountForm(AccountModelForm):
    """An account whose key can be replaced, never read."""

    base_url = forms.CharField(
        label=_("address"), max_length=300, required=False, widget=forms.URLInput(attrs={"class": "vURLField"})
    )
    new_credentials = forms.CharField(
        label=_("New credentials"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
        help_text=_(
            'A JSON object with what this gateway asks for, for example {"secret": "…"}. Empty keeps what is stored; '
            "names left out stay as they are."
        ),
    )

    class Meta:
        model = Account
        fields = ("name", "provider", "base_url", "region")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        provider = self.instance.provider or cleaned.get("provider", "")
        try:
            given = self._given(cleaned.get("new_credentials", ""))
            cleaned["base_url"] = accounts.clean_base_url(provider, cleaned.get("base_url") or "")
            cleaned["region"] = accounts.clean_region(cleaned.get("region") or "")
            self.instance.credentials = accounts.clean_credentials(provider, {**self.instance.credentials, **given})
        except Refused as refused:
            self.add_error(refused.field if refused.field in self.fields else "new_credentials", refused.sentence)
        return cleaned

    def _given(self, text: str) -> dict[str, str]:
        if not text.strip():
            return {}
        try:
            given = json.loads(text)
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise Refused(
                gettext("Write a JSON object: names and texts in quotes, inside braces."), field="new_credentials"
            )
        return {str(name): str(value) for name, value in given.items()}


@admin.register(Account)
class AccountAdmin(RecordAdmin[Account]):
    form = AccountForm
    list_display = ("name", "provider", "base_url", "state", "reason", "label", "last_callback_at", "checked_at")
    list_filter = ("provider", "state")
    search_fields = ("name", "base_url", "label")
    readonly_fields = (
        *("provider", "state", "reason", "note", "label", "quota", "expires_at", "callback_id"),
        *("last_callback_at", "checked_at", "synced_at", "created_at"),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # the dashboard asks for what each gateway needs, and tests it


@admin.register(Line)
class LineAdmin(RecordAdmin[Line]):
    list_display = (
        *("label", "account", "channel", "kind", "phone", "state", "reason", "gap_seconds", "jitter_seconds"),
        *("per_minute", "per_hour", "per_day", "next_free_at", "waits_for"),
    )
    list_filter = ("account", "channel", "kind", "state")
    list_select_related = ("account",)
    search_fields = ("label", "phone", "address")
    fields = (
        *("account", "label", "channel", "kind", "address", "slot", "phone", "state", "reason", "note", "gap_seconds"),
        *(
            "jitter_seconds",
            "per_minute",
            "per_hour",
            "per_day",
            "next_free_at",
            "waits_for",
            "failures",
            "lease_until",
        ),
    )
    readonly_fields = tuple(
        name
        for name in fields
        if name not in ("label", "gap_seconds", "jitter_seconds", "per_minute", "per_hour", "per_day")
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(WhatsAppAccount)
class WhatsAppAccountAdmin(ReadOnlyAdmin[WhatsAppAccount]):
    list_display = ("phone", "remote_id", "account", "is_connected", "note", "synced_at", "gone_at")
    list_filter = ("account", "is_connected")
    list_select_related = ("account",)
    search_fields = ("phone", "remote_id")


@admin.register(Device)
class DeviceAdmin(ReadOnlyAdmin[Device]):
    list_display = ("name", "remote_id", "account", "is_connected", "note", "synced_at", "gone_at")
    list_filter = ("account", "is_connected")
    list_select_related = ("account",)
    search_fields = ("name", "remote_id")


@admin.register(MirroredObject)
class MirroredObjectAdmin(LogAdmin):
    list_display = ("name", "kind", "remote_id", "account", "synced_at", "gone_at")
    list_filter = ("account", "kind")
    list_select_related = ("account",)
    search_fields = ("name", "remote_id")


@admin.register(MirrorState)
class MirrorStateAdmin(LogAdmin):
    list_display = ("account", "kind", "pages", "added", "changed", "gone", "problem", "started_at", "finished_at")
    list_filter = ("account", "kind")
    list_select_related = ("account",)
    search_fields = ("kind", "problem")


@admin.register(MirrorChange)
class MirrorChangeAdmin(LogAdmin):
    list_display = ("at", "account", "kind", "what", "name", "remote_id", "count")
    list_filter = ("account", "kind", "what")
    list_select_related = ("account",)
    search_fields = ("name", "=remote_id")


@admin.register(MirrorJob)
class MirrorJobAdmin(LogAdmin):
    list_display = ("job", "account", "work", "cursor", "stumbles")
    list_filter = ("account", "work")
    list_select_related = ("job", "account")
    search_fields = ("job__label",)
    raw_id_fields = ("job",)


@admin.register(MirrorProblem)
class MirrorProblemAdmin(LogAdmin):
    list_display = ("mirror_job", "phone", "name", "sentence")
    list_select_related = ("mirror_job__account",)
    search_fields = ("phone", "name", "sentence")
    raw_id_fields = ("mirror_job",)


@admin.register(OptOutPush)
class OptOutPushAdmin(LogAdmin):
    list_display = ("phone_key", "account", "wanted", "attempts", "next_attempt_at", "done_at", "refused_at", "note")
    list_filter = ("account", "wanted")
    list_select_related = ("account",)
    search_fields = ("=phone_key", "note")


@admin.register(LinkSession)
class LinkSessionAdmin(LogAdmin):
    list_display = ("id", "account", "address", "state", "note", "codes", "line", "created_by", "created_at")
    list_filter = ("account", "state")
    list_select_related = ("account", "line", "created_by")
    search_fields = ("address", "note")
    exclude = ("offer",)  # the code's token never leaves the server


@admin.register(Incident)
class IncidentAdmin(LogAdmin):
    list_display = ("kind", "account", "line", "reason", "note", "opened_at", "closed_at")
    list_filter = ("kind", "account", ("closed_at", admin.EmptyFieldListFilter))
    list_select_related = ("account", "line")
    search_fields = ("note", "reason")


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


@admin.register(Conversation)
class ConversationAdmin(LogAdmin):
    list_display = ("phone", "contact", "account", "channel", "state", "assignee", "unread", "last_at")
    list_filter = ("account", "channel", "state")
    list_select_related = ("contact", "account", "assignee")
    search_fields = ("=phone", "=phone_key", "contact__name")
    raw_id_fields = ("contact",)


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin[Heartbeat]):
    list_display = ("name", "beat_at", "until")
    search_fields = ("name",)
    exclude = ("token",)


@admin.register(Tally)
class TallyAdmin(LogAdmin):
    list_display = ("scope", "key", "count")
    list_filter = ("key",)
    search_fields = ("=scope",)


class DeclaredScheduleAdmin(ScheduleAdmin):  # type: ignore[misc]  # django-q has no types
    """Schedules are declared in code: one broken row would stop them all."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


admin.site.unregister(Schedule)
admin.site.register(Schedule, DeclaredScheduleAdmin)
