"""What staff type about when a campaign goes out, and to whom first. Checking is the services' work."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from campaigns import timing
from campaigns.forms import MomentField
from campaigns.models import Campaign, Series


class DayField(forms.DateField):
    """A day, chosen with the browser's own picker."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ClockField(forms.TimeField):
    """A time of the day, likewise."""

    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class SeriesForm(forms.Form):
    """The times of a series."""

    repeat = forms.ChoiceField(label=_("Repeats"), choices=Series.Repeat.choices, initial=Series.Repeat.WEEKLY)
    starts_on = DayField(
        label=_("From"), help_text=_("Monthly and yearly keep this day; a month that is too short has its last day.")
    )
    ends_on = DayField(label=_("Until"), required=False)
    at = ClockField(label=_("At"))
    time_zone = forms.CharField(label=_("Time zone"), max_length=64, help_text=_("For example America/Mexico_City."))
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

    @classmethod
    def kept(cls, series: Series | None) -> dict[str, Any]:
        """What stands in it: a series' times, or what a new one begins with."""
        if series is None:
            return {"time_zone": settings.TIME_ZONE}
        return {name: getattr(series, name) for name in SeriesForm.base_fields}

    def times(self) -> dict[str, Any]:
        """What campaigns.series.save_series takes."""
        return {name: self.cleaned_data[name] for name in SeriesForm.base_fields}


class WhenForm(SeriesForm):
    """When a draft goes out. Only what belongs to the chosen way has to be there."""

    when = forms.ChoiceField(label=_("When"), choices=timing.When.choices, widget=forms.RadioSelect)
    start_at = MomentField(label=_("Start at"), required=False)
    local_date = DayField(label=_("On the day"), required=False)
    local_time = ClockField(label=_("At"), required=False)

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial, auto_id="when_%s")
        if data is not None and data.get("when") != timing.When.SERIES:
            for name in SeriesForm.base_fields:
                self.fields[name].required = False

    @classmethod
    def of(cls, campaign: Campaign) -> "WhenForm":
        """The form filled with a draft."""
        names = ("start_at", "local_date", "local_time")
        known = {name: getattr(campaign, name) for name in names}
        when = str(timing.when_of(campaign))
        return cls(initial={**cls.kept(timing.series_of(campaign)), **known, "when": when})


class CanaryForm(forms.Form):
    """Whether a few get it first."""

    size = forms.IntegerField(
        label=_("First only to so many people"),
        min_value=0,
        max_value=1_000_000,
        required=False,
        help_text=_("Empty: everybody gets it at once. They are drawn at random."),
    )
    minutes = forms.IntegerField(
        label=_("Then wait, in minutes"), min_value=1, max_value=timing.MOST_MINUTES, initial=60, required=False
    )
    most_failed = forms.IntegerField(
        label=_("Go on if at most so many failed, in percent"), min_value=0, max_value=100, initial=10, required=False
    )
    most_opt_outs = forms.IntegerField(
        label=_("And at most so many opted out, in percent"), min_value=0, max_value=100, initial=3, required=False
    )
    asks = forms.BooleanField(
        label=_("Ask me in any case"), required=False, help_text=_("It waits for a person, also when all went well.")
    )

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial, auto_id="canary_%s")

    @classmethod
    def of(cls, campaign: Campaign) -> "CanaryForm":
        """The form filled with a draft."""
        return cls(initial={name: getattr(campaign, f"canary_{name}") for name in cls.base_fields})

    def details(self) -> dict[str, Any]:
        """What timing.set_canary takes; numbers that were left empty are as usual."""
        return {name: value for name, value in self.cleaned_data.items() if value is not None}
