"""When a campaign begins and ends: per line and in all, and how much earlier it would with more lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from campaigns import checks, local_clock, local_time
from campaigns.costs import split
from campaigns.estimate import LinePlan, finish_at, opens, sent_until
from campaigns.models import Campaign
from campaigns.waiting import is_unlimited, plan_of
from contacts.zones import zones_of_country
from messaging import limits
from messaging.models import Account, Line

MORE = 2  # lines that are tried beside those that are chosen
WORTH = timedelta(minutes=30)  # what more lines have to save before a word is made of it


@dataclass(frozen=True, kw_only=True)
class LineTime:
    """One line's part. start: its first moment; end: its last one; both None where nothing but the gateway limits it."""

    line: Line
    people: int
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, kw_only=True)
class Faster:
    """What more lines would bring. names: of those that are free; empty where there are none, so others like these."""

    more: int
    end: datetime
    names: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Times:
    """end: None where nobody can say. is_unpaced: a line has no limit but its gateway's. waits: whether the first message
    leaves later than the start, because every line is closed then. never: the hours of the lines never open. late: people who
    would not get it before `Campaign.send_before`."""

    starts_at: datetime
    first_at: datetime | None = None
    end: datetime | None = None
    lines: list[LineTime] = field(default_factory=list)
    faster: Faster | None = None
    is_unpaced: bool = False
    never: bool = False
    late: int = 0

    @property
    def waits(self) -> bool:
        return self.first_at is not None and self.first_at - self.starts_at > timedelta(minutes=1)

    @property
    def takes(self) -> timedelta | None:
        return self.end - self.starts_at if self.end else None


def times(
    campaign: Campaign,
    lines: Sequence[Line],
    *,
    people: int,
    parts: int = 1,
    countries: Mapping[str, int] | None = None,
) -> Times:
    """For so many people over the lines (with their accounts) that can send now. parts: of a text, where it is an SMS."""
    starts = max(timezone.now(), campaign.start_at or timezone.now())
    usable = [line for line in lines if checks.is_usable(line)]
    if not usable or not people:
        return Times(starts_at=starts)
    if campaign.is_gateway_run:
        shares = zip(usable, split(people, [1.0] * len(usable)), strict=True)
        rows = [LineTime(line=line, people=count, start=None, end=None) for line, count in shares]
        return Times(starts_at=starts, lines=rows, is_unpaced=True)
    plans = [plan_of(line, now=starts, parts=parts) for line in usable]
    firsts = [opens(plan, now=starts) for plan in plans]
    first_at = min((first for first in firsts if first), default=None)
    if any(is_unlimited(line) for line in usable):
        rows = [
            LineTime(line=line, people=count, start=first, end=None)
            for line, count, first in zip(usable, split(people, [1.0] * len(usable)), firsts, strict=True)
        ]
        return Times(starts_at=starts, first_at=first_at, lines=rows, is_unpaced=True, never=first_at is None)
    end = finish_at(people, plans, now=starts)
    turn = _last_turn(campaign, countries or {}, starts)
    return Times(
        starts_at=starts,
        first_at=first_at,
        end=max(end, turn) if end and turn else end,
        lines=_lines(usable, plans, firsts, people, starts, end),
        faster=_faster(usable, plans, people, starts, end) if end and not turn else None,
        never=end is None,
        late=_late(campaign, plans, people, starts, end),
    )


def _lines(
    lines: Sequence[Line],
    plans: Sequence[LinePlan],
    firsts: Sequence[datetime | None],
    people: int,
    now: datetime,
    end: datetime | None,
) -> list[LineTime]:
    """Each line's share of the people, by what it can send until the end."""
    shares = split(people, [sent_until(plan, end, now=now) if end else 0.0 for plan in plans])
    return [
        LineTime(line=line, people=count, start=first, end=_end(plan, count, now) if count else None)
        for line, plan, first, count in zip(lines, plans, firsts, shares, strict=True)
    ]


def _late(campaign: Campaign, plans: Sequence[LinePlan], people: int, now: datetime, end: datetime | None) -> int:
    """How many are still to be written to at the last moment."""
    limit = campaign.send_before
    if limit is None or end is None or end <= limit:
        return 0
    return max(1, people - int(sum(sent_until(plan, limit, now=now) for plan in plans)))


def _end(plan: LinePlan, count: int, now: datetime) -> datetime | None:
    return finish_at(count, [plan], now=now)


def _faster(
    lines: Sequence[Line], plans: Sequence[LinePlan], people: int, now: datetime, end: datetime
) -> Faster | None:
    """Lines that could help too; where there are none, as many more like the first."""
    spare = [line for line in _spare(lines) if not is_unlimited(line)]
    extra = [plan_of(line, now=now, parts=plans[0].parts) for line in spare] or [plans[0]] * MORE
    sooner = finish_at(people, [*plans, *extra], now=now)
    if sooner is None or end - sooner < WORTH:
        return None
    return Faster(more=len(extra), end=sooner, names=[line.label for line in spare])


def _spare(lines: Sequence[Line]) -> list[Line]:
    """Lines of the same channel that could send now and are not chosen."""
    others = Line.objects.filter(
        channel=lines[0].channel, state=Line.State.READY, account__state=Account.State.READY
    ).exclude(pk__in=[line.pk for line in lines])
    return list(others.select_related("account").order_by("account__name", "id")[:MORE])


def _last_turn(campaign: Campaign, countries: Mapping[str, int], starts: datetime) -> datetime | None:
    """By each person's clock: when it is the time of the last of them."""
    if not local_time.is_local(campaign) or campaign.local_date is None or campaign.local_time is None:
        return None
    day, at, patience = campaign.local_date, campaign.local_time, local_time.patience()
    return max(
        (
            local_clock.due_from(day, at, zones, started=starts, patience=patience)
            for zones in map(zones_of_country, countries)
            if zones
        ),
        default=None,
    )


def caps_of(line: Line, *, now: datetime) -> int | None:
    """Messages a day that a line's cap and its warm-up allow now; None: no limit."""
    known = [cap for cap in (line.per_day, limits.warm_up_limit(line, now=now)) if cap is not None]
    return min(known, default=None)
