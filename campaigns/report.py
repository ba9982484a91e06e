"""A campaign's report: the funnel from kept counters; timeline and parts from counted numbers that are kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns import again, breakdown, counting, cuts, funnel, replies, timeline
from campaigns.breakdown import ReasonCount
from campaigns.cuts import Part
from campaigns.funnel import Numbers, Step
from campaigns.models import Campaign
from campaigns.replies import Answers
from campaigns.timeline import Timeline


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why so many people are in a state. may_retry: a new message may be sent to them by a person's word."""

    counted: ReasonCount
    share: float | None
    may_retry: bool


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What has to be counted. at: when that was, the older of the two; is_coming: it is being counted now. None: not yet."""

    timeline: Timeline | None
    parts: dict[str, list[Part]] | None
    at: datetime | None
    is_coming: bool


@dataclass(frozen=True, kw_only=True)
class Report:
    numbers: Numbers
    steps: list[Step]
    reasons: list[Reason]
    answers: Answers


def report(campaign: Campaign) -> Report:
    """What needs no counting of people, but that of reasons, which is kept (campaigns.breakdown)."""
    found = funnel.numbers(campaign)
    counted = breakdown.reasons(campaign)
    may_retry = {choice.reason for choice in again.choices(campaign, counted)}
    reasons = [
        Reason(
            counted=each,
            share=100 * each.count / found.selected if found.selected else None,
            may_retry=each.state == "failed" and each.reason in may_retry,
        )
        for each in counted
    ]
    return Report(numbers=found, steps=funnel.steps(found), reasons=reasons, answers=replies.answers(campaign))


def counts(campaign: Campaign) -> Counts:
    """Timeline and parts, as far as they are counted; what is missing is asked for."""
    when, by = counting.counted(campaign, "timeline"), counting.counted(campaign, "cuts")
    known = [each.at for each in (when, by) if each.at]
    return Counts(
        timeline=timeline.fold(when.numbers) if when.numbers is not None else None,
        parts=cuts.parts(campaign, by.numbers) if by.numbers is not None else None,
        at=min(known, default=None),
        is_coming=when.is_coming or by.is_coming,
    )


def numbers_out(found: Numbers) -> dict[str, Any]:
    """For the API: every number, and the rates with what they are a share of."""
    keys = list(funnel.LABELS)
    return {
        "numbers": {key: found.of(key) for key in keys},
        "rates": {
            key: {"percent": None if (rate := found.rate(key)) is None else round(rate, 2), "of": funnel.WHOLES[key]}
            for key in keys
        },
    }
