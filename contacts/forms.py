"""What staff type about people and groups. Checking is the services' work; a form only gathers."""

from typing import Any

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from contacts.fields import field_name
from contacts.importing.uploads import Preview
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
        return {name.removesuffix("_text"): value for name, value in self.cleaned_data.items()}


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


class UploadForm(forms.Form):
    """A CSV file."""

    file = forms.FileField(
        label=_("CSV file"),
        max_length=255,
        help_text=_("The first row names the columns, for example: phone, name, city. Up to 50 MB."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
    )


def regions() -> list[tuple[str, str]]:
    """Countries by their two letters, with the calling code: ("MX", "MX +52")."""
    codes = sorted(phonenumbers.SUPPORTED_REGIONS)
    return [(code, f"{code} +{phonenumbers.country_code_for_region(code)}") for code in codes]


class MappingForm(forms.Form):
    """What the columns of an uploaded file are, and where the people go. One choice per column, named column_0, …"""

    region = forms.ChoiceField(label=_("Country"), choices=regions, help_text=_("For numbers without a country code."))
    group = forms.ModelChoiceField(
        Group.objects.all(), label=_("Put everybody into a group"), required=False, empty_label=_("no group")
    )
    new_group = forms.CharField(label=_("or into a new group"), required=False, max_length=100)

    def __init__(self, *args: Any, seen: Preview, region: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seen = seen
        self.fields["region"].initial = region
        for place, heading in enumerate(seen.header):
            name = field_name(heading) or f"column_{place + 1}"
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=heading or _("Column %(n)d") % {"n": place + 1},
                required=False,
                choices=[
                    ("", _("leave out")),
                    ("phone", _("the phone number")),
                    ("name", _("the name")),
                    (f"field:{name}", _("a field: %(name)s") % {"name": name}),
                    ("language", _("the language")),
                    ("time_zone", _("the time zone")),
                ],
                initial=seen.mapping.get(str(place), ""),
            )

    def columns(self) -> list[tuple[forms.BoundField, list[str]]]:
        """Each column's choice with its first values in the file."""
        return [
            (self[f"column_{place}"], [row[place] for row in self.seen.rows if place < len(row) and row[place]])
            for place in range(len(self.seen.header))
        ]

    def settings(self) -> list[forms.BoundField]:
        """The choices that are not columns."""
        return [self[name] for name in ("region", "group", "new_group") if name in self.fields]

    def mapping(self) -> dict[str, str]:
        """What contacts.importing takes: {"0": "phone", "2": "field:city"}."""
        chosen = {str(place): self.cleaned_data[f"column_{place}"] for place in range(len(self.seen.header))}
        return {place: meaning for place, meaning in chosen.items() if meaning}
