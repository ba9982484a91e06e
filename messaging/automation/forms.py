"""What staff type about words of consent, auto-replies and reminders. Checking is the services' work; a form only gathers."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact, Group
from contacts.phone import normalise, phone_key
from contacts.refusal import Refused
from messaging import limits_text
from messaging.automation.words import Language
from messaging.models import Account, AutoReplyRule, Line, Reminder


class WordLines(forms.CharField):
    """Words or phrases, one a line or with commas between them; a list when cleaned."""

    widget = forms.Textarea(attrs={"rows": 5})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        lines = (super().to_python(value) or "").replace(",", "\n").splitlines()
        return [line.strip() for line in lines if line.strip()]


class WindowLines(forms.CharField):
    """Hours as people write them; windows of messaging.limits when cleaned."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return limits_text.write_windows(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        try:
            return limits_text.read_windows(super().to_python(value) or "")
        except Refused as refused:
            raise forms.ValidationError(refused.sentence) from refused


class WordsForm(forms.Form):
    """How one language speaks of consent."""

    code = forms.CharField(label=_("Language"), max_length=10, help_text=_("A code, for example pt."))
    clear = WordLines(
        label=_("Words that stop"),
        required=False,
        help_text=_("They count when they open a message of at most two more words. STOP always counts."),
    )
    alone = WordLines(
        label=_("Words that stop only alone"),
        required=False,
        help_text=_("For words with another meaning, like “end”: they count alone or with a polite word."),
    )
    back = WordLines(label=_("Words that bring back"), required=False, help_text=_("Alone or with a polite word."))
    out_text = forms.CharField(
        label=_("Answer to who stops"),
        required=False,
        max_length=300,
        help_text=_("Sent once. Empty: nothing is answered."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    in_text = forms.CharField(
        label=_("Answer to who comes back"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )

    @classmethod
    def of(cls, language: Language) -> "WordsForm":
        """The form filled with what holds now."""
        return cls(
            initial={
                **{name: getattr(language, name) for name in cls.base_fields if name != "code"},
                "code": language.code,
            }
        )


class RuleForm(forms.Form):
    """An auto-reply."""

    name = forms.CharField(label=_("Name"), max_length=100)
    account = forms.ModelChoiceField(Account.objects.all(), label=_("Account"))
    kind = forms.ChoiceField(label=_("Answers when"), choices=AutoReplyRule.Kind.choices)
    words = WordLines(
        label=_("Words"),
        required=False,
        help_text=_("One a line. Capitals, accents and punctuation do not count."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    windows = WindowLines(
        label=_("Opening hours"),
        required=False,
        help_text=_("For answers outside of them. One stretch a line, like Mon-Fri 09:00-18:00."),
    )
    time_zone = forms.CharField(
        label=_("Time zone of the hours"),
        required=False,
        max_length=64,
        help_text=_("For example America/Mexico_City. Empty: that of this installation."),
    )
    body = forms.CharField(
        label=_("Answer"),
        max_length=1000,
        help_text=_('A merge field looks like {{ first_name|default:"friend" }}.'),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    language = forms.CharField(
        label=_("Only for people of the language"),
        required=False,
        max_length=10,
        help_text=_("A code, for example es."),
    )
    position = forms.IntegerField(
        label=_("Position"), min_value=0, max_value=1000, initial=100, help_text=_("Lower ones are tried first.")
    )
    rest_minutes = forms.IntegerField(
        label=_("Rest, in minutes"),
        min_value=1,
        max_value=43_200,
        initial=60,
        help_text=_("Until the same person gets this answer again."),
    )
    per_day = forms.IntegerField(
        label=_("At most in 24 hours"), min_value=1, max_value=1000, initial=3, help_text=_("For one person.")
    )
    is_on = forms.BooleanField(label=_("It answers"), required=False, initial=True)

    @classmethod
    def of(cls, rule: AutoReplyRule) -> "RuleForm":
        """The form filled with a rule."""
        return cls(initial={name: getattr(rule, name) for name in cls.base_fields})


class TrialTextForm(forms.Form):
    """A text to try the rules with."""

    account = forms.ModelChoiceField(Account.objects.all(), label=_("Account"))
    text = forms.CharField(label=_("What somebody writes"), max_length=1000)
    language = forms.CharField(label=_("Their language"), required=False, max_length=10)


class ReminderForm(forms.Form):
    """A reminder."""

    name = forms.CharField(label=_("Name"), max_length=100)
    line = forms.ModelChoiceField(Line.objects.select_related("account"), label=_("Line"))
    group = forms.ModelChoiceField(Group.objects.all(), label=_("Group"), required=False)
    phone = forms.CharField(
        label=_("Or one person's phone"),
        required=False,
        max_length=40,
        help_text=_("Somebody among your contacts."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    body = forms.CharField(
        label=_("Text"),
        max_length=4000,
        help_text=_('A merge field looks like {{ first_name|default:"friend" }}.'),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    repeat = forms.ChoiceField(label=_("Repeats"), choices=Reminder.Repeat.choices, initial=Reminder.Repeat.MONTHLY)
    starts_on = forms.DateField(
        label=_("From"),
        help_text=_("Monthly and yearly keep this day; a month that is too short has its last day."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    ends_on = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    at = forms.TimeField(label=_("At"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    time_zone = forms.CharField(
        label=_("Time zone"),
        max_length=64,
        help_text=_(
            "For example America/Mexico_City. By a date of each person, their own zone wins where it is known."
        ),
    )
    every = forms.IntegerField(
        label=_("Days between"), min_value=1, max_value=366, initial=1, help_text=_("For “every so many days”.")
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Weekdays"),
        required=False,
        coerce=int,
        choices=WEEKDAYS.items(),
        help_text=_("For “every week”. None: that of the first day."),
        widget=forms.CheckboxSelectMultiple,
    )
    field = forms.CharField(
        label=_("Field with the date"),
        required=False,
        max_length=40,
        help_text=_("For “by a date of each person”: like birthday, written 1990-05-14 or 14/05/1990."),
    )
    offset_days = forms.IntegerField(
        label=_("Days after that date"),
        min_value=-366,
        max_value=366,
        initial=0,
        help_text=_("-3 is three days before."),
    )
    is_yearly = forms.BooleanField(label=_("Each year on that date"), required=False, initial=True)
    is_day_first = forms.BooleanField(label=_("5/4 is the fifth of April"), required=False, initial=True)

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial={"time_zone": settings.TIME_ZONE, **(initial or {})})

    @classmethod
    def of(cls, reminder: Reminder) -> "ReminderForm":
        """The form filled with a reminder."""
        names = [name for name in cls.base_fields if name != "phone"]
        known = {name: getattr(reminder, name) for name in names}
        return cls(initial={**known, "phone": reminder.contact.phone if reminder.contact else ""})

    def details(self) -> dict[str, Any]:
        """What messaging.automation.reminders takes. Raises Refused for a phone that is nobody's."""
        found = dict(self.cleaned_data)
        return {"contact": _person(found.pop("phone"), found["line"].account.region), **found}


def _person(written: str, region: str) -> Contact | None:
    if not written.strip():
        return None
    contact = Contact.objects.filter(phone_key=phone_key(normalise(written, region=region))).first()
    if contact is None:
        raise Refused(str(_("Nobody among your contacts has this number. Add the person first.")), field="phone")
    return contact
