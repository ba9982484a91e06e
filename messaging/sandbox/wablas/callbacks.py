"""Wablas' three webhooks: incoming, tracking, device. JSON, unsigned; repeats are nowhere documented (docs/wire.md 3.5)."""

import json
from datetime import UTC, datetime
from typing import Any

from messaging.sandbox.dialect import Callback
from messaging.sandbox.records import Message, Number
from messaging.sandbox.registry import Event
from messaging.sandbox.wablas.reports import shown_phone

# The older documents' words; the report uses the newer ones.
TRACKED = {
    "handed": "pending",
    "sent": "sent",
    "delivered": "received",
    "read": "read",
    "failed": "reject",
    "cancelled": "cancel",
}
NOTES = {"connected": "ready to use", "disconnected": "whatsapp sender not connected, need scan qr code again"}


def callbacks_for(event: Event) -> list[Callback]:
    if event.kind == "line" and event.number is not None:
        return [_call("device", _device(event, event.number))]
    message = event.message
    if message is None or message.line not in event.account.numbers:
        return []
    number = event.account.numbers[message.line]
    if event.kind == "incoming":
        return [_call("incoming", _incoming(message, number))]
    if event.kind == "status" and event.state in TRACKED:
        calls = [_call("tracking", _tracking(message, number, event.state))]
        if event.state == "sent" and event.account.settings.get("echo_own"):
            calls.append(_call("incoming", {**_incoming(message, number), "isFromMe": True}))
        return calls
    return []


def _tracking(message: Message, number: Number, state: str) -> dict[str, Any]:
    """No time in it."""
    is_revoked = state == "cancelled" and (message.extra or {}).get("is_revoked")
    return {
        "id": message.key,
        "phone": shown_phone(message),
        "status": "revoke" if is_revoked else TRACKED[state],
        "note": message.reason or ("phone number is not reachable" if state == "failed" else ""),
        "sender": number.phone.removeprefix("+"),
        "deviceId": number.unique,
    }


def _incoming(message: Message, number: Number) -> dict[str, Any]:
    """`phone` is the customer or the group; in a group the author is in `group.sender`."""
    is_group = message.peer.endswith("@g.us")
    subject, members = number.groups.get(message.peer, ("Group", ())) if is_group else ("", ())
    phones = [member.removeprefix("+") for member in members]
    participants = [{"jid": f"{phone}@s.whatsapp.net", "is_admin": place == 0} for place, phone in enumerate(phones)]
    return {
        "id": message.key,
        "pushName": "Sandbox phone",
        "isGroup": is_group,
        "group": {
            "sender": phones[-1] if phones else "",
            "subject": subject,
            "owner": phones[0] if phones else "",
            "desc": "",
            "participants": participants or None,
        },
        "message": message.text,
        "phone": shown_phone(message),
        "messageType": "image" if message.attachment else "text",
        "file": message.attachment.rpartition("/")[2],
        "url": message.attachment,
        "mimeType": "image/jpeg" if message.attachment else "",
        "deviceId": number.unique,
        "sender": number.phone.removeprefix("+"),
        "isFromMe": False,
        "timestamp": datetime.fromtimestamp(message.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "profileImage": "",
        "ticketId": "",
        "assigned": "",
    }


def _device(event: Event, number: Number) -> dict[str, Any]:
    """Nine digits of a second."""
    return {
        "deviceId": number.unique,
        "deviceName": event.account.name,
        "sender": number.phone.removeprefix("+"),
        "status": event.state,
        "note": NOTES.get(event.state, ""),
        "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "142Z",
    }


def _call(kind: str, payload: dict[str, Any]) -> Callback:
    return Callback(body=json.dumps(payload).encode(), content_type="application/json", kind=kind)
