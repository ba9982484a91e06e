"""Keeping campaigns going: tops up the outbox while they run, clears it when they stop, and follows what becomes of each
message. The clock calls the sweeps; everything here can be called at any time, any number of times."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import canary, checks, failover, guarding, lifecycle, scheduled, sharing, whose_turn, wording
from campaigns.leaving_out import leave_out_all
from campaigns.models import Campaign, Recipient
from campaigns.wording import Wording
from contacts.giving_way import GivingWay
from contacts.refusal import Refused
from messaging import tally
from messaging.clock import enqueue_once
from messaging.lease import Singleton
from messaging.limits import HELD_BACK
from messaging.models import Line, Message
from messaging.outbox.carrying import Carrier
from messaging.outbox.queueing import queue_many, withdraw_batch
from messaging.outbox.writing import execute_on_rows
from messaging.parts import count_parts
from messaging.providers import PROVIDERS
from messaging.providers.errors import Reason
from messaging.signals import Change

S = Campaign.State
R = Recipient.State

BUFFER = 2000  # messages ahead on an unpaced line that takes one per call
AHEAD = 30.0  # seconds of work ahead on a paced line
CHUNK = 1000  # recipients written per transaction
HELD = 20_000  # messages that may wait for their person's hours while others are written
JUDGED = 3.0  # seconds between two looks at how a campaign does that wants no more messages yet
STUCK = timedelta(seconds=30)  # after which an interrupted preparation is started again

_LINK = """
    UPDATE campaigns_recipient SET message_id = CAST({1} AS bigint), state = 'queued'
    FROM {rows} WHERE campaigns_recipient.id = CAST({0} AS bigint) AND campaigns_recipient.state = 'planned'
