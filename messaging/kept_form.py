"""The form for something made at a gateway, built from the provider's table of fields. messaging.keeping_rules checks it."""

import uuid
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging import keeping_rules as rules
from messaging.credential_words import said
from messaging.models import Account
from messaging.providers.kept import KeptField, KeptKind


class KeptForm(forms.Form):
    """One of a kind. key: made with the form, so that pressing twice makes one. Secrets are never filled in again."""

    key = forms.CharField(max_length=60, required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, account: Account, kind: KeptKind, values: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial={"key": uuid.uuid4().hex, **(values or {})})
        self.kind = kind
        for each in kind.fields:
            if values is None or not each.is_fixed:
                self.fields[each.name] = _field(each, account)

    def details(self) -> dict[str, Any]:
        """The values by the names of the kind's fields."""
        return {name: value for name, value in self.cleaned_data.items() if name != "key"}


def _field(asked: KeptField, account: Account) -> forms.Field:
    words: dict[str, Any] = {
        "label": said(asked.label),
        "help_text": said(asked.help_text),
        "required": asked.is_required,
    }
    match asked.ask:
        case "text":
            attrs = {"rows": 5, "maxlength": str(asked.longest or "")}
            return forms.CharField(strip=False, widget=forms.Textarea(attrs=attrs), **words)
        case "phone":
            words["help_text"] = _("With the country code.")
            return forms.CharField(max_length=40, widget=forms.TextInput(attrs={"type": "tel"}), **words)
        case "moment":
            words["help_text"] = _("In the time zone %(zone)s.") % {"zone": timezone.get_current_timezone_name()}
            picker = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
            return forms.DateTimeField(widget=picker, **words)
        case "number":
            return forms.IntegerField(min_value=asked.least, max_value=asked.most, **words)
        case "choice":
            return forms.ChoiceField(choices=[(value, said(label)) for value, label in asked.choices], **words)
        case "device":
            return _device(account, words)
        case "secret":
            hidden = forms.PasswordInput(attrs={"autocomplete": "new-password"})
            return forms.CharField(max_length=asked.longest, strip=False, widget=hidden, **words)
        case "email":
            return forms.EmailField(max_length=asked.longest, **words)
        case "link":
            return forms.CharField(max_length=asked.longest, widget=forms.URLInput, **words)
        case "line":
            hint = forms.TextInput(attrs={"placeholder": asked.example} if asked.example else {})
            return forms.CharField(max_length=asked.longest, widget=hint, **words)


def _device(account: Account, words: dict[str, Any]) -> forms.Field:
    """One of the phones that the gateway lists, by name."""
    devices = rules.devices_of(account)
    if not devices:
        words["help_text"] = _("No phone of this account is known yet: sync the account first.")
    return forms.ChoiceField(choices=devices, **words)
