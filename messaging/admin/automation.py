"""What happens by itself: words of consent, auto-replies and reminders."""

from typing import Any

from django.contrib import admin

from contacts.adminsite import RecordAdmin
from messaging.admin.logs import LogAdmin
from messaging.models import (
    AutoReply,
    AutoReplyRule,
    ConsentReply,
    ConsentWords,
    OptOutDoubt,
    Reminder,
    ReminderFire,
    ReminderSending,
)  # fmt: skip


@admin.register(ConsentWords)
class ConsentWordsAdmin(LogAdmin):
    """Changed on the page of stop words, which keeps STOP in."""

    list_display = ("language", "out_text", "in_text", "changed_at")


@admin.register(ConsentReply)
class ConsentReplyAdmin(LogAdmin):
    list_display = ("created_at", "phone_key", "kind", "message")
    list_filter = ("kind",)
    list_select_related = ("message",)
    search_fields = ("=phone_key",)
    raw_id_fields = ("incoming", "message")


@admin.register(OptOutDoubt)
class OptOutDoubtAdmin(LogAdmin):
    list_display = ("created_at", "phone_key", "state", "decided_by", "decided_at")
    list_filter = ("state",)
    list_select_related = ("decided_by",)
    search_fields = ("=phone_key",)
    raw_id_fields = ("message",)


@admin.register(AutoReplyRule)
class AutoReplyRuleAdmin(RecordAdmin[Any]):
    list_display = ("name", "account", "kind", "language", "position", "is_on")
    list_filter = ("account", "kind", "is_on")
    list_select_related = ("account",)
    search_fields = ("name", "body")
    raw_id_fields = ("created_by",)


@admin.register(AutoReply)
class AutoReplyAdmin(LogAdmin):
    list_display = ("created_at", "phone_key", "rule", "outcome", "account")
    list_filter = ("account", "outcome")
    list_select_related = ("rule", "account")
    search_fields = ("=phone_key",)
    raw_id_fields = ("incoming", "message")


@admin.register(Reminder)
class ReminderAdmin(LogAdmin):
    """Changed on its page, which knows when it fires next."""

    list_display = ("name", "line", "group", "contact", "repeat", "at", "time_zone", "is_paused", "next_fire_at")
    list_filter = ("repeat", "is_paused")
    list_select_related = ("line", "group", "contact")
    search_fields = ("name", "body")
    raw_id_fields = ("contact",)


@admin.register(ReminderFire)
class ReminderFireAdmin(LogAdmin):
    list_display = ("at", "reminder", "state", "missed", "decided_by", "decided_at")
    list_filter = ("state",)
    list_select_related = ("reminder", "decided_by")
    search_fields = ("reminder__name",)


@admin.register(ReminderSending)
class ReminderSendingAdmin(LogAdmin):
    list_display = ("occasion", "reminder", "phone_key", "outcome", "message")
    list_filter = ("outcome",)
    list_select_related = ("reminder", "message")
    search_fields = ("=phone_key", "reminder__name")
    raw_id_fields = ("contact", "fire", "message")