"""


def sweep() -> None:
    """Look after every campaign that is not at rest. Quick: the work itself goes to tasks."""
    now = timezone.now()
    scheduled.sweep()
    for campaign in Campaign.objects.filter(state=S.PREPARING, events__at__lt=now - STUCK).distinct():
        enqueue_once(f"prepare:{campaign.pk}", lifecycle.prepare, campaign.pk, seconds=30)
    ours = Campaign.objects.filter(mode=Campaign.Mode.CARILLON)
    for campaign in ours.filter(state__in=[S.RUNNING, S.BLOCKED, S.STOPPING]):
        is_urgent = campaign.state != S.RUNNING or _is_low(campaign)
        enqueue_once(f"run:{campaign.pk}", run, campaign.pk, seconds=1 if is_urgent else JUDGED)


def sweep_ended() -> None:
    """Take out of the outbox what came back to it while its campaign ended: nobody would ever send it."""
    queued = Message.objects.filter(batch=OuterRef("batch"), status=Message.Status.QUEUED)
    for campaign_id in Campaign.objects.filter(Exists(queued), state=S.CANCELLED).values_list("id", flat=True):
        enqueue_once(f"clear:{campaign_id}", clear, campaign_id, seconds=10)


def clear(campaign_id: int) -> None:
    """Do that for one campaign (a task; safe to run twice)."""
    _withdraw(Campaign.objects.get(pk=campaign_id, state=S.CANCELLED))


def run(campaign_id: int) -> None:
    """Bring a campaign on: fill the outbox, clear it, block, unblock, finish. One copy at a time per campaign."""
    turn = Singleton(f"run:{campaign_id}", seconds=60)
    if not turn.acquire():
        return
    try:
        campaign = Campaign.objects.get(pk=campaign_id)
        if campaign.is_gateway_run:
            return
        if campaign.state == S.STOPPING:
            _clear(campaign)
        elif campaign.state in (S.RUNNING, S.BLOCKED):
            _bring_on(campaign)
    finally:
        turn.release()


def follow(changes: Sequence[Change], **_kwargs: Any) -> None:
    """Recipients move with their messages, in the same transaction (listens to `message_changed`)."""
    by_batch: dict[int, list[Change]] = {}
    for change in changes:
        if change.batch_id:
            by_batch.setdefault(change.batch_id, []).append(change)
    if not by_batch:
        return
    for campaign_id, state, batch_id in Campaign.objects.filter(batch__in=by_batch).values_list(
        "id", "state", "batch_id"
    ):
        _follow(Campaign(pk=campaign_id, state=state), by_batch[batch_id])


def _follow(campaign: Campaign, changes: Sequence[Change]) -> None:
    deltas: Counter[tuple[str, str]] = Counter()
    last: dict[int, tuple[str, str, bool]] = {}  # of several moves of one message the last one counts
    for change in changes:
        after = state_of(change.after)
        if change.replaces:
            if campaign.state in (S.STOPPING, S.CANCELLED):  # its outbox is held for good: nobody would ever get it
                raise Refused(_("The campaign has been ended; nothing of it is handed over any more."))
            old = Recipient.objects.filter(message_id=change.replaces).values_list("id", "state").first()
            if old is None:
                continue
            Recipient.objects.filter(pk=old[0]).update(
                message_id=change.message_id, state=after, reason="", goes_on=False
            )
            before = old[1]
        else:
            before = state_of(change.before)
            last[change.message_id] = (after, change.reason, failover.goes_on(change))
        deltas[campaign.tally_scope, before] -= 1
        deltas[campaign.tally_scope, after] += 1
    moves: dict[tuple[str, str, bool], list[int]] = {}
    for message_id, move in last.items():
        moves.setdefault(move, []).append(message_id)
    for (after, reason, goes_on), ids in moves.items():
        Recipient.objects.filter(message_id__in=ids).update(state=after, reason=reason, goes_on=goes_on)
    tally.add(deltas)
    if campaign.state == S.FINISHED and any(state_of(change.after) == R.QUEUED for change in changes):
        lifecycle.transition(campaign, S.RUNNING, note="a message is sent again")


def state_of(status: str) -> str:
    """A recipient's state for a message's status: whether a queued message is just being sent is of no interest there."""
    return R.QUEUED if status == Message.Status.SENDING else status


def _is_low(campaign: Campaign) -> bool:
    """Whether the outbox wants more, or nothing is left to wait for."""
    queued = Message.objects.filter(batch=campaign.batch, status=Message.Status.QUEUED).exclude(reason__in=HELD_BACK)
    lines = campaign.lines.select_related("account")
    low = sum(_target(line) for line in lines if checks.is_usable(line)) // 2
    return len(queued.values_list("id", flat=True)[: low + 1]) <= low


def _bring_on(campaign: Campaign) -> None:
    if checks.is_late(campaign):
        _try(campaign, S.PAUSED, reason=Reason.PAST_DEADLINE)
        return
    ways = failover.ways(campaign)
    _fail_over(campaign, ways)
    if not ways.lines and _has_open(campaign):
        if campaign.state == S.RUNNING:
            _try(campaign, S.BLOCKED, reason=Reason.NO_LINE)
        return
    by_sms = Reason.BY_SMS if ways.is_by_sms else ""
    if campaign.state == S.BLOCKED:
        _try(campaign, S.RUNNING, reason=by_sms)
    elif campaign.reason != by_sms:
        Campaign.objects.filter(pk=campaign.pk, state=S.RUNNING).update(reason=by_sms)
    if _has_open(campaign) and (reason := guarding.trouble(campaign)):
        _try(campaign, S.PAUSED, reason=reason)
        return
    canary.look(campaign)
    give_way = GivingWay()
    while top_up(campaign, ways.lines) == CHUNK:
        give_way()
    if not _has_open(campaign) and not _awaits_news(campaign) and not failover.has_people_left(campaign):
        _try(campaign, S.FINISHED)


def _fail_over(campaign: Campaign, ways: failover.Ways) -> None:
    """Find other ways for those who were turned away, and for those who wait on lines that cannot send."""
    is_busy, give_way = ways.has_stuck_lines or failover.has_people_left(campaign), GivingWay()
    while is_busy:
        with transaction.atomic():
            locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
            if locked.state not in (S.RUNNING, S.BLOCKED):
                return
            looked_at = failover.try_other_ways(locked, ways)
            moved = 0
            if ways.has_stuck_lines:
                moved = failover.leave_lines(locked, ways, _room(locked, [*ways.well, *ways.well_sms]))
        is_busy = bool(looked_at or moved)
        give_way()


def top_up(campaign: Campaign, lines: Sequence[Line]) -> int:
    """Write the next messages for the lines that run low. Returns how many people were taken (at most CHUNK)."""
    with transaction.atomic():
        locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
        if locked.state != S.RUNNING:
            return 0
        room = _room(locked, lines)
        people = whose_turn.next_people(locked, min(CHUNK, sum(room.values())))
        if people:
            _write(locked, people, sharing.share(people, room, sharing.last_lines(people, lines)))
        return len(people)


def _room(campaign: Campaign, lines: Sequence[Line]) -> Mapping[Line, int]:
    """How many messages may be written now for each line."""
    is_held = Q(reason__in=HELD_BACK)
    counts = Message.objects.filter(batch=campaign.batch, status=Message.Status.QUEUED).values_list("line_id")
    queued = {
        row[0]: row[1:] for row in counts.annotate(ready=Count("id", filter=~is_held), held=Count("id", filter=is_held))
    }
    room = {}
    for line in lines:
        ready, held = queued.get(line.pk, (0, 0))
        room[line] = min(CHUNK, max(0, _target(line) - ready)) if held < HELD else 0
    return room


def _target(line: Line) -> int:
    """How many messages a line should have ahead of it."""
    pace = line.gap_seconds
    if pace <= 0:
        return BUFFER * min(10, PROVIDERS[line.account.provider].capabilities.batch_size)
    return max(3, min(BUFFER, math.ceil(AHEAD / pace)))


def _write(campaign: Campaign, people: Sequence[Recipient], plan: Sequence[Line]) -> None:
    messages, linked, failed = [], [], Counter[str]()
    words, carrier = wording.running(campaign), Carrier()
    for person, line in zip(people, plan, strict=True):
        reason, text, beside = _content_for(words, carrier, person, line)
        if reason:
            failed[reason] += 1
            Recipient.objects.filter(pk=person.pk).update(state=R.FAILED, reason=reason)
            continue
        linked.append(person)
        messages.append(
            Message(
                account_id=line.account_id,
                line=line,
                channel=line.channel,
                phone=person.phone,
                phone_key=person.phone_key,
                contact_id=person.contact_id,
                body=text,
                attachment=beside,
                parts=count_parts(text) if line.channel == "sms" else 1,
                batch_id=campaign.batch_id,
                priority=Message.Priority.CAMPAIGN,
                send_before=campaign.send_before,
            )
        )
    created = queue_many(messages)
    execute_on_rows(_LINK, [], [(person.pk, message.pk) for person, message in zip(linked, created, strict=True)])
    scope = campaign.tally_scope
    tally.add({(scope, "planned"): -len(people), (scope, "queued"): len(created), (scope, "failed"): failed.total()})


def _content_for(
    words: Wording, carrier: Carrier, person: Recipient, line: Line
) -> tuple[str, str, dict[str, Any] | None]:
    """(reason, "", None) when nothing can be sent, else ("", text, what lies beside it). Over another channel than its own a
    campaign's file goes where the gateway takes it, and the text goes without it where not."""
    if person.contact is None:
        return Reason.CONTACT_DELETED, "", None
    text, beside = words.sent_to(person, person.contact), words.campaign.attachment
    if line.channel != words.campaign.channel and not carrier.takes(line, beside, body=text):
        beside = None
    if not text and not beside:
        return Reason.NO_TEXT, "", None
    limit = PROVIDERS[line.account.provider].capabilities.text_limit
    return (Reason.TEXT_TOO_LONG, "", None) if limit and len(text) > limit else ("", text, beside)


