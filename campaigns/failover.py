"""Another way to people whose message certainly was not sent: another line of the campaign, or an SMS line where it may.

Whatever is on its way, was taken, or is in doubt stays where it is (`messaging.outbox.moving` looks once more, with the rows
locked). The limits of the new line hold there as everywhere: they are kept when a message is claimed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.db.models.functions import Length
from django.utils import timezone

from campaigns import checks, sharing
from campaigns.models import Campaign, CampaignEvent, Recipient
from contacts import consent
from contacts.models import Channel
from messaging.models import Incident, Line, Message
from messaging.outbox.moving import move, never_in_doubt, place_on, put_anew
from messaging.providers.errors import Reason
from messaging.signals import Change

S = Campaign.State
R = Recipient.State
M = Message.Status
AT_ONCE = 500  # messages put elsewhere in one transaction
ELSEWHERE = (Reason.ATTEMPTS_EXHAUSTED,)  # turned away too often on this line: another one may do
NOT_THERE = (Reason.NOT_ON_WHATSAPP,)  # no WhatsApp line reaches this person


@dataclass(frozen=True, kw_only=True)
class Ways:
    """A campaign's lines as they are now. lines: those for the next messages, by_sms: the SMS lines, in place of all the
    others. well: lines that can send, of the campaign's own and of its SMS lines; down: those that cannot."""

    lines: list[Line]
    well: list[Line]
    down: list[Line]
    sms_lines: list[Line]
    well_sms: list[Line]
    is_by_sms: bool

    @property
    def has_stuck_lines(self) -> bool:
        """Whether something may wait on a line that cannot send while another one can."""
        is_some_sms_down = 0 < len(self.well_sms) < len(self.sms_lines)
        return bool(self.down and self.well) or self.is_by_sms or is_some_sms_down


def ways(campaign: Campaign) -> Ways:
    """What a campaign can send over. A gateway that does not answer counts as down while another way is open."""
    silent = Incident.objects.filter(kind=Incident.Kind.UNREACHABLE, closed_at=None)
    accounts = set(silent.values_list("account_id", flat=True))
    own = list(campaign.lines.select_related("account"))
    sms_lines = list(campaign.sms_lines.select_related("account"))
    well = [line for line in own if checks.is_usable(line) and line.account_id not in accounts]
    well_sms = [line for line in sms_lines if checks.is_usable(line) and line.account_id not in accounts]
    usable = well or [line for line in own if checks.is_usable(line) and not sms_lines]
    is_by_sms = not well and bool(well_sms) and _has_waited(campaign)
    return Ways(
        lines=well_sms if is_by_sms else usable,
        well=well,
        down=[line for line in own if line not in well],
        sms_lines=sms_lines,
        well_sms=well_sms,
        is_by_sms=is_by_sms,
    )


def lines_of(campaign: Campaign) -> list[Line]:
    """The lines that people wait for now."""
    lines = campaign.sms_lines if campaign.reason == Reason.BY_SMS else campaign.lines
    return list(lines.select_related("account"))


def goes_on(change: Change) -> bool:
    """Whether another way may be open to somebody whose message just ended: it was turned away in the very call."""
    is_over = (change.before, change.after) == (M.SENDING, M.FAILED)
    return is_over and change.reason in (*ELSEWHERE, *NOT_THERE)


def has_people_left(campaign: Campaign) -> bool:
    """Whether somebody is still to be tried another way."""
    return Recipient.objects.filter(campaign=campaign, goes_on=True).exists()


def try_other_ways(campaign: Campaign, found: Ways) -> int:
    """Put the messages of people who were turned away anew over other lines, as far as there are any; nobody is looked at
    a second time. Call with the campaign locked. Returns how many people were looked at."""
    waiting = Recipient.objects.filter(campaign=campaign, goes_on=True).select_related("message").order_by("id")
    people = list(waiting[:AT_ONCE])
    if not people:
        return 0
    tried = _tried_lines(people)
    choices = {person.pk: _other_lines(person, found, tried[person.pk]) for person in people}
    messages = {}
    for lines in {tuple(line.pk for line in lines): lines for lines in choices.values() if lines}.values():
        alike = [person for person in people if choices[person.pk] == lines]
        messages.update(_shared(alike, lines))
    _put_anew(messages)
    Recipient.objects.filter(pk__in=[person.pk for person in people]).update(goes_on=False)
    return len(people)


