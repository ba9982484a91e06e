"""What Wablas can list: contacts, auto-replies, servers, the device, and every message sent through it.

It has no call that lists groups of contacts, the blacklist, schedules, reminders or agents (docs/wire.md 3.2).
"""

from datetime import datetime
from typing import Any

from messaging.providers.shapes import Page, RemoteObject
from messaging.providers.wablas.client import WablasClient
from messaging.providers.wablas.judge import Answer, listed, rows_in
from messaging.providers.wablas.words import local_time, phone_key

PAGE = 100
KINDS = ("device", "contact", "autoreply", "server", "wa_sent")
HISTORY = ("wa_sent",)
UNLISTED = ("contact_group", "unsubscribed", "schedule", "reminder", "agent", "whatsapp_group")


def fetch(client: WablasClient, kind: str, cursor: str | None, since: datetime | None = None) -> Page:
    """One page; ValueError for a kind that cannot be listed."""
    page = int(cursor or 1)
    if kind == "contact":
        return _page(client.get_contacts(page=page, limit=PAGE), page, _contact)
    if kind == "wa_sent":
        return _sent(client, page, since)
    if kind == "autoreply":
        rows = rows_in(client.get_autoreplies().get("data"))
        return Page(objects=[_plain(kind, row, row.get("keyword")) for row in rows])
    if kind == "device":
        row = client.device_info().get("data")
        return Page(objects=[_device(row)] if isinstance(row, dict) and row.get("serial") else [])
    if kind == "server":
        names = client.list_server().get("server")
        servers = names if isinstance(names, list) else []
        return Page(objects=[RemoteObject(kind=kind, remote_id=str(name), name=str(name)) for name in servers])
    raise ValueError(f"Wablas keeps no {kind}")


def _sent(client: WablasClient, page: int, since: datetime | None) -> Page:
    """The report, newest first: it ends where a whole page is from before `since`."""
    found = _page(client.report_message(page=page, per_page=PAGE), page, _message)
    times = [item.at for item in found.objects if item.at]
    is_past = since is not None and bool(times) and max(times) < since and times[0] >= times[-1]
    return Page(objects=found.objects, cursor=None) if is_past else found


def _page(answer: Answer, page: int, read: Any) -> Page:
    rows = listed(answer)
    is_last = not rows or page >= int(str(answer.get("totalPage") or 0))
    return Page(objects=[read(row) for row in rows if row.get("id")], cursor=None if is_last else str(page + 1))


def _plain(kind: str, row: Answer, name: Any) -> RemoteObject:
    return RemoteObject(kind=kind, remote_id=str(row.get("id") or ""), name=str(name or "")[:200], raw=row)


def _contact(row: Answer) -> RemoteObject:
    return RemoteObject(
        kind="contact",
        remote_id=str(row["id"]),
        name=str(row.get("name") or "")[:200],
        phone=_phone(row.get("phone")),
        raw=row,
    )


def _message(row: Answer) -> RemoteObject:
    ends, date = row.get("phone"), row.get("date")
    return RemoteObject(
        kind="wa_sent",
        remote_id=str(row["id"]),
        name=str(row.get("text") or row.get("message") or "")[:200],
        phone=_phone(ends.get("to") if isinstance(ends, dict) else ends),
        channel="whatsapp",
        reference=str(row.get("ref_id") or ""),
        at=local_time(date.get("created_at")) if isinstance(date, dict) else None,
        raw=row,
    )


def _device(row: Answer) -> RemoteObject:
    name = str(row.get("name") or row["serial"])
    return RemoteObject(
        kind="device", remote_id=str(row["serial"]), name=name, phone=_phone(row.get("sender")), raw=row
    )


def _phone(value: Any) -> str:
    digits = phone_key(value)
    return f"+{digits}" if digits.isdigit() else ""
