"""Webhooks, what they were told, and files."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from messaging.admin.logs import LogAdmin
from messaging.models import MediaFile, Webhook, WebhookDelivery
from messaging.webhooks import keeping


@admin.register(Webhook)
class WebhookAdmin(LogAdmin):
    """Made and changed on the dashboard, where the address is looked at."""

    list_display = ("name", "url", "is_active", "failures", "delivered_at", "created_by")
    list_filter = ("is_active",)
    search_fields = ("name", "url")
    exclude = ("secret",)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(LogAdmin):
    list_display = ("created_at", "webhook", "event", "state", "attempts", "status_code", "problem", "next_attempt_at")
    list_filter = ("webhook", "event", "state")
    list_select_related = ("webhook",)
    search_fields = ("=event_id",)
    actions = ("send_again",)

    @admin.action(description=_("Send the chosen events again"), permissions=["view"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        """The other side knows them by their id."""
        chosen = list(queryset)
        for delivery in chosen:
            keeping.send_again(delivery)
        said = ngettext("%(n)d event is sent again.", "%(n)d events are sent again.", len(chosen))
        self.message_user(request, said % {"n": len(chosen)}, messages.SUCCESS)


@admin.register(MediaFile)
class MediaFileAdmin(LogAdmin):
    """Shown through the dashboard, never linked as it lies on the disk."""

    list_display = ("id", "filename", "kind", "mime_type", "size", "state", "problem", "created_at", "used_at")
    list_filter = ("kind", "state", "problem")
    search_fields = ("filename",)
    raw_id_fields = ("message",)
    exclude = ("file", "url")
