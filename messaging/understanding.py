"""Stored calls from gateways, read in a worker: in their order, many at once, and again where it may help.

The rows are the queue, so that a cluster that is down, or killed in the middle, loses none; everything that follows from
a call may happen twice without harm, so that none is doubled.
"""

import logging
import sys
import time
import traceback
from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from messaging import inbox, news, polling, stopping
from messaging.gateway import ExchangeLog, open_provider
from messaging.lease import Singleton
from messaging.mirror.lines import set_connected
from messaging.models import Account, Callback, Line, MessageEvent
from messaging.providers import shapes
from messaging.providers.base import Provider
from messaging.providers.errors import ProviderError
from messaging.providers.redact import mask

log = logging.getLogger(__name__)

PER_TURN = 200
SECONDS = 15.0
LEASE = 60.0  # seconds
TRY_AGAIN = [5, 30, 120, 600]  # seconds, for news about a message we do not know yet
_Read = tuple[Callback, list[shapes.News]]


def work_waiting() -> int:
    """Read what is due, for a slice of time; one copy at a time. Returns how many calls were looked at."""
    turn = Singleton("callbacks", seconds=LEASE)
    if not turn.acquire():
        return 0
    done, started = 0, time.monotonic()
    try:
        while time.monotonic() - started < SECONDS and not stopping.is_wanted() and turn.renew():
            due = Callback.objects.filter(next_attempt_at__lte=timezone.now()).select_related("account")
            rows = list(due.order_by("next_attempt_at", "id")[:PER_TURN])
            if not rows:
                break
            rows.sort(key=lambda row: (row.account_id, row.pk))
            for _account_id, group in groupby(rows, key=lambda row: row.account_id):
                understand(list(group))
            done += len(rows)
    finally:
        turn.release()
    return done


def understand(rows: Sequence[Callback]) -> None:
    """Read stored calls of one account. What is about a message we do not know yet waits and is tried again; what cannot
    be read keeps its reason, stops nobody behind it, and can be replayed."""
    account = rows[0].account
    provider = open_provider(account, ExchangeLog())
    try:
        read = [(row, told) for row in rows if (told := _parse(provider, row)) is not None]
    finally:
        provider.close()
    if read:
        _take_all(account, read)


def _parse(provider: Provider, row: Callback) -> list[shapes.News] | None:
    """The news in a call; None when it could not be read, which is then written down."""
    content_type = row.headers.get("content-type", "")
    call = shapes.Callback(headers=row.headers, body=row.body.encode(), content_type=content_type)
    try:
        told = news.read_again(row)
        return [news.clean(item) for item in (provider.parse_callback(call) if told is None else told)]
    except ProviderError as problem:
        _close(row, Callback.State.FAILED, str(problem))
        news.tell(row.account, str(problem))
    except Exception:  # a fault of ours in one call must not stop the calls behind it
        _note_fault(row)
    return None


def _take_all(account: Account, read: Sequence[_Read]) -> None:
    """Hand over the news of all in one transaction; where that breaks, of each alone, to find the one it was."""
    try:
        with transaction.atomic():
            _take(account, read)
    except (OperationalError, InterfaceError):
        raise  # the database is away: the rows stay due
    except Exception:
        if len(read) == 1:
            _note_fault(read[0][0])
            return
        for each in read:
            _take_all(account, [each])


def _take(account: Account, read: Sequence[_Read]) -> None:
    items = [item for _row, told in read for item in told]
    inbox.receive(account, [item for item in items if isinstance(item, shapes.Incoming)])
    for item in items:
        if isinstance(item, shapes.LineState):
            for line in Line.objects.filter(account=account, address=item.address).select_related("account"):
                set_connected(line, is_connected=item.is_connected, note=item.note[:300])
    reports = [item for item in items if isinstance(item, shapes.StatusReport)]
    known = {id(report) for report in polling.known_reports(account, reports)}
    polling.apply_reports(account, reports, source=MessageEvent.Source.CALLBACK)
    for row, told in read:
        if all(id(item) in known for item in told if isinstance(item, shapes.StatusReport)):
            _close(row, Callback.State.DONE)
        else:
            _wait(row)


def _note_fault(row: Callback) -> None:
    log.exception("Reading callback %s broke", row.pk)
    _close(row, Callback.State.FAILED, mask(traceback.format_exc())[-4000:])
    news.tell(row.account, type(sys.exception()).__name__)


def _close(row: Callback, state: str, problem: str = "") -> None:
    Callback.objects.filter(pk=row.pk).update(
        state=state, problem=problem, next_attempt_at=None, attempts=row.attempts + 1
    )


def _wait(row: Callback) -> None:
    """The answer to our own call may still be on its way, or the message is somebody else's."""
    if row.attempts >= len(TRY_AGAIN):
        _close(row, Callback.State.FOREIGN)
        return
    again = timezone.now() + timedelta(seconds=TRY_AGAIN[row.attempts])
    Callback.objects.filter(pk=row.pk).update(
        state=Callback.State.WAITING, next_attempt_at=again, attempts=row.attempts + 1
    )
