"""From the answer's rows back to our messages. docs/wire.md 3.2 (Q, QR), 3.6.2, 3.6.5, 3.6.6."""

from collections.abc import Sequence
from typing import Any

from messaging.providers.errors import MessageRejected, OutcomeUnknown, Reason
from messaging.providers.shapes import Accepted, Outcome, Outgoing
from messaging.providers.wablas.judge import Answer, classify, sentence
from messaging.providers.wablas.words import phone_key


def line_up(messages: Sequence[Outgoing], answer: Answer) -> list[Outcome]:
    """An outcome per message. Rows are matched by our reference where it is echoed, else by phone and order; where
    that leaves a doubt the outcome is unknown, never guessed."""
    rows = rows_of(answer.get("data"))
    place_of = {message.reference: place for place, message in enumerate(messages)}
    taken: dict[int, Outcome] = {}
    plain_rows = []
    for row in rows:
        if not (reference := str(row.get("ref_id") or "")):
            plain_rows.append(row)
        elif reference in place_of:
            taken.setdefault(place_of[reference], outcome_of(row))
    left = [(place, message) for place, message in enumerate(messages) if place not in taken]
    taken |= _by_order(left, plain_rows) if len(left) == len(plain_rows) else _by_phone(left, plain_rows)
    lost = OutcomeUnknown(Reason.UNREADABLE, "the answer does not mention this message")
    return [taken.get(place, lost) for place in range(len(messages))]


def _by_order(left: Sequence[tuple[int, Outgoing]], rows: Sequence[Answer]) -> dict[int, Outcome]:
    """As many rows as messages: in order, unless a row names another phone than its message has."""
    pairs = list(zip(left, rows, strict=True))
    is_crossed = any(row.get("phone") and phone_key(row["phone"]) != phone_key(m.to) for (_, m), row in pairs)
    if is_crossed and len(pairs) > 1:
        return _by_phone(left, rows)
    return {place: outcome_of(row) for (place, _), row in pairs}


def _by_phone(left: Sequence[tuple[int, Outgoing]], rows: Sequence[Answer]) -> dict[int, Outcome]:
    """Phones that have as many rows as messages, in order. Fewer rows: nobody knows which one is missing."""
    taken: dict[int, Outcome] = {}
    for key in {phone_key(message.to) for _, message in left}:
        places = [place for place, message in left if phone_key(message.to) == key]
        given = [row for row in rows if phone_key(row.get("phone")) == key]
        if len(places) == len(given):
            taken |= {place: outcome_of(row) for place, row in zip(places, given, strict=True)}
    return taken


def rows_of(data: Any) -> list[Answer]:
    """The message rows wherever they are: `messages` or `message`, a list or one object, per device or nested."""
    if isinstance(data, list):
        return [row for entry in data for row in rows_of(entry)]
    if not isinstance(data, dict):
        return []
    for key in ("messages", "message"):
        if isinstance(inner := data.get(key), list | dict) and "id" not in data:
            return rows_of(inner)
    return [data] if "id" in data or "status" in data else []


def outcome_of(row: Answer) -> Outcome:
    """What one row says about its message."""
    status, remote_id = str(row.get("status")).lower(), str(row.get("id") or "")
    if status in ("false", "reject", "rejected"):
        text = sentence(row)
        return classify(text) or MessageRejected(Reason.REJECTED, text)
    if remote_id:
        return Accepted(remote_id=remote_id, raw=row)
    return OutcomeUnknown(Reason.UNREADABLE, "the answer has no id for this message")
