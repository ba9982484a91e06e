"""When next? Properties that hold for every zone, window, holiday and change of the clocks, and the odd days by name."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.when import (
    AT_LEAST,
    AllClosed,
    Hours,
    Window,
    closes_at,
    next_allowed,
    open_spans,
    opens_at,
    opens_everywhere,
)

EVERY_DAY = frozenset(range(7))
WEEKDAYS = frozenset(range(5))
MADRID = ZoneInfo("Europe/Madrid")
# Half-hour changes, changes at midnight, a day that was skipped, several changes a year, none at all.
ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Beirut", "Pacific/Apia",
        "Africa/Casablanca", "Asia/Kathmandu", "America/St_Johns", "Africa/Cairo", "Asia/Jakarta", "UTC",
    )
]  # fmt: skip

times = st.times().map(lambda at: at.replace(microsecond=0))
windows = st.lists(
    st.builds(Window, weekdays=st.frozensets(st.integers(0, 6), min_size=1), start=times, end=times),
    min_size=1,
    max_size=3,
)
instants = st.datetimes(datetime(2007, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))


@st.composite
def cases(draw: st.DrawFn) -> tuple[datetime, Hours, ZoneInfo]:
    """A moment, often near a change of the clocks, and opening hours with holidays around it."""
    zone, instant = draw(st.sampled_from(ZONES)), draw(instants)
    if draw(st.booleans()):
        instant = _before_a_change(instant, zone) + draw(st.timedeltas(timedelta(hours=-30), timedelta(hours=30)))
    near = st.integers(-2, 16).map(lambda days: instant.date() + timedelta(days=days))
    return instant, Hours(draw(windows), frozenset(draw(st.lists(near, max_size=8)))), zone


def _before_a_change(instant: datetime, zone: ZoneInfo) -> datetime:
    for hours in range(0, 24 * 366, 6):
        moment = instant + timedelta(hours=hours)
        if moment.astimezone(zone).utcoffset() != (moment + timedelta(hours=6)).astimezone(zone).utcoffset():
            return moment
    return instant


def is_allowed(instant: datetime, hours: Hours, zone: ZoneInfo) -> bool:
    """The definition, written as plainly as can be: what the wall clock shows is within a window."""
    wall = instant.astimezone(zone).replace(tzinfo=None)
    for day in (wall.date(), wall.date() - timedelta(days=1)):
        for window in hours.windows:
            end = datetime.combine(day if window.start < window.end else day + timedelta(days=1), window.end)
            is_of_day = day.weekday() in window.weekdays and day not in hours.holidays
            if is_of_day and datetime.combine(day, window.start) <= wall < end:
                return True
    return False


@given(cases())
@settings(deadline=None)
def test_it_is_never_earlier_and_always_allowed(case: tuple[datetime, Hours, ZoneInfo]) -> None:
    instant, hours, zone = case
    found = next_allowed(instant, zone=zone, windows=hours.windows, holidays=hours.holidays)
    assert found >= instant
    assert is_allowed(found, hours, zone)
    assert (found == instant) == is_allowed(instant, hours, zone)


@given(cases())
@settings(deadline=None)
def test_it_asks_for_the_same_moment_again(case: tuple[datetime, Hours, ZoneInfo]) -> None:
    instant, hours, zone = case
    found = opens_at(instant, hours, zone)
    assert opens_at(found, hours, zone) == found


@given(cases(), st.floats(0, 1, exclude_max=True))
@settings(deadline=None)
def test_nothing_before_it_is_allowed(case: tuple[datetime, Hours, ZoneInfo], part: float) -> None:
    instant, hours, zone = case
    found = opens_at(instant, hours, zone)
    between = [found - timedelta(microseconds=1), instant + (found - instant) * part]
    between += [instant + timedelta(minutes=7 * step) for step in range(200)]
    assert not any(is_allowed(moment, hours, zone) for moment in between if instant <= moment < found)


@given(cases(), st.floats(0, 1, exclude_max=True))
@settings(deadline=None)
def test_it_stays_open_until_it_closes(case: tuple[datetime, Hours, ZoneInfo], part: float) -> None:
    instant, hours, zone = case
    opening = opens_at(instant, hours, zone)
    closing = closes_at(opening, hours, zone)
    within = min(opening + (closing - opening) * part, closing - timedelta(microseconds=1))
    assert is_allowed(within, hours, zone)
    assert not is_allowed(closing, hours, zone) or closing - opening >= AT_LEAST - timedelta(hours=25)


@given(cases(), st.lists(st.sampled_from(ZONES), min_size=1, max_size=4))
@settings(deadline=None)
def test_it_suits_every_zone_or_says_that_none_does(
    case: tuple[datetime, Hours, ZoneInfo], zones: list[ZoneInfo]
) -> None:
    instant, hours, _zone = case
    found = opens_everywhere(instant, hours, zones)
    if found is not None:
        assert found >= instant
        assert all(is_allowed(found, hours, zone) for zone in zones)
    tried = [instant + timedelta(minutes=11 * step) for step in range(500)]
    assert not any(
        all(is_allowed(moment, hours, zone) for zone in zones) for moment in tried if found is None or moment < found
    )


@given(cases())
@settings(deadline=None)
def test_open_stretches_follow_each_other(case: tuple[datetime, Hours, ZoneInfo]) -> None:
    instant, hours, zone = case
    spans = list(open_spans(instant, instant + timedelta(days=3), hours, zone))
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(edges)
    assert all(start < end for start, end in spans)


@given(st.lists(st.builds(Window, weekdays=st.just(frozenset[int]()), start=times, end=times), max_size=2))
def test_it_refuses_what_never_opens(closed: list[Window]) -> None:
    with pytest.raises(AllClosed):
        Hours(closed)


def test_it_opens_at_the_start_of_the_next_working_day() -> None:
    """Not at the hour at which Friday's question was asked."""
    office = [Window(WEEKDAYS, time(9), time(18))]
    friday = datetime(2026, 9, 11, 18, 13, tzinfo=MADRID)
    assert next_allowed(friday, zone=MADRID, windows=office) == datetime(2026, 9, 14, 9, tzinfo=MADRID)


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    night = Hours([Window(frozenset({4}), time(22), time(6))])
    assert is_open(datetime(2026, 9, 12, 5, 59, tzinfo=MADRID), night)  # Saturday morning
    assert not is_open(datetime(2026, 9, 12, 22, tzinfo=MADRID), night)
    assert not is_open(datetime(2026, 9, 11, 5, tzinfo=MADRID), night)  # Friday morning is Thursday's night


