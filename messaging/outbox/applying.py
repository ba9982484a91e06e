"""The one function that changes a status. It only moves forward, so late, duplicate and out-of-order news is harmless."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from messaging import tally
from messaging.models import Message
from messaging.signals import Change, message_changed

S = Message.Status
_AFTER_ACCEPTED = frozenset({S.SENT, S.DELIVERED, S.READ, S.FAILED, S.CANCELLED})
MAY_BECOME: dict[str, frozenset[str]] = {
    S.QUEUED: frozenset({S.CANCELLED, S.EXPIRED, S.FAILED}),  # queued → sending is the claim's alone
    S.SENDING: _AFTER_ACCEPTED | {S.ACCEPTED, S.UNKNOWN, S.QUEUED},
    S.UNKNOWN: _AFTER_ACCEPTED | {S.ACCEPTED, S.QUEUED},
    S.ACCEPTED: _AFTER_ACCEPTED,
    S.SENT: frozenset({S.DELIVERED, S.READ, S.FAILED, S.CANCELLED}),
    S.DELIVERED: frozenset({S.READ}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """News about one message.

    claim: the token of the claim that speaks; needed to go back to `queued`, so that only the one who held the message
    can say that it was certainly not sent. uncount: the attempt did not count (it never reached the gateway).
    """

    message_id: int
    status: str
    reason: str = ""
    note: str = ""
    remote_id: str = ""
    claim: str = ""
    uncount: bool = False
    next_attempt_at: datetime | None = None
    ask_at: datetime | None = None
    exchange_id: int | None = None


_UPDATE = """
    UPDATE messaging_message
    SET status = %s, reason = %s, note = %s, remote_id = %s, status_at = %s, next_attempt_at = %s, ask_at = %s,
        asked = %s, attempts = %s, counted_at = %s
    WHERE id = %s AND status = %s
"""

_EVENT = """
    INSERT INTO messaging_messageevent (message_id, status, reason, note, source, exchange_id, user_id, at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""


def apply(updates: Sequence[Update], *, source: str, user_id: int | None = None) -> list[Change]:
    """Write what is new in `updates` and tell the floors above. Returns the moves that were made.

    Of several updates for one message in a call, each is judged against the one before it.
    """
    if not updates:
        return []
    now = timezone.now()
    written_at = connection.ops.adapt_datetimefield_value(now)
    with transaction.atomic():
        rows = _locked_rows({update.message_id for update in updates})
        taken = _taken_remote_ids(updates, rows)
        changes: list[Change] = []
        params: list[tuple[Any, ...]] = []
        events: list[tuple[Any, ...]] = []
        for update in updates:
            row = rows.get(update.message_id)
            if row is None or not _may(row, update):
                continue
            changes.append(
                Change(
                    message_id=row.pk, batch_id=row.batch_id, account_id=row.account_id,
                    before=row.status, after=update.status, reason=update.reason,
                )
            )  # fmt: skip
            before = row.status
            note = _fold(row, update, taken, now)
            params.append(_values(row, before, now))
            events.append((row.pk, row.status, row.reason, note, source, update.exchange_id, user_id, written_at))
        if changes:
            with connection.cursor() as cursor:
                cursor.executemany(_UPDATE, params)
                cursor.executemany(_EVENT, events)
            _count(changes, now)
            message_changed.send(sender=None, changes=changes)
    return changes


@dataclass(slots=True)
class _Row:
    """What a judgement needs to know of a message; a model instance costs ten times as much."""

    pk: int
    status: str
    batch_id: int | None
    account_id: int
    line_id: int | None
    lease_token: str
    remote_id: str
    attempts: int
    next_attempt_at: datetime
    counted_at: datetime | None
    reason: str = ""
    note: str = ""
    ask_at: datetime | None = None


def _locked_rows(ids: set[int]) -> dict[int, _Row]:
    rows = Message.objects.select_for_update().filter(id__in=ids, direction=Message.Direction.OUT).order_by("id")
    fields = rows.values_list(
        "id", "status", "batch_id", "account_id", "line_id", "lease_token", "remote_id", "attempts", "next_attempt_at",
        "counted_at",
    )  # fmt: skip
    return {row[0]: _Row(*row) for row in fields}


def _may(row: _Row, update: Update) -> bool:
    if update.status not in MAY_BECOME.get(row.status, ()):
        return False
    if update.status == S.QUEUED:  # back in the queue: only by word of the claim in force
        return bool(update.claim) and row.lease_token == update.claim
    return True


def _taken_remote_ids(updates: Sequence[Update], rows: dict[int, _Row]) -> set[tuple[int | None, str]]:
    """Which of the remote ids in the news messages on the same lines have already, those in the news among them. Gateways
    that were reset count from one again, and a known id must not lose us the acceptance of a new message."""
    news = {update.remote_id for update in updates if update.remote_id}
    if not news:
        return set()
    accounts = {row.account_id for row in rows.values()}
    known = Message.objects.filter(account_id__in=accounts, remote_id__in=news, direction=Message.Direction.OUT)
    return set(known.values_list("line_id", "remote_id"))


def _fold(row: _Row, update: Update, taken: set[tuple[int | None, str]], now: datetime) -> str:
    """Bring the row in memory to what the update says; returns the note to keep."""
    note = update.note
    if update.remote_id and not row.remote_id:
        if (row.line_id, update.remote_id) in taken:
            note = f"{note} (id {update.remote_id} given twice by the gateway)".strip()
        else:
            row.remote_id = update.remote_id
            taken.add((row.line_id, update.remote_id))
    if update.status == S.QUEUED:
        row.next_attempt_at, row.counted_at = update.next_attempt_at or now, None
    elif row.status == S.SENDING:
        row.counted_at = now  # it left at the latest now, so the caps count it from now on
    row.status, row.reason, row.note, row.ask_at = update.status, update.reason, note[:300], update.ask_at
    if update.uncount:
        row.attempts = max(0, row.attempts - 1)
    return note[:300]


def _values(row: _Row, before: str, now: datetime) -> tuple[Any, ...]:
    moment = connection.ops.adapt_datetimefield_value
    return (
        row.status, row.reason, row.note, row.remote_id, moment(now), moment(row.next_attempt_at), moment(row.ask_at),
        0, row.attempts, row.counted_at and moment(row.counted_at), row.pk, before,
    )  # fmt: skip


def _count(changes: list[Change], now: datetime) -> None:
    scope = tally.day_scope(timezone.localdate(now))
    gained = Counter(stage for change in changes for stage in tally.reached(change.before, change.after))
    tally.add({(scope, stage): count for stage, count in gained.items()})


ASK_AFTER = [2, 3, 5, 10, 20, 40, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 28_800, 86_400, 86_400]  # seconds


def ask_again_at(asked: int, *, now: datetime) -> datetime | None:
    """When to ask the gateway next about a message it was asked about so many times; None: no more."""
    return now + timedelta(seconds=ASK_AFTER[asked]) if asked < len(ASK_AFTER) else None
