"""Reading SMSMobileAPI's answers: JSON with the vendor's slips in it, lists that hide under keys, times as strings."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_ENDS_VALUE = re.compile(r'["\]}\w]$')
_MILLISECONDS_FROM = 100_000_000_000  # a unix time this large counts milliseconds (year 5138 otherwise)


def parse(content: bytes) -> Any:
    """The parsed body, None when it is no JSON at all. docs/wire.md 2.6: the vendor's own samples have a trailing
    comma, a missing comma and keys that end in a blank."""
    text = content.decode("utf-8-sig", errors="replace")
    try:
        payload = json.loads(text)
    except ValueError:
        try:
            payload = json.loads(_repaired(text))
        except ValueError:
            return None
    return _without_blanks(payload)


def rows_in(payload: Any) -> list[dict[str, Any]]:
    """The records in an answer that is a list, one record, or a list (or a dict by id) under a key at any depth."""
    if isinstance(payload, list):
        return [row for row in payload if isinstance(row, dict)]
    if not isinstance(payload, Mapping):
        return []
    if is_record(payload):
        return [dict(payload)]
    by_id = [dict(value) for value in payload.values() if isinstance(value, Mapping) and is_record(value)]
    if by_id:
        return by_id
    for value in payload.values():
        if rows := rows_in(value):
            return rows
    return []


def is_record(row: Mapping[str, Any]) -> bool:
    """Whether this is a message or a phone itself and not the wrapping around some."""
    names = ("guid", "guid_message", "sid", "sIdentifiant", "sIdentifiantPhone")
    return any(row.get(name) and isinstance(row[name], str | int) for name in names)


def moment(row: Mapping[str, Any]) -> datetime | None:
    """When it was, from the unix fields alone: date and hour are local to an unnamed zone (docs/wire.md 2.6)."""
    for name in ("timestamp_unix", "timestamp", "time_received"):
        value = str(row.get(name) or "").strip()
        if value.isascii() and value.isdigit() and len(value) in (9, 10, 13):
            seconds = int(value)
            return datetime.fromtimestamp(seconds / 1000 if seconds >= _MILLISECONDS_FROM else seconds, UTC)
    return None


def iso_moment(value: object) -> datetime | None:
    """An RFC 3339 time, None when it is not one or has no zone."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def is_in_group(row: Mapping[str, Any]) -> bool:
    """Whether a row says that it was written in a WhatsApp group (no document names the field)."""
    return any(str(row.get(name)).lower() in ("true", "1", "yes") for name in ("is_group", "isGroup"))


def _repaired(text: str) -> str:
    """The same JSON with commas where they belong: none before a closing bracket, one between two members."""
    return "".join(_with_commas(_PIECE.findall(text)))


def _with_commas(pieces: list[str]) -> Iterator[str]:
    previous = ""
    for position, piece in enumerate(pieces):
        following = pieces[position + 1] if position + 1 < len(pieces) else ""
        if piece == "," and following in ("}", "]"):
            continue
        if piece not in ("}", "]", ":", ",") and _ENDS_VALUE.search(previous):
            yield ","
        yield piece
        previous = piece


def _without_blanks(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key).strip(): _without_blanks(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_blanks(item) for item in value]
    return value
