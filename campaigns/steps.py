"""The four steps in which a campaign is composed: what each still lacks, and where something that is wrong is put right."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from campaigns import checks
from campaigns.models import Campaign
from contacts.refusal import Refused

AUDIENCE, MESSAGE, SENDING, REVIEW = "audience", "message", "sending", "review"
KEYS = (AUDIENCE, MESSAGE, SENDING, REVIEW)
LABELS = {AUDIENCE: _("Audience"), MESSAGE: _("Message"), SENDING: _("Sending"), REVIEW: _("Review")}
_READY: dict[str, Callable[[Campaign], None]] = {
    AUDIENCE: checks.audience_ready,
    MESSAGE: checks.message_ready,
    SENDING: checks.sending_ready,
}
_FIELDS = {
    MESSAGE: frozenset({"body", "attachment", "file", "variants", "tracks_links", "goal"}),
    SENDING: frozenset({"lines", "sms_lines", "mode", "send_before", "when", "start_at", "local_date"}),
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """missing: what it still lacks or what is wrong with it, as a sentence; "" for nothing. number: from 1."""

    key: str
    number: int
    label: str
    href: str
    missing: str
    is_current: bool


def of(campaign: Campaign, *, at: str = "") -> list[Step]:
    """All of them, for somebody who stands at one."""
    return [
        Step(
            key=key,
            number=number,
            label=str(LABELS[key]),
            href=reverse(f"campaigns:{key}", args=[campaign.pk]),
            missing=missing(campaign, key),
            is_current=key == at,
        )
        for number, key in enumerate(KEYS, start=1)
    ]


def missing(campaign: Campaign, key: str) -> str:
    """The first thing that keeps a step from being done, as a sentence; "" for nothing. Counts nobody."""
    try:
        if key in _READY:
            _READY[key](campaign)
    except Refused as refused:
        return refused.sentence
    return ""


def resume_at(campaign: Campaign) -> str:
    """Where somebody goes on who comes back: the first step that is not done."""
    return next((key for key in KEYS if missing(campaign, key)), REVIEW)


def wrong(campaign: Campaign, key: str) -> Refused | None:
    """What is there and will not do; what is merely missing may wait."""
    try:
        if key == MESSAGE:
            checks.given_text(
                body=campaign.body, lines=list(campaign.lines.select_related("account")), mode=campaign.mode
            )
        elif key == SENDING:
            lines = list(campaign.lines.select_related("account"))
            checks.given_lines(lines=lines, sms_lines=list(campaign.sms_lines.all()), mode=campaign.mode)
            checks.check_deadline(campaign)
    except Refused as refused:
        return refused
    return None


def step_of(field: str | None) -> str:
    """The step in which a field is filled in."""
    return next((key for key, fields in _FIELDS.items() if field in fields), AUDIENCE)


def neighbour(key: str, by: int) -> str:
    """The step before (-1) or after (1); the ends stay where they are."""
    return KEYS[max(0, min(len(KEYS) - 1, KEYS.index(key) + by))]
