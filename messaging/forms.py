"""What staff type about accounts, lines and answers. Checking is the services' work; a form only gathers."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.refusal import Refused
from messaging import credential_words, limits_text
from messaging.models import Account, Line, Webhook
from messaging.providers import PROVIDERS
from messaging.providers.base import CredentialField
from messaging.webhooks import keeping


class AccountForm(forms.Form):
    """A login at one gateway: the fields that gateway asks for, secrets write-only."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("What colleagues call it.")
    )
    base_url = forms.CharField(
        label=gettext_lazy("Address of the gateway"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("With or without /api at the end. Left empty, it is the gateway's usual one."),
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
    )
    region = forms.CharField(
        label=gettext_lazy("Country of local numbers"),
        max_length=2,
        required=False,
        help_text=gettext_lazy("Two letters, for example MX: for numbers written without a country code."),
        widget=forms.TextInput(attrs={"class": "short"}),
    )

    def __init__(self, data: Any = None, *, provider: str, account: Account | None = None) -> None:
        known = {"base_url": PROVIDERS[provider].default_base_url}
        if account:
            known = {"name": account.name, "base_url": account.base_url, "region": account.region}
        super().__init__(data, initial=known)
        self._credentials = PROVIDERS[provider].credential_fields
        names = ["name"]
        for each in self._credentials:
            self.fields[each.name] = _credential_input(each, account)
            names.append(each.name)
            if each.is_secret and not each.is_required and account and account.known_credentials.get(each.name):
                names.append(f"clear_{each.name}")
                label = _("Remove “%(label)s”") % {"label": credential_words.said(each.label)}
                self.fields[names[-1]] = forms.BooleanField(label=label, required=False)
        self.order_fields([*names, "base_url", "region"])

    def details(self) -> dict[str, Any]:
        """What the services of messaging.accounts take, besides the provider."""
        found = self.cleaned_data
        credentials = {each.name: found.get(each.name, "") for each in self._credentials}
        return {**{name: found[name] for name in ("name", "base_url", "region")}, "credentials": credentials}

    def cleared(self) -> list[str]:
        """Credentials to be removed: secrets with a tick, and others whose field was emptied."""
        found = self.cleaned_data
        return [
            each.name
            for each in self._credentials
            if (found.get(f"clear_{each.name}") if each.is_secret else not found.get(each.name))
        ]


class PaceForm(forms.Form):
    """How fast a line may send."""

    gap_seconds = forms.FloatField(
        label=gettext_lazy("Seconds between two messages"),
        min_value=0,
        max_value=86_400,
        help_text=gettext_lazy("0 is as fast as the gateway takes them."),
    )
    jitter_seconds = forms.FloatField(
        label=gettext_lazy("Give or take, in seconds"),
        min_value=0,
        max_value=86_400,
        help_text=gettext_lazy("So that it does not look like a machine."),
    )
    per_minute = forms.IntegerField(label=gettext_lazy("At most in a minute"), required=False, min_value=1)
    per_hour = forms.IntegerField(label=gettext_lazy("At most in an hour"), required=False, min_value=1)
    per_day = forms.IntegerField(
        label=gettext_lazy("At most in 24 hours"),
        required=False,
        min_value=1,
        help_text=gettext_lazy("Leave a limit empty for none. A long SMS counts once for each of its parts."),
    )

    @classmethod
    def of(cls, line: Line) -> "PaceForm":
        """The form filled with the pace in force."""
        return cls(initial={name: getattr(line, name) for name in cls.base_fields})


class LimitsForm(forms.Form):
    """When a line may send, and how carefully a new number begins."""

    windows = forms.CharField(
        label=gettext_lazy("Hours in which it may send"),
        required=False,
        help_text=gettext_lazy(
            "One stretch a line, like Mon-Fri 09:00-18:00. 22:00-06:00 goes on into the next morning. Empty: always."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    window_basis = forms.ChoiceField(
        label=gettext_lazy("By"),
        choices=Line.Basis.choices,
        help_text=gettext_lazy(
            "A person's time zone is the one in the contact, else it must be within the hours everywhere in the number's country."
        ),
    )
    time_zone = forms.CharField(
        label=gettext_lazy("Time zone of the line"),
        required=False,
        max_length=64,
        help_text=gettext_lazy("For example America/Mexico_City. Empty: that of this installation."),
    )
    holidays = forms.CharField(
        label=gettext_lazy("Holidays"),
        required=False,
        help_text=gettext_lazy("One day a line, like 2026-12-25. Nothing starts on them."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    warm_up = forms.CharField(
        label=gettext_lazy("Warm-up of a new number"),
        required=False,
        help_text=gettext_lazy(
            "From which day on, how many messages a day: 0: 20, 4: 50, 8: 100, 15: 200, one to a line. No number after the "
            "colon ends it. There is no official ladder; this one is careful and lowers the risk of a ban, no more."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    warm_up_from = forms.DateField(
        label=gettext_lazy("Day 0 of the warm-up"),
        required=False,
        help_text=gettext_lazy("Empty: today."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    first_contacts_per_day = forms.IntegerField(
        label=gettext_lazy("New people in 24 hours, at most"),
        required=False,
        min_value=1,
        help_text=gettext_lazy("People this account never wrote to, nor they to it. Empty: no limit."),
    )

    @classmethod
    def of(cls, line: Line) -> "LimitsForm":
        """The form filled with the limits in force."""
        known = {name: getattr(line, name) for name in cls.base_fields}
        written = {
            "windows": limits_text.write_windows(line.windows),
            "holidays": "\n".join(line.holidays),
            "warm_up": limits_text.write_rungs(line.warm_up),
        }
        return cls(initial=known | written)

    def clean_windows(self) -> list[dict[str, Any]]:
        return self._read(limits_text.read_windows, "windows")

    def clean_holidays(self) -> list[str]:
        return self._read(limits_text.read_days, "holidays")

    def clean_warm_up(self) -> list[dict[str, int | None]]:
        return self._read(limits_text.read_rungs, "warm_up")

    def _read(self, read: Callable[[str], list[Any]], name: str) -> list[Any]:
        try:
            return read(self.cleaned_data[name])
        except Refused as refused:
            raise forms.ValidationError(refused.sentence) from refused


class TrialForm(forms.Form):
    """One message to a number of one's own. key: made with the form, so that pressing twice sends once."""

    to = forms.CharField(
        label=gettext_lazy("To"),
        max_length=40,
        help_text=gettext_lazy("A number of your own, with the country code."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    body = forms.CharField(label=gettext_lazy("Text"), initial=gettext_lazy("A test from Carillon."))
    key = forms.CharField(max_length=60, widget=forms.HiddenInput)


class ReplyForm(forms.Form):
    """An answer in a conversation. key: made with the box, so that pressing twice sends once. seen: the newest message
    when the box was made, so that a colleague's answer since then is shown first."""

    body = forms.CharField(label=gettext_lazy("Your answer"), required=False, strip=False, widget=forms.Textarea)
    key = forms.CharField(max_length=60, widget=forms.HiddenInput)
    seen = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput)


class CannedReplyForm(forms.Form):
    """An answer kept ready."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=41,
        help_text=gettext_lazy("What is typed after the slash: letters, digits and dashes, like hours."),
    )
    body = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=4000,
        help_text=gettext_lazy(
            "Merge fields are filled in when it is used: {{ name }}, {{ first_name }}, {{ phone }}, {{ agent }} for who "
            'answers, and the contact\'s own fields. {{ first_name|default:"friend" }} says what stands in.'
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class WebhookForm(forms.Form):
    """Another system that is told what happens."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    url = forms.URLField(
        label=gettext_lazy("Address"),
        max_length=500,
        assume_scheme="https",
        help_text=gettext_lazy(
            "What is called, with POST; it answers with a status of 200 to 299 within five seconds."
        ),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"), choices=keeping.CHOICES, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any = None, *, webhook: Webhook) -> None:
        super().__init__(data, initial={"name": webhook.name, "url": webhook.url, "events": webhook.events})


def _credential_input(asked: CredentialField, account: Account | None) -> forms.CharField:
    is_set = bool(account and account.known_credentials.get(asked.name))
    help_text = credential_words.said(asked.help_text)
    widget: forms.Widget
    if asked.is_secret:
        widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"})
        if is_set:
            kept = _("Kept as it is when you leave this empty.")
            help_text = f"{kept} {help_text}".strip()
    else:
        widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(
        label=credential_words.said(asked.label),
        required=asked.is_required and not (asked.is_secret and is_set),
        initial=account.known_credentials.get(asked.name, "") if account and not asked.is_secret else None,
        help_text=help_text,
        max_length=500,
        widget=widget,
    )