def test_a_holiday_takes_the_night_that_begins_on_it_and_no_other() -> None:
    night = Hours([Window(EVERY_DAY, time(22), time(6))], holidays={date(2026, 12, 25)})
    assert is_open(datetime(2026, 12, 25, 5, tzinfo=MADRID), night)
    assert not is_open(datetime(2026, 12, 25, 23, tzinfo=MADRID), night)
    assert not is_open(datetime(2026, 12, 26, 5, tzinfo=MADRID), night)


def test_midnight_to_midnight_is_the_whole_day() -> None:
    sunday = Hours([Window(frozenset({6}), time(0), time(0))])
    assert opens_at(datetime(2026, 9, 9, tzinfo=UTC), sunday, ZoneInfo("UTC")) == datetime(2026, 9, 13, tzinfo=UTC)
    assert closes_at(datetime(2026, 9, 13, tzinfo=UTC), sunday, ZoneInfo("UTC")) == datetime(2026, 9, 14, tzinfo=UTC)


def test_hours_that_the_clocks_skip_open_when_the_skip_is_over() -> None:
    """29 March 2026 in Madrid: 01:59:59 is followed by 03:00."""
    early = [Window(EVERY_DAY, time(2, 30), time(4))]
    asked = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert next_allowed(asked, zone=MADRID, windows=early) == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_a_window_within_the_skipped_hour_waits_for_the_next_day() -> None:
    gap = [Window(EVERY_DAY, time(2, 15), time(2, 45))]
    asked = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert next_allowed(asked, zone=MADRID, windows=gap) == datetime(2026, 3, 30, 0, 15, tzinfo=UTC)


def test_hours_that_the_clocks_repeat_are_closed_both_times() -> None:
    """25 October 2026 in Madrid: 02:59:59 is followed by 02:00."""
    late = Hours([Window(EVERY_DAY, time(2, 30), time(4))])
    assert opens_at(datetime(2026, 10, 25, 0, tzinfo=UTC), late, MADRID) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert closes_at(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), late, MADRID) == datetime(2026, 10, 25, 1, tzinfo=UTC)
    assert opens_at(datetime(2026, 10, 25, 1, tzinfo=UTC), late, MADRID) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def is_open(instant: datetime, hours: Hours) -> bool:
    return opens_at(instant, hours, MADRID) == instant