def leave_lines(campaign: Campaign, found: Ways, room: Mapping[Line, int]) -> int:
    """Move waiting messages off lines that cannot send, as far as the others have room. Call with the campaign locked.
    Returns how many moved."""
    moved = 0
    if found.down and found.well:
        moved += _move(campaign, found.down, {line: room[line] for line in found.well})
    down_sms = [line for line in found.sms_lines if line not in found.well_sms]
    if down_sms and found.well_sms:
        moved += _move(campaign, down_sms, {line: room[line] for line in found.well_sms})
    if found.is_by_sms and found.down:
        stuck = _stuck(campaign, found.down, {line: room[line] for line in found.well_sms}, channel=Channel.SMS)
        moved += _put_anew(stuck)
    return moved


def _move(campaign: Campaign, down: Sequence[Line], room: Mapping[Line, int]) -> int:
    left = move({pk: place_on(line) for pk, line in _stuck(campaign, down, room).items()})
    _note_first_lines({pk: line.pk for pk, line in left.items()})
    return len(left)


def _put_anew(places: Mapping[int, Line]) -> int:
    news = put_anew({pk: place_on(line) for pk, line in places.items()})
    _note_first_lines({new.pk: new.resend_of.line_id for new in news if new.resend_of and new.resend_of.line_id})
    return len(news)


def _note_first_lines(left: Mapping[int, int]) -> None:
    """Message → the line it, or the one before it, was on. Who moved before keeps the very first one."""
    for line_id in set(left.values()):
        messages = [pk for pk, each in left.items() if each == line_id]
        Recipient.objects.filter(message__in=messages, first_line=None).update(first_line=line_id)


def _stuck(campaign: Campaign, down: Sequence[Line], room: Mapping[Line, int], *, channel: str = "") -> dict[int, Line]:
    """The next messages that can be moved off lines that cannot send, each with a line that can: the one its person knows,
    or by turns. channel: where it is another one than theirs, whose opt-outs are then left alone."""
    waiting = never_in_doubt(Message.objects.filter(batch=campaign.batch_id, line__in=down, status__is=M.QUEUED))
    if limits := [limit for limit in (place_on(line).text_limit for line in room) if limit is not None]:
        waiting = waiting.annotate(length=Length("body")).filter(length__lte=min(limits))
    if channel:
        gone = consent.opted_out(channel).filter(phone_key=OuterRef("phone_key"))
        waiting = waiting.filter(~Exists(gone))
    ids = list(waiting.order_by("id").values_list("id", flat=True)[: min(AT_ONCE, sum(room.values()))])
    people = Recipient.objects.filter(campaign=campaign, message__in=ids).order_by("message_id")
    return _placed(list(people), room)


def _shared(people: Sequence[Recipient], lines: Sequence[Line]) -> dict[int, Line]:
    """A line for each person's message, whatever waits there already."""
    return _placed(people, dict.fromkeys(lines, len(people)))


def _placed(people: Sequence[Recipient], room: Mapping[Line, int]) -> dict[int, Line]:
    if not people:
        return {}
    shared = sharing.share(people, room, sharing.last_lines(people, list(room)))
    return {person.message_id: line for person, line in zip(people, shared, strict=True) if person.message_id}


def _other_lines(person: Recipient, found: Ways, tried: set[int]) -> list[Line]:
    """Where somebody who was turned away may still be reached: the campaign's own lines first, then those for SMS."""
    if person.message is None:
        return []
    untried = [line for line in found.well if line.pk not in tried and line.channel == person.message.channel]
    own = untried if person.reason in ELSEWHERE else []
    sms = [line for line in found.sms_lines if line.pk not in tried]
    return own or [line for line in sms if line in found.well_sms] or sms


def _tried_lines(people: Sequence[Recipient]) -> dict[int, set[int]]:
    """Person → lines that turned the message away since a colleague last had it sent: one query for each step back."""
    tried: dict[int, set[int]] = {person.pk: set() for person in people}
    owners = {person.message_id: person.pk for person in people if person.message_id}
    while owners:
        steps = Message.objects.filter(pk__in=owners).values_list("id", "line_id", "resend_of_id", "created_by_id")
        earlier: dict[int, int] = {}
        for pk, line_id, before, colleague in steps:
            tried[owners[pk]].add(line_id or 0)
            if before and colleague is None:
                earlier[before] = owners[pk]
        owners = earlier
    return tried


def _has_waited(campaign: Campaign) -> bool:
    """Whether it goes on by SMS already, or stood still long enough for that."""
    if campaign.state == S.RUNNING:
        return campaign.reason == Reason.BY_SMS
    since = (
        CampaignEvent.objects.filter(campaign=campaign, after=S.BLOCKED).order_by("-id").values_list("at", flat=True)
    )
    at, patience = since.first(), timedelta(minutes=settings.SMS_AFTER_MINUTES)
    return campaign.state == S.BLOCKED and at is not None and at <= timezone.now() - patience
