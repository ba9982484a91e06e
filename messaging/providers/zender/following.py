"""What became of messages, and what came in: Zender pushes no status, so its lists are read (docs/wire.md 1.3, 6 rule 5)."""

import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from messaging.providers.errors import AccountRejected, MessageRejected, ProviderError, Reason
from messaging.providers.shapes import Accepted, CannotTell, Channel, Found, Incoming, Outcome, Outgoing, StatusReport
from messaging.providers.zender.calls import Row
from messaging.providers.zender.client import ZenderClient
from messaging.providers.zender.lines import NOT_OURS
from messaging.providers.zender.paging import List, as_ids, read_pages, read_since
from messaging.providers.zender.words import WAITING, changed_at, incoming, is_same_number, is_same_text, report

ASKED_SINGLY = 50  # messages looked up one by one in a call
SINGLY_SECONDS = 5.0  # and no longer than this
SKEW = timedelta(seconds=120)  # how far the gateway's clock may be behind ours
LATENESS = timedelta(hours=1)  # a received row may be written long after the phone got it


class _One(Protocol):
    def __call__(self, *, id: int | str, type: Any) -> Row: ...


class _Delete(Protocol):
    def __call__(self, *, id: int | str) -> None: ...


@dataclass(frozen=True)
class Desk:
    """The same five calls of one channel."""

    channel: Channel
    sent: List
    pending: List
    received: List
    message: _One
    delete_sent: _Delete


def desk_of(client: ZenderClient, channel: Channel) -> Desk:
    if channel == "sms":
        return Desk(
            channel,
            client.get_sms_sent,
            client.get_sms_pending,
            client.get_sms_received,
            client.get_sms_message,
            client.delete_sms_sent,
        )
    return Desk(
        channel,
        client.get_wa_sent,
        client.get_wa_pending,
        client.get_wa_received,
        client.get_wa_message,
        client.delete_wa_sent,
    )


def fetch_reports(client: ZenderClient, messages: Sequence[Outgoing]) -> list[StatusReport]:
    """Reports of both channels: the lists first, then singly what they did not mention, ASKED_SINGLY a call."""
    reports: list[StatusReport] = []
    for channel in ("whatsapp", "sms"):
        # The channels number their messages separately, so our reference goes along with the gateway's id.
        references = {m.remote_id: m.reference for m in messages if m.route.channel == channel and m.remote_id}
        if references:
            desk = desk_of(client, channel)
            said = [report(desk.channel, row) for row in rows_of(desk, set(references))]
            reports += [replace(news, reference=references[news.remote_id]) for news in said if news]
    return reports


def rows_of(desk: Desk, ids: set[str]) -> Iterator[Row]:
    missing = set(ids)
    for endpoint in (desk.sent, desk.pending):
        if missing:
            for found in _listed(endpoint, frozenset(missing)):
                missing.discard(str(found["id"]))
                yield found
    started = time.monotonic()
    # Any of them, so that a few the gateway no longer knows cannot keep the others waiting.
    for remote_id in secrets.SystemRandom().sample(sorted(missing), min(len(missing), ASKED_SINGLY)):
        if time.monotonic() - started > SINGLY_SECONDS:
            return
        try:
            row = desk.message(id=remote_id, type="sent")
        except MessageRejected:  # the gateway has no such message any more: nothing to report
            continue
        yield {**row, "id": remote_id}


def _listed(endpoint: List, ids: frozenset[str]) -> Iterator[Row]:
    """The rows of `ids`, reading on only while pages bring some of them: the list may be years long."""
    missing = set(ids)
    for position, page in enumerate(read_pages(endpoint)):
        found = [row for remote_id, row in as_ids(page).items() if remote_id in missing]
        missing -= {str(row["id"]) for row in found}
        yield from found
        repeats = position == 1 and not page
        if not missing or (not found and not repeats):
            return


def fetch_incoming(client: ZenderClient, since: datetime | None) -> list[Incoming]:
    """Messages received on both channels; a channel the key or the package does not allow is left out."""
    received: list[Incoming] = []
    refused: list[AccountRejected] = []
    for channel in ("whatsapp", "sms"):
        desk = desk_of(client, channel)
        try:
            rows = read_since(desk.received, since - LATENESS if since else None, changed_at)
        except AccountRejected as problem:
            if problem.reason not in NOT_OURS:
                raise
            refused.append(problem)
        else:
            received += [incoming(desk.channel, row) for row in rows]
    if len(refused) == 2:
        raise refused[0]
    return received


def find(client: ZenderClient, message: Outgoing) -> Found | CannotTell:
    """Look for the recipient and text among what the gateway holds. Never NotFound: a chat handed to the WhatsApp server
    and an SMS the phone has taken are in neither list (docs/wire.md 1.3, 1.6.4), so absence proves nothing."""
    if message.attempted_at is None:
        return CannotTell("the time of the attempt is not known")
    desk = desk_of(client, message.route.channel)
    since = message.attempted_at - SKEW
    rows: dict[str, Row] = {}
    for endpoint in (desk.pending, desk.sent):  # in this order: a row moves from the first to the second
        rows |= as_ids(read_since(endpoint, since, changed_at))
    same = [row for row in rows.values() if _is_like(row, message)]
    if len(same) > 1:
        return CannotTell(f"the gateway holds {len(same)} messages with this text to this number")
    if not same:
        return CannotTell("not among the messages the gateway shows, which are not all it has")
    said = report(desk.channel, same[0])
    return Found(remote_id=str(same[0].get("id")), status=said.status if said else "accepted", raw=same[0])


def _is_like(row: Row, message: Outgoing) -> bool:
    return (
        changed_at(row) is not None
        and is_same_number(str(row.get("recipient") or ""), message.to)
        and is_same_text(str(row.get("message") or ""), message.body)
    )


def cancel(client: ZenderClient, messages: Sequence[Outgoing]) -> list[Outcome]:
    """Delete those that still wait at the gateway; one that went further on would be sent all the same."""
    return [_cancel_one(desk_of(client, message.route.channel), message) for message in messages]


def delete(client: ZenderClient, message: Outgoing) -> None:
    """What went out already is deleted from the gateway's list alone."""
    if not message.remote_id:
        raise MessageRejected(Reason.NOT_SUPPORTED, "the gateway gave this message no id")
    desk_of(client, message.route.channel).delete_sent(id=message.remote_id)


def _cancel_one(desk: Desk, message: Outgoing) -> Outcome:
    if not message.remote_id:
        return MessageRejected(Reason.NOT_SUPPORTED, "the gateway gave this message no id")
    try:
        row = desk.message(id=message.remote_id, type="sent")
        word = str(row.get("status") or "").lower()
        if word != WAITING[desk.channel]:
            return MessageRejected(Reason.REJECTED, f"already {word or 'gone on'} at the gateway")
        desk.delete_sent(id=message.remote_id)
    except ProviderError as problem:
        return problem
    return Accepted(remote_id=message.remote_id, raw=row)
