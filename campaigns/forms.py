"""What staff type about a campaign. Checking is the services' work; a form only gathers."""

from typing import Any, Self, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns import late, sorting
from campaigns.models import Campaign
from campaigns.plans import Fields
from contacts.models import Channel, Group, Segment
from messaging.models import Line

_LONGEST_BODY = 10_000


class MomentField(forms.DateTimeField):
    """A moment in the current time zone, chosen with the browser's own picker."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    @property
    def zone(self) -> str:
        """The zone in which it is read and shown."""
        return timezone.get_current_timezone_name()


class NameForm(forms.Form):
    """What a new campaign is asked for first."""

    name = forms.CharField(
        label=_("Name"), max_length=150, help_text=_("For you and your colleagues; nobody else reads it.")
    )


class StepForm(forms.Form):
    """A step of a draft: everything but the name may still be empty."""

    @classmethod
    def of(cls, campaign: Campaign) -> Self:
        """The form filled with a draft."""
        return cls(initial={name: _kept(campaign, name) for name in cls.base_fields})

    def chosen(self, name: str) -> set[int]:
        """The ids ticked in one of the lists, whether they were saved or just sent."""
        return {int(pk) for pk in self[name].value() or [] if str(pk).isdecimal() and len(str(pk)) < 19}

    def details(self) -> Fields:
        """What can be kept of what was sent (`plans.change`): all but what could not be read."""
        return cast(Fields, {name: self.cleaned_data[name] for name in self.fields if name in self.cleaned_data})


class AudienceForm(StepForm, NameForm):
    """Who gets it, and what the campaign is called."""

    groups = forms.ModelMultipleChoiceField(Group.objects.all(), required=False)
    excluded_groups = forms.ModelMultipleChoiceField(Group.objects.all(), required=False)
    segments = forms.ModelMultipleChoiceField(Segment.objects.all(), required=False)
    excluded_segments = forms.ModelMultipleChoiceField(Segment.objects.all(), required=False)
    most_messages = forms.IntegerField(
        label=_("At most so many campaigns to one person"),
        required=False,
        min_value=1,
        max_value=999,
        help_text=_("Empty: as many as come. Who had as many is left out, whichever line they came from."),
    )
    most_days = forms.IntegerField(label=_("in so many days"), required=False, min_value=1, max_value=365)
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=500,
        help_text=_("Words to find it by, with commas between them."),
        widget=forms.TextInput(attrs={"list": "known-tags", "autocomplete": "off"}),
    )

    def clean_most_days(self) -> int:
        """A week where nothing is said."""
        return self.cleaned_data["most_days"] or 7

    @classmethod
    def of(cls, campaign: Campaign) -> Self:
        """The form filled with a draft."""
        form = super().of(campaign)
        form.initial["tags"] = ", ".join(sorted((tag.name for tag in campaign.tags.all()), key=str.lower))
        return form

    def details(self) -> Fields:
        """Tags that there are not yet are made. Refused(field="tags")."""
        found = super().details()
        if "tags" in self.cleaned_data:
            found["tags"] = sorting.tags_named(self.cleaned_data["tags"].split(","))
        return found


class MessageForm(StepForm):
    """What it says."""

    body = forms.CharField(
        label=_("Text"),
        required=False,
        strip=False,
        max_length=_LONGEST_BODY,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "true"}),
    )
    channel = forms.ChoiceField(
        label=_("Show it as"),
        choices=Channel.choices,
        required=False,
        help_text=_("Until lines are chosen, which then say it."),
    )

    def details(self) -> Fields:
        """The channel is asked for only while no line says it."""
        found = super().details()
        if not found.get("channel"):
            found.pop("channel", None)
        return found

    def clean_body(self) -> str:
        """Browsers send line ends as CR LF; on a phone they are one character."""
        body: str = self.cleaned_data["body"]
        return body.replace("\r\n", "\n").replace("\r", "\n")


class SendingForm(StepForm):
    """Over which lines it goes, and until when."""

    lines = forms.ModelMultipleChoiceField(
        Line.objects.select_related("account").order_by("account__name", "id"), required=False
    )
    sms_lines = forms.ModelMultipleChoiceField(Line.objects.filter(channel=Channel.SMS), required=False)
    mode = forms.ChoiceField(choices=Campaign.Mode.choices, required=False)
    send_before = MomentField(
        label=_("Not after"), required=False, help_text=_("What is not sent by then waits, and Carillon asks you.")
    )

    def clean_mode(self) -> str:
        """The choice is only offered where a chosen line's gateway can send by itself."""
        return self.cleaned_data["mode"] or Campaign.Mode.CARILLON


def _kept(campaign: Campaign, name: str) -> Any:
    """A field of a draft as a form shows it: of a list, the ids."""
    if campaign._meta.get_field(name).many_to_many:
        return [each.pk for each in getattr(campaign, name).all()]
    return getattr(campaign, name)


class ScheduleForm(forms.Form):
    """When a campaign starts by itself."""

    start_at = MomentField(label=_("Start at"))


class LateForm(forms.Form):
    """What becomes of those who did not get a campaign in time."""

    verdict = forms.ChoiceField(
        choices=late.Verdict.choices,
        error_messages={"required": _("Say what becomes of those who did not get it in time.")},
    )
    until = MomentField(label=_("Until"), required=False)


class TemplateForm(forms.Form):
    """A text that is kept to begin campaigns with."""

    name = forms.CharField(label=_("Name"), max_length=100)
    language = forms.CharField(
        label=_("Language"), required=False, max_length=10, help_text=_("Two letters, for example es; empty for any.")
    )
    body = forms.CharField(
        label=_("Text"),
        required=False,
        strip=False,
        max_length=_LONGEST_BODY,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "true"}),
    )
    file = forms.FileField(label=_("What goes with it"), required=False, allow_empty_file=True)
    without_file = forms.BooleanField(label=_("Take off what goes with it"), required=False)

    def clean_body(self) -> str:
        """Browsers send line ends as CR LF; on a phone they are one character."""
        body: str = self.cleaned_data["body"]
        return body.replace("\r\n", "\n").replace("\r", "\n")
