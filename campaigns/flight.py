"""The flight plan: everything that is known about a campaign before it starts. Who gets it, what they read, when, at what
cost, and what may go wrong. It only looks; `approval` and `lifecycle` decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from math import ceil
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from campaigns import (
    approval,
    checks,
    costs,
    falling,
    flight_counts,
    flight_facts,
    flight_samples,
    flight_times,
    quotas,
    risks,
)
from campaigns.approval import Approval
from campaigns.audience import Waterfall
from campaigns.costs import Cost, Share
from campaigns.falling import Fall
from campaigns.flight_counts import Counted
from campaigns.flight_samples import Sample
from campaigns.flight_times import Times
from campaigns.lines import ListedLine, listed
from campaigns.models import Campaign, FlightPlan
from campaigns.quotas import Quota
from campaigns.risks import Risk
from contacts.models import Channel
from contacts.refusal import Refused
from messaging import rates
from messaging.models import Line


@dataclass(frozen=True, kw_only=True)
class Missing:
    """So many people have nothing for a merge field that has no fallback."""

    field: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Flight:
    """counted: None while a big audience is being counted, or where nobody can be. refused: the first thing that keeps it
    from starting."""

    counted: Counted | None
    is_counting: bool
    fall: Fall | None
    times: Times
    cost: Cost
    quotas: list[Quota]
    risks: list[Risk]
    samples: list[Sample]
    lines: list[ListedLine]
    approval: Approval
    refused: Refused | None
    is_sms: bool

    @property
    def people(self) -> int:
        return self.counted.people if self.counted else 0

    @property
    def waterfall(self) -> Waterfall:
        return self.counted.waterfall if self.counted else Waterfall(selected=0)

    @property
    def unselected(self) -> int:
        return self.counted.unselected if self.counted else 0

    @property
    def in_groups(self) -> int:
        return self.counted.in_groups if self.counted else 0

    @property
    def chosen(self) -> int:
        """Everybody as often as they were chosen."""
        return self.waterfall.rows + self.unselected

    @property
    def missing(self) -> list[Missing]:
        found = self.counted.missing if self.counted else {}
        return [Missing(field=field, count=count) for field, count in found.items()]

    @property
    def duration(self) -> timedelta | None:
        return self.times.takes

    @property
    def has_usable_line(self) -> bool:
        return any(each.is_usable for each in self.lines)

    @property
    def may_start(self) -> bool:
        """Whether nothing that is known keeps it from starting: neither a mistake nor a yes that is lacking."""
        return self.refused is None and (not self.approval.is_needed or self.approval.state == approval.APPROVED)

    @property
    def likely_parts(self) -> int:
        """SMS parts of all texts together, by those that were looked at."""
        return ceil(self.people * self.counted.sampled.likely) if self.counted else 0

    @property
    def most_parts(self) -> int:
        """SMS parts of the longest text that was seen."""
        return self.counted.sampled.most if self.counted else 0

    @property
    def worst_parts(self) -> int:
        """All parts together if every text were as long."""
        return self.people * self.most_parts


def flight(campaign: Campaign) -> Flight:
    """Look at everything. Big audiences are counted apart, so this never takes long."""
    lines = list(campaign.lines.select_related("account").order_by("account__name", "id"))
    refused, found = _counted(campaign)
    is_sms = campaign.channel == Channel.SMS
    people, parts = (found.people, _parts(found, is_sms=is_sms)) if found else (0, (Fraction(1), 1))
    countries = found.countries if found else {}
    times = flight_times.times(campaign, lines, people=people, parts=ceil(parts[0]), countries=countries)
    cost = _cost(times, lines, countries, parts)
    shares = [(row.line.account, row.people) for row in times.lines]
    left = quotas.quotas(shares, channel=campaign.channel)
    facts = flight_facts.facts(campaign, lines, counted=found, times=times, cost=cost, quotas=left)
    return Flight(
        counted=found,
        is_counting=found is None and refused is None,
        fall=falling.fall(campaign, found.waterfall) if found else None,
        times=times,
        cost=cost,
        quotas=left,
        risks=risks.risks(facts) if found else [],
        samples=flight_samples.shown(campaign, found.sampled) if found else [],
        lines=listed(lines),
        approval=approval.standing(campaign, people=found.people if found else None),
        refused=refused,
        is_sms=is_sms,
    )


def ask(campaign: Campaign, *, user: User) -> FlightPlan:
    """Ask for somebody's yes to the plan as it is now. Refused while it could not start anyway, or is being counted."""
    found = _ready(campaign)
    return approval.ask(campaign, people=found.people, numbers=numbers_of(found), user=user)


def decide(campaign: Campaign, *, plan_id: int, is_yes: bool, note: str, user: User) -> FlightPlan:
    """Somebody's yes or no to a plan they have seen. Refused where it is not that plan any more (`approval`)."""
    if not is_yes:
        return approval.refuse(campaign, plan_id=plan_id, note=note, user=user)
    return approval.approve(campaign, plan_id=plan_id, people=_ready(campaign).people, note=note, user=user)


def _ready(campaign: Campaign) -> Flight:
    found = flight(campaign)
    if found.refused:
        raise found.refused
    if found.counted is None:
        raise Refused(_("The people are still being counted. Try again in a moment."))
    return found


def numbers_of(found: Flight) -> dict[str, Any]:
    """What is written down of it, and what other systems read. Money is text; times are ISO."""
    counted = found.counted
    return {
        "people": found.people,
        "counted_at": counted.at.isoformat() if counted else None,
        "selected": found.waterfall.selected,
        "left_out": {str(step.key): step.count for step in found.fall.steps} if found.fall else {},
        "countries": dict(counted.countries) if counted else {},
        "parts": {"likely": found.likely_parts, "most": found.worst_parts} if found.is_sms else None,
        "cost": [
            {"currency": each.currency, "likely": str(each.likely), "most": str(each.most)}
            for each in found.cost.amounts
        ],
        "unknown_cost": found.cost.unknown,
        "starts_at": found.times.starts_at.isoformat(),
        "ends_at": found.times.end.isoformat() if found.times.end else None,
        "risks": [{"key": risk.key, "tone": risk.tone, "title": risk.title, "text": risk.text} for risk in found.risks],
    }


def _counted(campaign: Campaign) -> tuple[Refused | None, Counted | None]:
    """What keeps it from starting, and the numbers as far as they are known."""
    refused = _refusal(campaign)
    try:
        found = flight_counts.counted(campaign)
        if refused is None and found:
            checks.somebody_gets_it(found.people)
    except Refused as problem:
        return refused or problem, None
    return refused, found


def _refusal(campaign: Campaign) -> Refused | None:
    try:
        checks.well_made(campaign)
    except Refused as refused:
        return refused
    return None


def _parts(found: Counted, *, is_sms: bool) -> tuple[Fraction, int]:
    """(on average, at most), of a text; messages of WhatsApp have none."""
    return (found.sampled.likely, found.sampled.most) if is_sms else (Fraction(1), 1)


def _cost(times: Times, lines: Sequence[Line], countries: Mapping[str, int], parts: tuple[Fraction, int]) -> Cost:
    book = rates.price_book(lines)
    shares = [  # ignored: a default that binds the loop's value is nothing that mypy can type
        Share(people=row.people, price=lambda country, line=row.line: book.price(line, country))  # type: ignore[misc]
        for row in times.lines
    ]
    return costs.cost(countries, shares, likely=parts[0], most=parts[1])
