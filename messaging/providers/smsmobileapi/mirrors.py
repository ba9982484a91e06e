"""What SMSMobileAPI can list: its phones and the log of sent messages. It keeps no contacts, groups or campaigns."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from messaging.providers.shapes import Page, RemoteObject
from messaging.providers.smsmobileapi.client import Client
from messaging.providers.smsmobileapi.phones import name_of, sid_of
from messaging.providers.smsmobileapi.reading import moment, rows_in

KINDS = ("device", "sent")
HISTORY = ("sent",)


def fetch(client: Client, kind: str, since: datetime | None) -> Page:
    """Everything at once: neither list has pages. The log's rows without an id cannot be told apart and are left out."""
    if kind == "device":
        rows = rows_in(client.gateway_mobile_list())
        return Page(objects=[_device(row) for row in rows if sid_of(row)])
    if kind == "sent":
        found = [_message(row) for row in rows_in(client.log_sent_sms()) if _key(row)]
        return Page(objects=[item for item in found if since is None or item.at is None or item.at >= since])
    raise ValueError(f"SMSMobileAPI lists no {kind}")


def _device(row: Mapping[str, Any]) -> RemoteObject:
    return RemoteObject(kind="device", remote_id=sid_of(row), name=name_of(row), raw=row)


def _message(row: Mapping[str, Any]) -> RemoteObject:
    return RemoteObject(
        kind="sent",
        remote_id=_key(row),
        name=str(row.get("message") or "")[:200],
        phone=str(row.get("number") or ""),
        at=moment(row),
        raw=row,
    )


def _key(row: Mapping[str, Any]) -> str:
    return str(row.get("guid_message") or row.get("guid") or "")
