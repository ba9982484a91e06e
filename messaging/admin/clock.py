"""The engine's own bookkeeping, and django-q's schedules."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django_q.admin import ScheduleAdmin
from django_q.models import Schedule

from contacts.adminsite import ReadOnlyAdmin
from messaging.admin.logs import LogAdmin
from messaging.models import Heartbeat, Tally


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
