"""Writing campaigns down: drafts, their lines and groups, and what people will see."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns import attaching, capping, checks, variants, wording
from campaigns.models import Campaign, Series, Tag
from contacts.models import Contact, Group, Segment
from contacts.refusal import Refused
from messaging.media import files
from messaging.models import Line


class Fields(TypedDict, total=False):
    """What a draft is made of, each as the model keeps it. Where there are lines, they say which channel it is."""

    name: str
    body: str
    attachment: dict[str, Any] | None
    channel: str
    mode: str
    send_before: datetime | None
    lines: Sequence[Line]
    sms_lines: Sequence[Line]
    groups: Sequence[Group]
    excluded_groups: Sequence[Group]
    segments: Sequence[Segment]
    excluded_segments: Sequence[Segment]
    most_messages: int | None
    most_days: int
    tags: Sequence[Tag]


_LISTS = frozenset({"lines", "sms_lines", "groups", "excluded_groups", "segments", "excluded_segments", "tags"})
_NOT_COPIED = frozenset({
    "id", "name", "state", "reason", "start_at", "local_date", "local_time", "send_before", "canary", "canary_sent_at", "batch",
    "archived_at", "created_by", "created_at", "started_at", "finished_at",
})  # fmt: skip


def begin(*, name: str, user: User | None = None) -> Campaign:
    """A draft that has a name and nothing else. Refused(field="name")."""
    campaign = _new(user)
    _write(campaign, {"name": name})
    return campaign


def change(campaign: Campaign, **fields: Unpack[Fields]) -> Campaign:
    """Keep some fields of a draft, as far as it has been thought out: what is missing or wrong is kept too, and is in the way
    when it starts (`checks.ready_to_start`). Refused for what is no draft any more, and for an empty name (field="name")."""
    with transaction.atomic():
        current = Campaign.objects.select_for_update().get(pk=campaign.pk)
        _write(current, fields)
    campaign.refresh_from_db()
    return campaign


def save_draft(
    *,
    campaign: Campaign | None = None,
    name: str,
    body: str,
    lines: Sequence[Line],
    groups: Sequence[Group],
    excluded_groups: Sequence[Group] = (),
    send_before: datetime | None = None,
    mode: str = Campaign.Mode.CARILLON,
    sms_lines: Sequence[Line] = (),
    tags: Sequence[Tag] = (),
    attachment: dict[str, Any] | None = None,
    user: User | None = None,
) -> Campaign:
    """Make or change a draft as a whole. It may still lack things; wrong things are refused right away. Call in a transaction.

    sms_lines: for those whom the lines, all of WhatsApp, cannot reach.
    """
    if mode not in Campaign.Mode.values:
        raise Refused(_("Either Carillon sends, or the gateway."), field="mode")
    if not name.strip():
        raise Refused(_("Give the campaign a name."), field="name")
    checks.given_text(body=body, lines=list(lines), mode=mode)
    checks.given_lines(lines=list(lines), sms_lines=list(sms_lines), mode=mode)
    attaching.check(attachment, lines=lines, body=body, mode=mode)
    campaign = campaign or _new(user)
    _write(campaign, {
        "name": name, "body": body, "mode": mode, "send_before": send_before, "lines": lines, "sms_lines": sms_lines,
        "groups": groups, "excluded_groups": excluded_groups, "tags": tags, "attachment": attachment,
    })  # fmt: skip
    return campaign


def _new(user: User | None) -> Campaign:
    most, days = capping.default_cap()
    return Campaign(created_by=user, most_messages=most, most_days=days)


def _write(campaign: Campaign, fields: Fields) -> None:
    if campaign.state != Campaign.State.DRAFT:
        raise Refused(_("Only a draft can be changed. Cancel this campaign and make a new one."))
    given: dict[str, Any] = {**fields}
    if "name" in given:
        given["name"] = given["name"].strip()[:150]
        if not given["name"]:
            raise Refused(_("Give the campaign a name."), field="name")
    if given.get("lines"):
        given["channel"] = given["lines"][0].channel
    elif "channel" in given and "lines" not in given and campaign.pk and campaign.lines.exists():
        del given["channel"]
    own = {name: value for name, value in given.items() if name not in _LISTS}
    for name, value in own.items():
        setattr(campaign, name, value)
    campaign.save(update_fields=own if campaign.pk else None)
    for name in given.keys() & _LISTS:
        getattr(campaign, name).set(given[name])
    files.use(given.get("attachment"))


def clone(campaign: Campaign, *, user: User | None = None) -> Campaign:
    """A new draft with all that was chosen, but when it goes. It is checked again before it starts."""
    fields = [field.name for field in Campaign._meta.concrete_fields if field.name not in _NOT_COPIED]
    with transaction.atomic():
        copy = Campaign.objects.create(
            name=(_("Copy of %(name)s") % {"name": campaign.name})[:150],
            created_by=user,
            **{name: getattr(campaign, name) for name in fields},
        )
        for each in Campaign._meta.many_to_many:
            getattr(copy, each.name).set(getattr(campaign, each.name).all())
        variants.copy(campaign, copy)
    return copy


def delete_draft(campaign: Campaign) -> None:
    """Throw a draft away. What has been started stays, with everything that came of it."""
    with transaction.atomic():
        current = Campaign.objects.select_for_update().get(pk=campaign.pk)
        if current.state != Campaign.State.DRAFT:
            raise Refused(_("Only a draft can be deleted. A campaign that was started stays as a record."))
        if Series.objects.filter(pattern=current).exists():
            raise Refused(_("It is the pattern of a series. Delete the series first."))
        current.delete()


def lines_by_id(ids: Iterable[int], *, field: str = "lines") -> list[Line]:
    """Lines, each known."""
    wanted = list(dict.fromkeys(ids))
    lines = {line.pk: line for line in Line.objects.filter(pk__in=wanted)}
    for pk in wanted:
        if pk not in lines:
            raise Refused(_("There is no line %(id)s.") % {"id": pk}, field=field)
    return [lines[pk] for pk in wanted]


def groups_by_word(words: Iterable[str | int]) -> list[Group]:
    """Groups by name (whatever its case) or id, each known."""
    groups = []
    for word in words:
        found = (
            Group.objects.filter(pk=word) if isinstance(word, int) else Group.objects.filter(name__iexact=word.strip())
        )
        group = found.first()
        if group is None:
            raise Refused(_("There is no group “%(name)s”.") % {"name": word}, field="groups")
        groups.append(group)
    return groups


def text_for(campaign: Campaign, contact: Contact) -> str:
    """What this person will read, to the letter; where a gateway sends, what it is given."""
    if campaign.is_gateway_run:
        return campaign.body.strip()
    return wording.planned(campaign).shown_to(contact)
