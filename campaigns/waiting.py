"""Why a campaign stands still and until when, and when its last message leaves."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from campaigns import canary, checks, local_time
from campaigns.estimate import LinePlan, finish_at
from campaigns.models import Campaign
from messaging import limits
from messaging.models import Line, Message
from messaging.outbox import holding
from messaging.parts import count_parts
from messaging.providers.errors import Reason

S = Campaign.State
CANARY, LOCAL_TIME = "canary", "local_time"  # words for what it waits for, besides reasons
SOON = timedelta(seconds=2)  # a wait shorter than this is not worth a word


def waiting(campaign: Campaign, lines: Sequence[Line]) -> tuple[str, datetime | None]:
    """Why nothing moves: a word (a state, a reason code, or what every line or message waits for) and until when."""
    if campaign.state == S.PAUSED and campaign.reason:  # it paused itself
        return campaign.reason, None
    if campaign.state in (S.PAUSED, S.SCHEDULED):
        return campaign.state, campaign.start_at if campaign.state == S.SCHEDULED else None
    if campaign.state == S.BLOCKED:
        return campaign.reason or Reason.NO_LINE, None
    if campaign.state != S.RUNNING or campaign.is_gateway_run:
        return "", None
    now = timezone.now()
    usable = [line for line in lines if checks.is_usable(line)]
    if not usable:
        return Reason.NO_LINE, None
    if held_up := _between_turns(campaign, now):
        return held_up
    soonest = min(usable, key=lambda line: line.next_free_at)
    if soonest.next_free_at > now + SOON:
        return soonest.waits_for, soonest.next_free_at
    held = _held(campaign, now) if any(holding.may_hold(line) for line in usable) else ("", None)
    return held if held[0] else (campaign.reason, None)


def _between_turns(campaign: Campaign, now: datetime) -> tuple[str, datetime | None] | None:
    """CANARY while it looks at what came of the first ones, LOCAL_TIME while it is nobody's time; None when it is somebody's."""
    if not campaign.canary_size and not local_time.is_local(campaign):
        return None
    queued = Message.objects.filter(batch=campaign.batch, status__is=Message.Status.QUEUED)
    if campaign.batch is None or queued.exists():
        return None
    if until := canary.waits_until(campaign):
        return CANARY, until
    turn = local_time.next_one(campaign)
    return (LOCAL_TIME, turn[0]) if turn and turn[0] > now else None


def eta(campaign: Campaign, lines: Sequence[Line], *, count: int, rate: float) -> datetime | None:
    """When the last of so many messages leaves, by gaps, caps, warm-ups and opening hours; None when nobody can say.

    rate: messages a minute so far, for lines that only their gateway limits. Hours by the person's clock are taken as the
    line's. Other campaigns on the same lines are not looked at.
    """
    usable = [line for line in lines if checks.is_usable(line)]
    if campaign.state != S.RUNNING or not count or not usable or campaign.is_gateway_run:
        return None
    unlimited = sum(is_unlimited(line) for line in usable)
    if unlimited and not rate:
        return None
    usual_gap = 60 * unlimited / rate if rate else 0.0
    now, parts = timezone.now(), count_parts(campaign.body)
    ends = finish_at(count, [plan_of(line, now=now, parts=parts, usual_gap=usual_gap) for line in usable], now=now)
    turns = [moment for moment in (local_time.last_due(campaign), canary.waits_until(campaign)) if moment]
    return max([ends, *turns]) if ends else None


def plan_of(line: Line, *, now: datetime, parts: int = 1, usual_gap: float = 0.0) -> LinePlan:
    """What limits a line. parts: of each message, where it is an SMS. usual_gap: for a line without limits, in seconds."""
    is_closed = line.waits_for == "window"  # the hours themselves say so better
    return LinePlan(
        free_at=now if is_closed else max(now, line.next_free_at),
        gap=usual_gap if is_unlimited(line) else line.gap_seconds,
        per_minute=line.per_minute,
        per_hour=line.per_hour,
        per_day=line.per_day,
        rungs=limits.rungs_of(line),
        age=limits.age_of(line, now=now),
        parts=parts if line.channel == "sms" else 1,
        hours=limits.hours_of(line),
        zone=limits.zone_of(line),
    )


def is_unlimited(line: Line) -> bool:
    """Whether only the gateway limits how fast a line sends."""
    return not line.gap_seconds and (line.per_minute or line.per_hour or line.per_day) is None and not line.warm_up


def _held(campaign: Campaign, now: datetime) -> tuple[str, datetime | None]:
    """What the next message waits for when all of them wait for their person's time."""
    queued = Message.objects.filter(batch=campaign.batch, status__is=Message.Status.QUEUED)
    if campaign.batch is None or queued.filter(next_attempt_at__lte=now + SOON).exists():
        return "", None
    held = queued.filter(reason__in=limits.HELD_BACK).order_by("next_attempt_at")
    return held.values_list("reason", "next_attempt_at").first() or ("", None)