def _clear(campaign: Campaign) -> None:
    """Take everything that was not sent out of the outbox; the campaign ends when the last call under way is over, and when
    it is known what became of the calls before it."""
    leave_out_all(campaign, state=R.CANCELLED, reason=Reason.CANCELLED)
    _withdraw(campaign)
    if not _has_open(campaign) and not _awaits_news(campaign):
        _try(campaign, S.CANCELLED)


def _withdraw(campaign: Campaign) -> None:
    if campaign.batch:
        withdraw_batch(campaign.batch)


def _has_open(campaign: Campaign) -> bool:
    """Whether anybody is still to be messaged. `finished` is this fact, never a flag."""
    if Recipient.objects.filter(campaign=campaign, state__is=R.PLANNED).exists():
        return True
    return _messages(campaign, Q(status__in=[Message.Status.QUEUED, Message.Status.SENDING]))


def _awaits_news(campaign: Campaign) -> bool:
    """Whether an unknown outcome is still being looked into (it may yet go back to the queue)."""
    return _messages(campaign, Q(status=Message.Status.UNKNOWN, ask_at__isnull=False))


def _messages(campaign: Campaign, condition: Q) -> bool:
    return campaign.batch_id is not None and Message.objects.filter(condition, batch_id=campaign.batch_id).exists()


def _try(campaign: Campaign, to: str, *, reason: str = "") -> None:
    """A move the program makes by itself: a person who was quicker wins."""
    try:
        lifecycle.transition(campaign, to, reason=reason)
    except Refused:
        campaign.refresh_from_db()
