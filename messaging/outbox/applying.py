"""The one function that changes a status. It only moves forward, so late, duplicate and out-of-order news is harmless."""

import contextlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from messaging import tally
from messaging.known import sent_as
from messaging.models import Message
from messaging.outbox.writing import EventRow, Row, write_events, write_messages
from messaging.signals import Change, message_changed

S = Message.Status
_TAKEN = frozenset({S.ACCEPTED, S.SENT, S.DELIVERED, S.READ})
_AFTER_ACCEPTED = frozenset({S.SENT, S.DELIVERED, S.READ, S.FAILED, S.CANCELLED})
MAY_BECOME: dict[str, frozenset[str]] = {
    S.QUEUED: _TAKEN | {S.CANCELLED, S.EXPIRED, S.FAILED},  # queued → sending is the claim's alone; see also `_may`
    S.SENDING: _AFTER_ACCEPTED | {S.ACCEPTED, S.UNKNOWN, S.QUEUED},
    S.UNKNOWN: _AFTER_ACCEPTED | {S.ACCEPTED, S.QUEUED},
    S.ACCEPTED: _AFTER_ACCEPTED,
    S.SENT: frozenset({S.DELIVERED, S.READ, S.FAILED, S.CANCELLED}),
    S.DELIVERED: frozenset({S.READ}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """News about one message.

    claim: the token of the claim that speaks, when only the one in force may; needed to go back to `queued`, so that only
    the one who held the message can say that it was certainly not sent. only_from: the status it must still have.
    uncount: the attempt did not count (it never reached the gateway).
    """

    message_id: int
    status: str
    reason: str = ""
    note: str = ""
    remote_id: str = ""
    claim: str = ""
    only_from: str = ""
    uncount: bool = False
    next_attempt_at: datetime | None = None
    ask_at: datetime | None = None
    exchange_id: int | None = None


def apply(updates: Sequence[Update], *, source: str, user_id: int | None = None) -> list[Change]:
    """Write what is new in `updates` and tell the floors above. Returns the moves that were made.

    Of several updates for one message in a call, each is judged against the one before it.
    """
    if not updates:
        return []
    now = timezone.now()
    with transaction.atomic():
        changes, events = _write(updates, now)
        if changes:
            write_events(events, source=source, user_id=user_id, now=now)
            _count(changes, now)
            message_changed.send(sender=None, changes=changes)
    return changes


def _write(updates: Sequence[Update], now: datetime) -> tuple[list[Change], list[EventRow]]:
    """Write the messages. That a gateway gives an id again is so rare that it is looked up only once the database objects."""
    rows = _locked_rows({update.message_id for update in updates})
    with contextlib.suppress(IntegrityError), transaction.atomic():
        return _fold_all(updates, rows, set(), now)
    rows = _locked_rows(set(rows))
    return _fold_all(updates, rows, _taken_remote_ids(updates, rows), now)


def _fold_all(
    updates: Sequence[Update], rows: dict[int, Row], taken: set[tuple[int | None, str]], now: datetime
) -> tuple[list[Change], list[EventRow]]:
    """Each update on what the ones before it made of its row. taken: remote ids that other messages of a line have."""
    changes: list[Change] = []
    events: list[EventRow] = []
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
        _fold(row, update, taken, now)
        events.append((row.pk, row.status, row.reason, row.note, update.exchange_id))
    write_messages([row for row in rows.values() if row.status != row.before], now=now)
    return changes, events


def _locked_rows(ids: set[int]) -> dict[int, Row]:
    rows = Message.objects.select_for_update().filter(id__among=ids, direction=Message.Direction.OUT).order_by("id")
    fields = rows.values_list(
        "id", "status", "batch_id", "account_id", "line_id", "lease_token", "remote_id", "attempts"
    )
    return {row[0]: Row(*row, before=row[1]) for row in fields}


def _may(row: Row, update: Update) -> bool:
    if update.status not in MAY_BECOME.get(row.status, ()):
        return False
    if update.only_from and update.only_from != row.status:
        return False
    if update.status == S.QUEUED or update.claim:  # back in the queue: only by word of the claim in force
        return bool(update.claim) and row.lease_token == update.claim
    # A gateway may have taken what went back to the queue, and then it must not go out again; but not what never left.
    return row.status != S.QUEUED or update.status not in _TAKEN or row.attempts > 0


def _taken_remote_ids(updates: Sequence[Update], rows: dict[int, Row]) -> set[tuple[int | None, str]]:
    """Which of the remote ids in the news messages on the same lines have already, those in the news among them. Gateways
    that were reset count from one again, and a known id must not lose us the acceptance of a new message."""
    news = {update.remote_id for update in updates if update.remote_id}
    if not news:
        return set()
    accounts = {row.account_id for row in rows.values()}
    return set(sent_as(news, accounts=accounts).values_list("line_id", "remote_id"))


def _fold(row: Row, update: Update, taken: set[tuple[int | None, str]], now: datetime) -> None:
    """Bring the row in memory to what the update says."""
    note = update.note
    if update.remote_id and not row.remote_id:
        if (row.line_id, update.remote_id) in taken:
            note = f"{note} (id {update.remote_id} given twice by the gateway)".strip()
        else:
            row.remote_id = update.remote_id
            taken.add((row.line_id, update.remote_id))
    if update.status == S.QUEUED:
        row.next_attempt_at, row.is_recounted, row.counted_at = update.next_attempt_at or now, True, None
    elif row.status == S.SENDING or (row.status == S.QUEUED and update.status in _TAKEN):
        row.is_recounted, row.counted_at = True, now  # it left at the latest now, so the caps count it from now on
    row.status, row.reason, row.note, row.ask_at = update.status, update.reason, note[:300], update.ask_at
    if update.uncount:
        row.attempts = max(0, row.attempts - 1)


def _count(changes: list[Change], now: datetime) -> None:
    scope = tally.day_scope(timezone.localdate(now))
    gained: Counter[tuple[str, str]] = Counter()
    for (before, after), count in Counter((change.before, change.after) for change in changes).items():
        gained.update({(scope, stage): count for stage in tally.reached(before, after)})
    tally.add(gained)


ASK_AFTER = [2, 3, 5, 10, 20, 40, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 28_800, 86_400, 86_400]  # seconds


def ask_again_at(asked: int, *, now: datetime) -> datetime | None:
    """When to ask the gateway next about a message it was asked about so many times; None: no more."""
    return now + timedelta(seconds=ASK_AFTER[asked]) if asked < len(ASK_AFTER) else None
