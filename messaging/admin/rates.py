"""Prices that are kept by hand."""

from typing import TYPE_CHECKING

from django.contrib import admin

from messaging.models import Rate

if TYPE_CHECKING:
    RateBase = admin.ModelAdmin[Rate]
else:
    RateBase = admin.ModelAdmin


@admin.register(Rate)
class RateAdmin(RateBase):
    list_display = ("account", "channel", "country", "price", "currency", "changed_at")
    list_filter = ("account", "channel", "currency")
    list_select_related = ("account",)
    search_fields = ("=country", "=currency")
