"""What people made at gateways from here."""

from django.contrib import admin

from messaging.admin.logs import LogAdmin
from messaging.models import KeptObject


@admin.register(KeptObject)
class KeptObjectAdmin(LogAdmin):
    list_display = (
        "name",
        "kind",
        "account",
        "phone",
        "due_at",
        "state",
        "doubt",
        "remote_id",
        "created_by",
        "changed_at",
    )
    list_filter = ("account", "kind", "state", "doubt")
    list_select_related = ("account", "created_by")
    search_fields = ("name", "=remote_id", "=phone")
