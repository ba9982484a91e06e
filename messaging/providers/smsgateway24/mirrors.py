"""What SMSGateway24 can list: its phones, and the messages of a stretch of time. Tags, contacts and newsletters can be made
and not listed (docs/wire.md 4.2)."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from messaging.providers.shapes import Page, RemoteObject
from messaging.providers.smsgateway24.callbacks import channel_of
from messaging.providers.smsgateway24.client import Client
from messaging.providers.smsgateway24.reading import INCOMING, moment, rows_of

KINDS = ("device", "sent")
HISTORY = ("sent",)
UNLISTED = ("contact", "contact_group", "newsletter")
STRETCH = timedelta(days=1)
FIRST = datetime(2015, 1, 1, tzinfo=UTC)  # before the service's first message

Read = Callable[[Mapping[str, Any]], RemoteObject]


def fetch(client: Client, kind: str, cursor: str | None, since: datetime | None = None) -> Page:
    """The phones at once; messages by the day from `since` on. The cursor is where the next stretch begins."""
    if kind == "device":
        return Page(objects=[_device(row) for row in rows_of(client.getalldevices().get("device"))])
    if kind == "sent":
        return _sent(client, cursor, since)
    raise ValueError(f"SMSGateway24 lists no {kind}")


def _sent(client: Client, cursor: str | None, since: datetime | None) -> Page:
    now = datetime.now(UTC)
    if cursor is None and since is None:  # everything in one answer: the gateway has no pages
        begin, end = FIRST, now
    else:
        begin = datetime.fromisoformat(cursor) if cursor else (since or FIRST).astimezone(UTC)
        end = min(begin + STRETCH, now)
    rows = rows_of(client.getallsms(begindate=begin, enddate=end + timedelta(seconds=1)).get("smss"))
    objects = [_message(row) for row in rows if str(row.get("status")) != str(INCOMING)]
    return Page(objects=objects, cursor=end.isoformat() if end < now else None)


def _device(row: Mapping[str, Any]) -> RemoteObject:
    name = str(row.get("title") or row["id"])
    return RemoteObject(kind="device", remote_id=str(row["id"]), name=name, at=moment(row.get("created")), raw=row)


def _message(row: Mapping[str, Any]) -> RemoteObject:
    return RemoteObject(
        kind="sent",
        remote_id=str(row["id"]),
        name=str(row.get("body") or "")[:200],
        phone=str(row.get("sendto") or "").strip(),
        channel=channel_of(row.get("sim")),
        reference=str(row.get("customerid") or ""),
        at=moment(row.get("created")),
        raw=row,
    )
