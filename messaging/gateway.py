"""From an account row to a provider that speaks for it, and from its exchanges to rows."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection

from messaging.encryption import CannotDecrypt
from messaging.models import Account, Line, Message
from messaging.models.line import NO_SLOT
from messaging.outbox.due import Due
from messaging.providers import PROVIDERS
from messaging.providers.base import Provider
from messaging.providers.errors import AccountRejected, Reason
from messaging.providers.http import ExchangeRecord
from messaging.providers.shapes import Attachment, Link, Location, Media, Menu, Outgoing, Route

AT_ONCE = 1000  # exchanges per statement, of nine parameters each
_EXCHANGES = """
    INSERT INTO messaging_exchange (account_id, method, url, request, status_code, response, error, elapsed_ms, at)
    VALUES {rows} RETURNING id
"""


class ExchangeLog:
    """Collects what crossed the wire, per thread, so that each exchange finds its messages."""

    def __init__(self) -> None:
        self._local = threading.local()

    def __call__(self, record: ExchangeRecord) -> None:
        self._kept().append(record)

    def take(self) -> list[ExchangeRecord]:
        """What this thread recorded since the last call."""
        kept = self._kept()
        taken = list(kept)
        kept.clear()
        return taken

    def _kept(self) -> list[ExchangeRecord]:
        if not hasattr(self._local, "records"):
            self._local.records = []
        records: list[ExchangeRecord] = self._local.records
        return records


def open_provider(account: Account, log: ExchangeLog) -> Provider:
    """The provider for an account; its exchanges go to `log`. Close it when done. AccountRejected where its credentials
    cannot be read: that account is blocked then, and nobody else's."""
    try:
        credentials = dict(account.credentials)
    except CannotDecrypt as problem:
        raise AccountRejected(Reason.BAD_CREDENTIALS, str(problem)) from problem
    return PROVIDERS[account.provider](
        base_url=account.base_url, credentials=credentials, region=account.region, record=log
    )


@contextmanager
def provider_of(account: Account) -> Iterator[Provider]:
    """A provider for a short piece of work; its exchanges are kept, also when the work fails."""
    log = ExchangeLog()
    provider = open_provider(account, log)
    try:
        yield provider
    finally:
        provider.close()
        save_exchanges([(account.pk, record) for record in log.take()])


def save_exchanges(exchanges: Sequence[tuple[int, ExchangeRecord]]) -> list[int]:
    """Keep what crossed the wire, each with its account (id). Returns the rows' ids, in this order.

    In SQL, since the engine keeps hundreds a second: model instances take ten times as long.
    """
    moment, ids = connection.ops.adapt_datetimefield_value, list[int]()
    with connection.cursor() as cursor:
        for start in range(0, len(exchanges), AT_ONCE):
            some = exchanges[start : start + AT_ONCE]
            values = [
                value
                for account_id, e in some
                for value in (
                    account_id, e.method, e.url[:500], e.request, e.status_code, e.response, e.error[:300], e.elapsed_ms, moment(e.at),
                )
            ]  # fmt: skip
            places = ",".join([f"({','.join(['%s'] * 9)})"] * len(some))
            cursor.execute(_EXCHANGES.format(rows=places), values)
            ids += [row[0] for row in cursor.fetchall()]
    return ids


def route_of(line: Line) -> Route:
    """The gateway's name of a line."""
    return Route(
        channel=line.channel,  # type: ignore[arg-type]  # the database's choices are the contract's words
        kind=line.kind,  # type: ignore[arg-type]  # likewise
        address=line.address,
        slot=None if line.slot == NO_SLOT else line.slot,
    )


def outgoing(message: Message | Due, route: Route) -> Outgoing:
    """A message as the provider sees it."""
    return Outgoing(
        reference=str(message.pk), route=route, to=message.phone, body=message.body,
        attachment=read_attachment(message.attachment), is_group=message.phone.endswith("@g.us"),
        is_urgent=message.priority == Message.Priority.URGENT, attempted_at=message.attempted_at, remote_id=message.remote_id,
        is_alone=message.reason == Reason.GATEWAY_ERROR,
    )  # fmt: skip


def read_attachment(stored: dict[str, Any] | None) -> Attachment | None:
    """The attachment kept in a message's JSON: {"type": "media", "kind": "image", "url": …} and so on. A file of ours is
    named there only; `media.files.hand_over` adds it right before the call."""
    if not stored:
        return None
    fields = {key: value for key, value in stored.items() if key != "type"}
    match stored.get("type"):
        case "location":
            return Location(**fields)
        case "link":
            return Link(**fields)
        case "menu":
            return Menu(**{**fields, "items": tuple((title, text) for title, text in fields["items"])})
        case _:
            return Media(
                kind=fields["kind"], url=fields.get("url", ""), filename=fields.get("filename", ""),
                mime_type=fields.get("mime_type", ""),
            )  # fmt: skip
