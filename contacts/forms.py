"""What staff type about people and groups. Checking is the services' work; a form only gathers."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from contacts.models import ConsentState, Contact, Group


class FieldLines(forms.CharField):
    """Merge fields, one "name: text" a line; a dict when cleaned."""

    widget = forms.Textarea(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return "\n".join(f"{name}: {text}" for name, text in value.items())
        return value

    def to_python(self, value: Any) -> Any:
        found = {}
        for line in (super().to_python(value) or "").splitlines():
            name, colon, text = line.partition(":")
            if not line.strip():
                continue
            if not colon or not name.strip():
                raise ValidationError(
                    _("“%(line)s” has no name before a colon: write it like city: Puebla."),
                    params={"line": line.strip()},
                )
            found[name.strip()] = text.strip()
        return found


class ContactForm(forms.Form):
    """One person."""

    phone = forms.CharField(
        label=_("Phone"),
        max_length=40,
        help_text=_("With the country code, for example +52 55 1234 5678."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    name = forms.CharField(label=_("Name"), required=False, max_length=200)
    groups = forms.ModelMultipleChoiceField(
        Group.objects.all(), label=_("Groups"), required=False, widget=forms.CheckboxSelectMultiple
    )
    fields_text = FieldLines(
        label=_("More about this person"),
        required=False,
        help_text=_("One line each, like “city: Puebla”. A message can use it as {{ city }}."),
    )
    language = forms.CharField(
        label=_("Language"), required=False, max_length=10, help_text=_("A code, for example es.")
    )
    time_zone = forms.CharField(
        label=_("Time zone"), required=False, max_length=64, help_text=_("For example America/Mexico_City.")
    )

    @classmethod
    def of(cls, contact: Contact) -> "ContactForm":
        """The form filled with what is known."""
        known = {name: getattr(contact, name) for name in ("phone", "name", "language", "time_zone")}
        return cls(initial={**known, "fields_text": contact.fields, "groups": list(contact.groups.all())})

    def details(self) -> dict[str, Any]:
        """What the services of contacts.people take."""
        found = dict(self.cleaned_data)
        return {**found, "fields": found.pop("fields_text")} if "fields_text" in found else found


class ConsentForm(forms.Form):
    """What a person has said about being messaged."""

    state = forms.ChoiceField(choices=[(s.value, s.label) for s in (ConsentState.OPTED_IN, ConsentState.OPTED_OUT)])
    evidence = forms.CharField(
        label=_("What was said, when and where"),
        required=False,
        max_length=500,
        help_text=_("Needed to opt somebody in. For example: signed form of 3 May, shop Puebla."),
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("state") == ConsentState.OPTED_IN and not found.get("evidence", "").strip():
            self.add_error("evidence", _("Say how this person agreed: without it nobody can show that they did."))
        return found


class GroupForm(forms.Form):
    """A group's name."""

    name = forms.CharField(label=_("Name"), max_length=100)
    description = forms.CharField(label=_("Description"), required=False, max_length=255)
