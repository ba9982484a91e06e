"""What a mirrored object shows in one row: a few of the gateway's own fields, those people look for first."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from messaging.models import MirroredObject

SHOWN = 6
LONGEST = 80  # characters of a value
ANSWER = 600  # of what a phone or a reply says: it is what people came for
# SIM slots, last seen, limits, app version, what became of it: ahead of serial numbers.
FIRST = (
    *("status", "statustitle", "siminfo", "partner_sim", "sim", "lastseenhumanformat", "lastseen", "appversion"),
    *("version", "limit_number", "limit_interval", "subscription", "quota", "expired_date", "usage", "recipient"),
    *("sendto", "number", "pricing", "rate", "response", "contacts", "members"),
)
_RANK = {name: place for place, name in enumerate(FIRST)}
_HIDDEN = frozenset(["id", "unique", "profileImage", "photo", "imei"])
_PHONES = frozenset(["phone", "recipient", "sendto"])
_INNER_ID = re.compile(r"[0-9a-f]{32,}")  # a gateway's own key of another object: nothing for a person to read
_UNIX_SECONDS = re.compile(r"1\d{9}")  # from 2001 to 2033


def facts_of(item: MirroredObject) -> list[tuple[str, str]]:
    """(field, value) as the gateway calls and writes them; empty ones, and what the row shows anyway, are left out."""
    shown = [
        (name, text)
        for name, value in item.raw.items()
        if name not in _HIDDEN
        and not (item.phone and name in _PHONES)
        and (text := _text(value))
        and text not in (item.name, item.remote_id)
        and not _INNER_ID.fullmatch(text)
    ]
    shown.sort(key=lambda pair: _RANK.get(pair[0], len(FIRST)))
    return [
        (name.replace("_", " "), _moment(name, text)[: ANSWER if name == "response" else LONGEST])
        for name, text in shown[:SHOWN]
    ]


def _moment(name: str, text: str) -> str:
    """Seconds since 1970 as a date and time; everything else, phone numbers too, as it is."""
    if name not in _PHONES and _UNIX_SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text), tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
    return text


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        if "date" in value:  # PHP's moments
            return str(value["date"]).partition(".")[0]
        return ", ".join(f"{name} {text}" for name, each in value.items() if (text := _text(each)))
    if isinstance(value, list):
        return "; ".join(text for each in value if (text := _text(each)))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value).strip()
