"""Many messages in few statements: those that become the same are written together, whatever their number.

Rows go to the database as one JSON list: a parameter for each value takes longer than what is done with it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

EventRow = tuple[int, str, str, str, int | None]  # message, status, reason, note, exchange
AT_ONCE = 1000  # rows per statement


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


_LISTS = {  # of rows in a parameter: how it is read, and how the columns of a row are
    "sqlite": ("json_each(%s) AS given", "json_extract(given.value, '$[{}]')"),
    "postgresql": ("json_array_elements(CAST(%s AS json)) AS given", "(given.value->>{})"),
}
_UPDATE = """
    UPDATE messaging_message
    SET status = %s, reason = %s, note = %s, ask_at = %s, next_attempt_at = COALESCE(%s, next_attempt_at),
        counted_at = CASE WHEN %s THEN %s ELSE counted_at END, status_at = %s, asked = 0, remote_id = {1}, attempts = CAST({2} AS int)
    FROM {rows} WHERE messaging_message.id = CAST({0} AS bigint)
"""
_EVENTS = """
    INSERT INTO messaging_messageevent (message_id, status, reason, note, exchange_id, source, user_id, at)
    SELECT CAST({0} AS bigint), {1}, {2}, {3}, CAST({4} AS bigint), %s, %s, %s FROM {rows}
"""


def write_messages(rows: Sequence[Row], *, now: datetime) -> None:
    """Write rows that are locked. By id alone: an index of a status is full of those that left it until it is vacuumed."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        alike = (
            row.status, row.reason, row.note, row.ask_at, row.next_attempt_at, row.is_recounted, row.counted_at
        )  # fmt: skip
        groups.setdefault(alike, []).append(row)
    moment = connection.ops.adapt_datetimefield_value
    for (status, reason, note, ask_at, next_at, is_recounted, counted_at), alike_rows in groups.items():
        all_get = [
            status, reason, note, moment(ask_at), moment(next_at), is_recounted, moment(counted_at), moment(now)
        ]  # fmt: skip
        execute_on_rows(_UPDATE, all_get, [(row.pk, row.remote_id, row.attempts) for row in alike_rows])


def write_events(events: Sequence[EventRow], *, source: str, user_id: int | None, now: datetime) -> None:
    """Append to the messages' histories, in this order."""
    at = connection.ops.adapt_datetimefield_value(now)
    execute_on_rows(_EVENTS, [source, user_id, at], events)


def execute_on_rows(statement: str, fixed: Sequence[Any], rows: Sequence[Sequence[Any]]) -> None:
    """Run a statement about rows. In it {rows} stands for them, behind every %s (their values are `fixed`), and {0}, {1} … for
    their columns, as texts: other types are cast there."""
    given, column = _LISTS[connection.vendor]
    with connection.cursor() as cursor:
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            columns = (column.format(number) for number in range(len(some[0])))
            cursor.execute(statement.format(*columns, rows=given), [*fixed, json.dumps(some)])
