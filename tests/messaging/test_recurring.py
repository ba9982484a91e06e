"""The arithmetic of reminders: whatever the plan, it fires on the right days, by the wall clock, in order."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.automation.dates import due_between, read_date
from messaging.automation.recurring import Plan, Repeat, fires, moment_of, next_fire

MADRID, MEXICO, JAKARTA = (ZoneInfo(name) for name in ("Europe/Madrid", "America/Mexico_City", "Asia/Jakarta"))
CALENDAR = [repeat for repeat in Repeat if repeat != Repeat.FIELD]
ZONES = [
    "Europe/Madrid",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Jakarta",
    "Pacific/Apia",
    "Africa/Casablanca",
]

calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no failure

days = st.dates(date(2000, 1, 1), date(2080, 12, 31))
moments = st.datetimes(datetime(2000, 1, 1), datetime(2081, 1, 1), timezones=st.just(UTC))
plans = st.builds(
    Plan, repeat=st.sampled_from(CALENDAR), start=days, at=st.times().map(lambda t: t.replace(microsecond=0)),
    zone=st.sampled_from(ZONES).map(ZoneInfo), end=st.none() | days, every=st.integers(1, 40),
    weekdays=st.frozensets(st.integers(0, 6)),
)  # fmt: skip


def plan(repeat: str, **changes: Any) -> Plan:
    return Plan(**{"repeat": repeat, "start": date(2026, 1, 31), "at": time(9), "zone": MADRID, **changes})


def local(moments: list[datetime], zone: ZoneInfo = MADRID) -> list[str]:
    return [moment.astimezone(zone).strftime("%Y-%m-%d %H:%M") for moment in moments]


def take(what: Plan, count: int, after: datetime) -> list[datetime]:
    return list(islice(fires(what, after), count))


@calm
@given(plans, moments)
def test_each_fire_is_later_than_the_one_before(what: Plan, after: datetime) -> None:
    found = take(what, 6, after)
    assert all(earlier < later for earlier, later in zip([after, *found], found, strict=False))


@calm
@given(plans, moments)
def test_it_fires_on_days_of_the_plan_by_the_wall_clock(what: Plan, after: datetime) -> None:
    for moment in take(what, 6, after):
        wall = moment.astimezone(what.zone)
        if wall.replace(tzinfo=None).time() != what.at:  # only where the clocks skip this time
            before = (moment - timedelta(hours=26)).astimezone(what.zone)
            assert before.utcoffset() != wall.utcoffset()
            continue
        day = wall.date()
        assert what.start <= day
        assert what.end is None or day <= what.end
        match what.repeat:
            case Repeat.ONCE:
                assert day == what.start
            case Repeat.EVERY:
                assert (day - what.start).days % what.every == 0
            case Repeat.WEEKLY:
                assert day.weekday() in (what.weekdays or {what.start.weekday()})
            case Repeat.MONTHLY | Repeat.YEARLY:
                assert day.day == min(what.start.day, monthrange(day.year, day.month)[1])
                assert what.repeat == Repeat.MONTHLY or day.month == what.start.month


@calm
@given(plans, moments, moments)
def test_it_does_not_matter_when_one_asks(what: Plan, one: datetime, other: datetime) -> None:
    early, late = sorted((one, other))
    from_the_beginning = [moment for moment in take(what, 50, early) if moment > late][:3]
    assert from_the_beginning == take(what, 3, late)[: len(from_the_beginning)]


@calm
@given(plans, moments)
def test_it_skips_no_day(what: Plan, after: datetime) -> None:
    following = next_fire(what, after)
    if what.repeat == Repeat.DAILY and following and following.astimezone(what.zone).date() > what.start:
        assert following - after <= timedelta(hours=49)


def test_a_month_that_is_too_short_has_its_last_day_and_the_next_one_the_right_day() -> None:
    found = take(plan(Repeat.MONTHLY), 5, datetime(2026, 1, 1, tzinfo=UTC))
    assert local(found) == [
        "2026-01-31 09:00",
        "2026-02-28 09:00",
        "2026-03-31 09:00",
        "2026-04-30 09:00",
        "2026-05-31 09:00",
    ]


def test_29_february_is_the_28th_in_other_years() -> None:
    found = take(plan(Repeat.YEARLY, start=date(2024, 2, 29)), 5, datetime(2024, 1, 1, tzinfo=UTC))
    assert [moment.astimezone(MADRID).date().isoformat() for moment in found] == [
        "2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "at", "expected"),
    [
        (date(2026, 3, 29), time(2, 30), "2026-03-29T01:30:00+00:00"),  # skipped: half past three
        (date(2026, 10, 25), time(2, 30), "2026-10-25T00:30:00+00:00"),  # repeated: the first
        (date(2026, 3, 28), time(9), "2026-03-28T08:00:00+00:00"),
        (date(2026, 3, 29), time(9), "2026-03-29T07:00:00+00:00"),
    ],
)
def test_it_keeps_the_wall_clock_when_the_clocks_change(day: date, at: time, expected: str) -> None:
    assert moment_of(day, at, MADRID).isoformat() == expected


def test_it_ends() -> None:
    weekly = plan(Repeat.WEEKLY, start=date(2026, 11, 2), weekdays=frozenset({0, 3}), end=date(2026, 11, 9))
    assert local(take(weekly, 9, datetime(2026, 1, 1, tzinfo=UTC))) == [
        "2026-11-02 09:00",
        "2026-11-05 09:00",
        "2026-11-09 09:00",
    ]
    assert next_fire(weekly, datetime(2026, 11, 9, 8, tzinfo=UTC)) is None


# By a date of each person


@pytest.mark.parametrize(
    ("text", "is_day_first", "expected"),
    [
        ("1990-05-14", True, "1990-05-14"), ("1990-05-14T10:00:00Z", True, "1990-05-14"), ("14/05/1990", True, "1990-05-14"),
        ("5/4/1990", True, "1990-04-05"), ("5/4/1990", False, "1990-05-04"), ("14.05.1990", True, "1990-05-14"),
        ("14/05", True, "1904-05-14"), ("--02-29", True, "1904-02-29"), ("29/02/1991", True, None), ("May", True, None),
        ("", True, None), ("14/13/1990", True, None), ("0001-01-01", True, None),
    ],
)  # fmt: skip
def test_it_reads_dates_as_lists_have_them(text: str, is_day_first: bool, expected: str | None) -> None:
    found = read_date(text, is_day_first=is_day_first)
    assert (found.isoformat() if found else None) == expected


@calm
@given(st.text(max_size=30))
def test_it_reads_anything_without_stumbling(text: str) -> None:
    read_date(text, is_day_first=True)


@pytest.mark.parametrize(
    ("born", "offset", "zone", "expected"),
    [
        ("1990-11-22", 0, MEXICO, ("2026-11-22", "2026-11-22T15:00:00+00:00")),
        ("1990-11-22", 0, JAKARTA, ("2026-11-22", "2026-11-22T02:00:00+00:00")),
        ("1990-11-25", -3, JAKARTA, ("2026-11-22", "2026-11-22T02:00:00+00:00")),
        ("2026-11-21", 1, JAKARTA, ("2026-11-22", "2026-11-22T02:00:00+00:00")),
        ("2027-11-22", 0, JAKARTA, None),
        ("1990-11-23", 0, JAKARTA, None),
    ],
)
def test_a_birthday_is_at_nine_where_the_person_is(
    born: str, offset: int, zone: ZoneInfo, expected: tuple[str, str] | None
) -> None:
    found = due_between(
        date.fromisoformat(born), offset_days=offset, is_yearly=True, at=time(9), zone=zone,
        since=datetime(2026, 11, 21, 18, tzinfo=UTC), until=datetime(2026, 11, 22, 18, tzinfo=UTC),
    )  # fmt: skip
    assert (found and (found[0].isoformat(), found[1].isoformat())) == expected


@calm
@given(
    value=st.dates(date(1904, 1, 1), date(2030, 1, 1)), offset_days=st.integers(-366, 366), is_yearly=st.booleans(),
    zone=st.sampled_from(ZONES).map(ZoneInfo), since=moments, hours=st.lists(st.integers(1, 40), min_size=2, max_size=8),
)  # fmt: skip
def test_stretches_side_by_side_find_a_person_exactly_as_often_as_one_stretch(
    value: date, offset_days: int, is_yearly: bool, zone: ZoneInfo, since: datetime, hours: list[int]
) -> None:
    def look(start: datetime, end: datetime) -> tuple[date, datetime] | None:
        return due_between(
            value, offset_days=offset_days, is_yearly=is_yearly, at=time(9), zone=zone, since=start, until=end
        )

    marks = [since]
    for each in hours:
        marks.append(marks[-1] + timedelta(hours=each))
    parts = [look(start, end) for start, end in pairwise(marks)]
    whole = look(marks[0], marks[-1])
    assert [part for part in parts if part] == ([whole] if whole else [])
