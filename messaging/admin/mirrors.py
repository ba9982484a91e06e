"""What gateways keep for us, and how it came here."""

from django.contrib import admin

from messaging.admin.logs import LogAdmin
from messaging.models import (
    MirrorChange,
    MirroredObject,
    MirrorJob,
    MirrorProblem,
    MirrorState,
    OptOutPush,
    PersonThere,
)


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


@admin.register(PersonThere)
class PersonThereAdmin(LogAdmin):
    list_display = ("phone", "remote_group", "group", "account", "put_at")
    list_filter = ("account",)
    list_select_related = ("account", "group")
    search_fields = ("=phone_key", "remote_group")
