"""Many messages in few statements: those that become the same are written together, whatever their number.

Columns of a VALUES list are called column1, column2 … by SQLite and PostgreSQL alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection

from messaging.providers.http import ExchangeRecord

Item = TypeVar("Item")
EventRow = tuple[int, str, str, str, int | None]  # message, status, reason, note, exchange
AT_ONCE = 1000  # rows per statement; at most nine parameters each


@dataclass(slots=True)
class Row:
    """What a judgement needs to know of a message, and what it comes to; a model instance costs ten times as much.

    before: the status in the database. next_attempt_at: None leaves it as it is. is_recounted: whether counted_at is to
    be written, None (it did not leave) included.
    """

    pk: int
    status: str
    batch_id: int | None
    account_id: int
    line_id: int | None
    lease_token: str
    remote_id: str
    attempts: int
    before: str
    next_attempt_at: datetime | None = None
    is_recounted: bool = False
    counted_at: datetime | None = None
    reason: str = ""
    note: str = ""
    ask_at: datetime | None = None


_UPDATE = """
    UPDATE messaging_message
    SET status = %s, reason = %s, note = %s, ask_at = %s, next_attempt_at = COALESCE(%s, next_attempt_at),
        counted_at = CASE WHEN %s THEN %s ELSE counted_at END, status_at = %s, asked = 0, remote_id = given.column2, attempts = given.column3
    FROM (VALUES {rows}) AS given
    WHERE messaging_message.id = given.column1 AND messaging_message.status = %s
"""
_EVENTS = """
    INSERT INTO messaging_messageevent (message_id, status, reason, note, exchange_id, source, user_id, at)
    SELECT column1, column2, column3, column4, CAST(column5 AS bigint), %s, %s, %s FROM (VALUES {rows}) AS given
"""

_EXCHANGES = """
    INSERT INTO messaging_exchange (account_id, method, url, request, status_code, response, error, elapsed_ms, at)
    VALUES {rows} RETURNING id
"""


def write_messages(rows: Sequence[Row], *, now: datetime) -> None:
    """Write rows that are locked."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        alike = (
            row.status, row.reason, row.note, row.ask_at, row.next_attempt_at, row.is_recounted, row.counted_at, row.before
        )  # fmt: skip
        groups.setdefault(alike, []).append(row)
    moment = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        for (status, reason, note, ask_at, next_at, is_recounted, counted_at, before), alike_rows in groups.items():
            first = [
                status,
                reason,
                note,
                moment(ask_at),
                moment(next_at),
                is_recounted,
                moment(counted_at),
                moment(now),
            ]
            for some in _slices(alike_rows):
                values = [value for row in some for value in (row.pk, row.remote_id, row.attempts)]
                cursor.execute(_UPDATE.format(rows=_places(3, len(some))), [*first, *values, before])


def write_events(events: Sequence[EventRow], *, source: str, user_id: int | None, now: datetime) -> None:
    """Append to the messages' histories, in this order."""
    at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        for some in _slices(events):
            values = [value for event in some for value in event]
            cursor.execute(_EVENTS.format(rows=_places(5, len(some))), [source, user_id, at, *values])


def write_exchanges(exchanges: Sequence[tuple[int, ExchangeRecord]]) -> list[int]:
    """Keep what crossed the wire, each with its account. Returns the rows' ids, in this order."""
    moment, ids = connection.ops.adapt_datetimefield_value, list[int]()
    with connection.cursor() as cursor:
        for some in _slices(exchanges):
            values = [
                value
                for account_id, e in some
                for value in (
                    account_id, e.method, e.url[:500], e.request, e.status_code, e.response, e.error[:300], e.elapsed_ms, moment(e.at),
                )
            ]  # fmt: skip
            cursor.execute(_EXCHANGES.format(rows=_places(9, len(some))), values)
            ids += [row[0] for row in cursor.fetchall()]
    return ids


def _slices(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))


def _places(columns: int, rows: int) -> str:
    return ",".join([f"({','.join(['%s'] * columns)})"] * rows)
