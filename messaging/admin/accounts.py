"""Accounts, lines, links and incidents. Keys are written here and never shown."""

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.adminsite import ReadOnlyAdmin, RecordAdmin
from contacts.refusal import Refused
from messaging import accounts
from messaging.admin.logs import LogAdmin
from messaging.models import Account, Device, Incident, Line, LinkSession, WhatsAppAccount

if TYPE_CHECKING:
    AccountModelForm = forms.ModelForm[Account]
else:
    AccountModelForm = forms.ModelForm


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
            accounts.clean_credentials(provider, {**self.instance.known_credentials, **given})
            cleaned["given"] = given
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
        *("callback_set_at", "last_callback_at", "checked_at", "synced_at", "created_at"),
    )

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        """As the dashboard does it: the key may have been replaced since this page was opened."""
        typed = form.cleaned_data
        accounts.update_account(
            obj, name=typed["name"], base_url=typed["base_url"], region=typed["region"], credentials=typed["given"]
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
