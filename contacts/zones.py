"""Where a number's clock may stand: the time zones of its country, from the zone table that comes with the zones."""

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

from contacts.phone import country

_TABLE = "zone.tab"  # country, coordinates, zone and comments between tabs; "#" begins a comment
_A_YEAR = range(400)  # days over which zones are compared


def zones_of_phone(phone: str) -> tuple[ZoneInfo, ...]:
    """Every zone a number of this country may be in, by name; none for a number that belongs to no country.

    phone: E.164. It is a guess: a person's own zone, where it is known, wins.
    """
    return zones_of_country(country(phone))


@cache
def zones_of_country(code: str) -> tuple[ZoneInfo, ...]:
    """The zones of a country (two letters), by name; of those whose clocks agree all year round, one."""
    now = datetime.now(UTC)
    days = [now + timedelta(days=day) for day in _A_YEAR]
    found: dict[tuple[timedelta | None, ...], ZoneInfo] = {}
    for name in sorted(_by_country().get(code, ())):
        zone = ZoneInfo(name)
        found.setdefault(tuple(day.astimezone(zone).utcoffset() for day in days), zone)
    return tuple(found.values())


@cache
def zone_named(name: str) -> ZoneInfo | None:
    """A zone by its name; None for one this machine does not know."""
    try:
        return ZoneInfo(name) if name else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # the last for a folder, like “America”
        return None


@cache
def _by_country() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    known = zoneinfo.available_timezones()
    for line in _table().splitlines():
        parts = line.split("\t")
        if not line.startswith("#") and len(parts) > 2 and parts[2] in known:
            found.setdefault(parts[0], set()).add(parts[2])
    return found


def _table() -> str:
    """The table of the system, or of the tzdata package; empty where there is neither."""
    for folder in _folders():
        if (path := folder / _TABLE).is_file():
            return path.read_text(encoding="utf-8")
    return ""


def _folders() -> Iterator[Path]:
    yield from (Path(folder) for folder in zoneinfo.TZPATH)
    try:
        yield Path(str(resources.files("tzdata") / "zoneinfo"))
    except ModuleNotFoundError:
        return
