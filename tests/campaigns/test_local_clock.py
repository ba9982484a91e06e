"""When it is somebody's turn by their own clock: over all zones of the world, and where the clocks are changed."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.local_clock import due_at, due_from, place_name

ZONES = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("posix", "right")))
zones = st.lists(st.sampled_from(ZONES).map(ZoneInfo), min_size=1, max_size=4)
days = st.dates(date(2024, 1, 1), date(2030, 12, 31))
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
PATIENCE = timedelta(hours=1)


@given(day=days, at=times, within=zones)
def test_it_is_never_before_their_time_in_any_of_the_zones(day: date, at: time, within: list[ZoneInfo]) -> None:
    due = due_at(day, at, within)
    for zone in within:
        assert due.astimezone(zone).replace(tzinfo=None) >= datetime.combine(day, at)


@given(day=days, at=times, within=zones)
def test_it_is_exactly_then_in_one_of_them_or_just_after_hours_the_clocks_skip(
    day: date, at: time, within: list[ZoneInfo]
) -> None:
    due, wall = due_at(day, at, within), datetime.combine(day, at)
    late = min(due.astimezone(zone).replace(tzinfo=None) - wall for zone in within)
    is_skipped = any(_is_skipped(wall, zone) for zone in within)
    assert late == timedelta(0) or (is_skipped and late <= timedelta(days=1))


@given(day=days, at=times, within=zones, hours=st.integers(-60, 90))
def test_who_is_past_it_by_more_than_the_patience_gets_it_at_that_time_on_a_later_day(
    day: date, at: time, within: list[ZoneInfo], hours: int
) -> None:
    started = due_at(day, at, within) + timedelta(hours=hours)
    due = due_from(day, at, within, started=started, patience=PATIENCE)
    assert due >= started - PATIENCE
    if hours <= 1:
        assert due == due_at(day, at, within)
    else:
        assert due <= started + timedelta(days=2)
        assert any(due == due_at(day + timedelta(days=more), at, within) for more in range(1, 7))


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        ("America/Bogota", date(2026, 11, 24), time(9), datetime(2026, 11, 24, 14, tzinfo=UTC)),
        ("Europe/Madrid", date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # skipped
        (
            "Europe/Madrid",
            date(2026, 10, 25),
            time(2, 30),
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        ),  # twice: the first
        ("Pacific/Kiritimati", date(2026, 1, 2), time(9), datetime(2026, 1, 1, 19, tzinfo=UTC)),
    ],
)
def test_it_follows_the_wall_clock(zone: str, day: date, at: time, expected: datetime) -> None:
    assert due_at(day, at, [ZoneInfo(zone)]) == expected


def test_without_patience_whoever_is_past_it_is_due_at_once() -> None:
    started = datetime(2026, 11, 24, 22, tzinfo=UTC)
    due = due_from(date(2026, 11, 24), time(9), [ZoneInfo("UTC")], started=started, patience=timedelta(0))
    assert due < started


def test_a_zone_is_called_by_its_city() -> None:
    assert place_name(ZoneInfo("America/Argentina/Buenos_Aires")) == "Buenos Aires"


def _is_skipped(wall: datetime, zone: ZoneInfo) -> bool:
    there = wall.replace(tzinfo=zone)
    return there.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall
