"""Reading SMSGateway24's answers: lists that are dicts or [], PHP's DateTime objects, and the gateway's status numbers."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from messaging.providers.errors import Reason
from messaging.providers.shapes import Status

INCOMING = 5
WHATSAPP_SLOTS = (3, 2)  # WhatsApp, WhatsApp Business; 0 and 1 are SIM cards, 4 and 5 RCS
# docs/wire.md 4.3; 4 and anything else is unknown and changes nothing
STATUSES: Mapping[int, tuple[Status, Reason | None]] = {
    1: ("accepted", None),
    3: ("accepted", None),
    2: ("accepted", None),  # the phone has it; comes after 3
    6: ("sent", None),
    7: ("delivered", None),
    8: ("failed", Reason.NOT_DELIVERED),
    9: ("failed", Reason.NOT_DELIVERED),
    10: ("failed", Reason.NO_SERVICE),
    11: ("failed", Reason.NOT_DELIVERED),
    12: ("failed", Reason.NO_SERVICE),
    100: ("failed", Reason.NO_PERMISSION),
    101: ("failed", Reason.NO_PERMISSION),
}


def rows_of(listing: Any) -> list[dict[str, Any]]:
    """`smss` or `device`: a dict by id, or PHP's empty array. Each row carries its `id`."""
    if isinstance(listing, Mapping):
        return [{"id": key, **row} for key, row in listing.items() if isinstance(row, Mapping)]
    return [dict(row) for row in listing if isinstance(row, Mapping)] if isinstance(listing, list) else []


def number(value: object) -> int | None:
    """An int that may come as text; None for anything else."""
    text = str(value).strip()
    return int(text) if text.lstrip("-").isdigit() and text.isascii() else None


def same_phone(one: object, other: object) -> bool:
    """Whether two spellings ("+52 1…", " 521…") are one phone: their last ten digits agree."""
    digits, others = _digits(one), _digits(other)
    return bool(digits) and digits[-10:] == others[-10:]


def moment(value: object) -> datetime | None:
    """A PHP DateTime object {date, timezone_type, timezone}, a unix time in seconds or (Android) milliseconds, or text
    with a zone. None where the moment cannot be told for certain."""
    if isinstance(value, Mapping):
        zone = _zone(str(value.get("timezone") or ""))
        at = _parsed(str(value.get("date") or ""))
        return at.replace(tzinfo=zone).astimezone(UTC) if at and zone else None
    count = number(value)
    if count is not None and count > 0:
        return datetime.fromtimestamp(count / 1000 if count >= 100_000_000_000 else count, UTC)
    at = _parsed(str(value))
    return at.astimezone(UTC) if at and at.tzinfo else None


def _zone(name: str) -> ZoneInfo | timezone | None:
    """ "Europe/Paris", or an offset such as "+02:00"."""
    if name[:1] in ("+", "-"):
        hours, _, minutes = name[1:].partition(":")
        if hours.isdigit() and int(hours) < 24:
            offset = timedelta(hours=int(hours), minutes=number(minutes) or 0)
            return timezone(-offset if name[0] == "-" else offset)
        return None
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return None


def _digits(phone: object) -> str:
    return "".join(letter for letter in str(phone) if letter.isdigit())
