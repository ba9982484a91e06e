"""When it ends: never earlier for more messages or narrower limits, and right where it can be worked out by hand."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaigns.estimate import LinePlan, finish_at
from messaging.limits import Rung
from messaging.when import Hours, Window

NOW = datetime(2026, 9, 9, 8, tzinfo=UTC)  # a Wednesday
FAR = datetime(2999, 1, 1, tzinfo=UTC)
EVERY_DAY = frozenset(range(7))
OFFICE = Hours([Window(frozenset(range(5)), time(9), time(18))])

caps = st.none() | st.integers(1, 500)
hours = st.none() | st.builds(
    lambda days, start, length: Hours([Window(days, time(start), time((start + length) % 24))]),
    st.frozensets(st.integers(0, 6), min_size=1), st.integers(0, 23), st.integers(1, 23),
)  # fmt: skip
plans = st.builds(
    LinePlan,
    free_at=st.integers(0, 100_000).map(lambda seconds: NOW + timedelta(seconds=seconds)),
    gap=st.floats(0.5, 60),
    per_minute=caps,
    per_hour=caps,
    per_day=caps,
    rungs=st.sampled_from([(), (Rung(0, 20), Rung(4, 50), Rung(8, None))]),
    age=st.integers(0, 10),
    parts=st.integers(1, 4),
    hours=hours,
    zone=st.sampled_from([ZoneInfo("UTC"), ZoneInfo("Europe/Madrid"), ZoneInfo("America/New_York")]),
)
counts = st.integers(1, 20_000)


def ends(count: int, lines: list[LinePlan]) -> datetime:
    return finish_at(count, lines, now=NOW) or FAR


@given(counts, counts, st.lists(plans, min_size=1, max_size=3))
@settings(deadline=None, max_examples=60)
def test_more_messages_never_end_earlier(one: int, other: int, lines: list[LinePlan]) -> None:
    assert ends(min(one, other), lines) <= ends(max(one, other), lines)


@given(counts, plans, st.floats(0, 30), st.integers(0, 5))
@settings(deadline=None, max_examples=60)
def test_a_slower_pace_never_ends_earlier(count: int, plan: LinePlan, more: float, parts: int) -> None:
    slower = replace(plan, gap=plan.gap + more, parts=plan.parts + parts)
    assert ends(count, [plan]) <= ends(count, [slower])


@given(counts, plans, caps, caps, caps)
@example(90, LinePlan(free_at=NOW, gap=1.1), 55, None, None)  # 90 gaps in floats are a hair more than 99 seconds
@settings(deadline=None, max_examples=60)
def test_a_further_limit_never_ends_earlier(
    count: int, plan: LinePlan, minute: int | None, hour: int | None, day: int | None
) -> None:
    free = replace(plan, per_minute=None, per_hour=None, per_day=None, hours=None, rungs=())
    limited = replace(free, per_minute=minute, per_hour=hour, per_day=day)
    assert ends(count, [free]) <= ends(count, [limited])
    assert ends(count, [limited]) <= ends(count, [replace(limited, hours=plan.hours, rungs=plan.rungs)])


@given(counts, st.lists(plans, min_size=2, max_size=3))
@settings(deadline=None, max_examples=60)
def test_one_line_less_never_ends_earlier(count: int, lines: list[LinePlan]) -> None:
    assert ends(count, lines) <= ends(count, lines[1:])


@given(counts, plans)
@settings(deadline=None, max_examples=60)
def test_it_ends_in_the_future(count: int, plan: LinePlan) -> None:
    assert ends(count, [plan]) >= plan.free_at


def test_a_gap_takes_its_time() -> None:
    assert ends(600, [LinePlan(free_at=NOW, gap=6)]) == NOW + timedelta(hours=1)


def test_two_lines_share() -> None:
    assert ends(600, [LinePlan(free_at=NOW, gap=6), LinePlan(free_at=NOW, gap=6)]) == NOW + timedelta(minutes=30)


def test_an_hours_cap_lets_the_rest_wait() -> None:
    plan = LinePlan(free_at=NOW, gap=6, per_hour=200)
    assert ends(200, [plan]) == NOW + timedelta(minutes=20)
    assert ends(201, [plan]) == NOW + timedelta(hours=1, seconds=6)


def test_a_days_cap_in_parts() -> None:
    plan = LinePlan(free_at=NOW, gap=1, per_day=300, parts=3)
    assert ends(101, [plan]) == NOW + timedelta(days=1, seconds=1)


def test_it_waits_for_the_morning_and_over_the_weekend() -> None:
    plan = LinePlan(free_at=NOW, gap=36, hours=OFFICE)  # 100 an hour, 900 a day, three days until the weekend
    assert ends(100, [plan]) == datetime(2026, 9, 9, 10, tzinfo=UTC)
    assert ends(2701, [plan]) == datetime(2026, 9, 14, 9, 0, 36, tzinfo=UTC)


def test_a_warm_up_speeds_up() -> None:
    plan = LinePlan(free_at=NOW, gap=1, rungs=[Rung(0, 20), Rung(2, 100)])
    assert ends(140, [plan]) == NOW + timedelta(days=2, seconds=100)


def test_what_takes_years_still_has_an_end() -> None:
    assert ends(20 * 365, [LinePlan(free_at=NOW, gap=1, per_day=20)]) == NOW + timedelta(days=365)


def test_nobody_can_say_without_a_line() -> None:
    assert finish_at(10, [], now=NOW) is None
