"""What a flight plan was made for: everything about a campaign that matters, part by part, so that a change can be named."""

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

TEXT, ATTACHMENT, AUDIENCE, LINES, MODE = "text", "attachment", "audience", "lines", "mode"
SCHEDULE, START, CAPS, CANARY, OTHER = "schedule", "start", "caps", "canary", "other"

# In which part each field and list of a campaign counts; what is named nowhere counts as OTHER, so that nothing new is missed.
PARTS: dict[str, str] = {
    **dict.fromkeys(("body", "goal", "tracks_links"), TEXT),
    "attachment": ATTACHMENT,
    **dict.fromkeys(("groups", "excluded_groups", "segments", "excluded_segments"), AUDIENCE),
    **dict.fromkeys(("lines", "sms_lines", "channel"), LINES),
    "mode": MODE,
    **dict.fromkeys(("send_before", "local_date", "local_time"), SCHEDULE),
    "start_at": START,
    **dict.fromkeys(("most_messages", "most_days"), CAPS),
    **dict.fromkeys(
        ("canary_size", "canary_minutes", "canary_most_failed", "canary_most_opt_outs", "canary_asks"), CANARY
    ),
}
UNIMPORTANT = frozenset(
    {
        *("id", "name", "tags", "archived_at", "state", "reason", "canary", "canary_sent_at", "batch"),
        *("created_by", "created_at", "started_at", "finished_at"),
    }
)
LABELS: dict[str, "_StrPromise"] = {
    TEXT: _("the text"),
    ATTACHMENT: _("the attachment"),
    AUDIENCE: _("who is chosen"),
    LINES: _("the lines"),
    MODE: _("who sends"),
    SCHEDULE: _("until when, or at whose clock it is sent"),
    START: _("when it starts"),
    CAPS: _("how many campaigns one person may get"),
    CANARY: _("the first ones that are tried"),
    OTHER: _("other settings"),
}


def parts_of(campaign: Campaign) -> dict[str, str]:
    """Part → a hash of what stands in it. The number of people is not in it: see `approval.grown`. What is as it is by
    itself is left away, so that a new field of a new version makes no campaign another one."""
    values: dict[str, dict[str, Any]] = {part: {} for part in LABELS}
    for field in campaign._meta.concrete_fields:
        value = getattr(campaign, field.attname)
        if field.name not in UNIMPORTANT and value != field.get_default():
            values[PARTS.get(field.name, OTHER)][field.name] = value
    for listed in campaign._meta.many_to_many:
        if listed.name not in UNIMPORTANT and (ids := _ids(campaign, listed.name)):
            values[PARTS.get(listed.name, OTHER)][listed.name] = ids
    if rules := _rules(campaign):
        values[AUDIENCE]["rules"] = rules
    if variants := list(
        campaign.variants.order_by("letter", "language").values_list("letter", "language", "body", "share")
    ):
        values[TEXT]["variants"] = variants
    return {part: _hash(found) for part, found in values.items()}


def fingerprint(parts: Mapping[str, str]) -> str:
    """All parts in one word, but for the moment of the start, which may be chosen after the approval."""
    return _hash({part: word for part, word in parts.items() if part != START})


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The parts that are not what they were, in the order of LABELS."""
    nothing = _hash({})
    parts = [part for part in LABELS if part != START]
    return [part for part in parts if before.get(part, nothing) != after.get(part, nothing)]


def _ids(campaign: Campaign, name: str) -> list[int]:
    return sorted(getattr(campaign, name).order_by().values_list("pk", flat=True))


def _rules(campaign: Campaign) -> list[Any]:
    """Of the segments: another rule is another audience."""
    found = [
        list(getattr(campaign, name).order_by("pk").values_list("pk", "rules"))
        for name in ("segments", "excluded_segments")
    ]
    return found if any(found) else []


def _hash(values: object) -> str:
    text = json.dumps(values, cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
