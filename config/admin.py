"""API tokens in the admin: made, shown once, revoked."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from config.models import ApiToken, hash_token, make_token
from contacts.adminsite import RecordAdmin


@admin.register(ApiToken)
class ApiTokenAdmin(RecordAdmin[ApiToken]):
    """Whoever adds one reads it once, in the sentence that follows; only its hash is kept, and that is never shown."""

    list_display = ("user", "name", "created_at", "last_used_at", "revoked_at")
    list_filter = ("created_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("user__username", "name")
    autocomplete_fields = ("user",)
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> tuple[str, ...]:
        return ("user", "name", "created_at", "last_used_at", "revoked_at") if obj else ("user", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> tuple[str, ...]:
        return ("user", "created_at", "last_used_at", "revoked_at") if obj else ()

    def save_model(self, request: HttpRequest, obj: ApiToken, form: ModelForm[ApiToken], change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        token = make_token()
        obj.token_hash = hash_token(token)
        super().save_model(request, obj, form, change)
        sentence = _("This is the only time the token of %(user)s can be read. Copy it now: %(token)s")
        self.message_user(request, sentence % {"user": obj.user, "token": token}, messages.WARNING)

    @admin.action(description=gettext_lazy("Revoke: refuse these from now on"))
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiToken]) -> None:
        count = chosen.filter(revoked_at=None).update(revoked_at=timezone.now())
        sentence = ngettext("%(n)d token was revoked.", "%(n)d tokens were revoked.", count)
        self.message_user(request, sentence % {"n": count}, messages.SUCCESS)
