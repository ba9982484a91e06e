"""What staff type about a campaign. Checking is the services' work; a form only gathers."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns import late
from campaigns.models import Campaign
from contacts.models import Channel, Group
from messaging.models import Line

_LONGEST_BODY = 10_000


class MomentField(forms.DateTimeField):
    """A moment in the current time zone, chosen with the browser's own picker."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    @property
    def zone(self) -> str:
        """The zone in which it is read and shown."""
        return timezone.get_current_timezone_name()


class CampaignForm(forms.Form):
    """A draft: everything but the name may still be empty."""

    name = forms.CharField(
        label=_("Name"), max_length=150, help_text=_("For you and your colleagues; nobody else reads it.")
    )
    groups = forms.ModelMultipleChoiceField(Group.objects.all(), required=False)
    excluded_groups = forms.ModelMultipleChoiceField(Group.objects.all(), required=False)
    body = forms.CharField(
        label=_("Text"),
        required=False,
        strip=False,
        max_length=_LONGEST_BODY,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "true"}),
    )
    lines = forms.ModelMultipleChoiceField(
        Line.objects.select_related("account").order_by("account__name", "id"), required=False
    )
    sms_lines = forms.ModelMultipleChoiceField(Line.objects.filter(channel=Channel.SMS), required=False)
    mode = forms.ChoiceField(choices=Campaign.Mode.choices, required=False)
    send_before = MomentField(
        label=_("Not after"), required=False, help_text=_("What is not sent by then waits, and Carillon asks you.")
    )

    @classmethod
    def of(cls, campaign: Campaign) -> "CampaignForm":
        """The form filled with a draft."""
        return cls(
            initial={
                "name": campaign.name,
                "groups": [group.pk for group in campaign.groups.all()],
                "excluded_groups": [group.pk for group in campaign.excluded_groups.all()],
                "body": campaign.body,
                "lines": [line.pk for line in campaign.lines.all()],
                "sms_lines": [line.pk for line in campaign.sms_lines.all()],
                "mode": campaign.mode,
                "send_before": campaign.send_before,
            }
        )

    def clean_body(self) -> str:
        """Browsers send line ends as CR LF; on a phone they are one character."""
        body: str = self.cleaned_data["body"]
        return body.replace("\r\n", "\n").replace("\r", "\n")

    def clean_mode(self) -> str:
        """The choice is only offered where a chosen line's gateway can send by itself."""
        return self.cleaned_data["mode"] or Campaign.Mode.CARILLON

    def chosen(self, name: str) -> set[int]:
        """The ids ticked in one of the lists, whether they were saved or just sent."""
        return {int(pk) for pk in self[name].value() or [] if str(pk).isdecimal() and len(str(pk)) < 19}

    def details(self) -> dict[str, Any]:
        """What plans.save_draft takes."""
        lists = ("groups", "excluded_groups", "lines", "sms_lines")
        return {name: list(value) if name in lists else value for name, value in self.cleaned_data.items()}


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
