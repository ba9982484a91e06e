"""Webhook V2: signed JSON for what happens to messages (docs/wire.md 2.5).

Of the 15 types the sandbox has reason to send nine: it knows no calls, no e-mail, and nobody types on its phones.
"""

import hashlib
import hmac
import json
import uuid
from datetime import UTC, datetime
from typing import Any

from messaging.sandbox.dialect import Callback
from messaging.sandbox.records import Message
from messaging.sandbox.registry import Event
from messaging.sandbox.smsmobileapi.inbox import is_voice

API_VERSION = "2026-09-22"
ATTEMPTS = 3  # how often the service repeats a call is not known
REPORTS = {
    ("sms", "handed"): "sms.api.submitted",
    ("sms", "sent"): "sms.sent",
    ("sms", "failed"): "sms.failed",
    ("whatsapp", "handed"): "whatsapp.submitted",
    ("whatsapp", "sent"): "whatsapp.sent",
    ("whatsapp", "failed"): "whatsapp.failed",
}


def callbacks_for(event: Event, *, now: float) -> list[Callback]:
    """Delivered and read are not told: the service does not know them."""
    message = event.message
    if message is None:
        return []
    if event.kind == "status":
        kind = REPORTS.get((message.channel, event.state))
        return [_signed(event, kind, _report(message), now)] if kind else []
    if event.kind != "incoming":
        return []
    if message.channel == "sms":
        return [_signed(event, "sms.received", _sms(message), now)]
    calls = [_signed(event, "whatsapp.received", _whatsapp(message), now)]
    if is_voice(message):
        calls.append(_signed(event, "whatsapp.voice.transcribed", _transcript(message), now))
    return calls


def _signed(event: Event, kind: str, data: dict[str, Any], now: float) -> Callback:
    """The signature covers the time and the raw body."""
    identifier, stamp = str(uuid.uuid4()), str(int(now))
    happened = event.message.changed if event.message else now
    body = json.dumps(
        {
            "id": identifier,
            "type": kind,
            "api_version": API_VERSION,
            "created_at": _iso(now),
            "occurred_at": _iso(happened),
            "data": data,
        }
    ).encode()
    digest = hmac.new(event.account.callback_secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "X-SMSMobileAPI-Event": kind,
        "X-SMSMobileAPI-Event-ID": identifier,
        "X-SMSMobileAPI-Timestamp": stamp,
        "X-SMSMobileAPI-Signature": f"v1={digest}",
        "Idempotency-Key": identifier,
    }
    return Callback(body=body, content_type="application/json", kind=kind, headers=headers, attempts=ATTEMPTS)


def _report(message: Message) -> dict[str, Any]:
    """Only the guid may be expected here: the real payload is not known."""
    data = {"guid": message.key, "to": message.peer}
    return {**data, "error": message.reason or "not sent by mobile"} if message.state == "failed" else data


def _sms(message: Message) -> dict[str, Any]:
    return {
        "guid": message.key,
        "from": message.peer,
        "message": message.text,
        "received_at": _iso(message.created),
        "alias": "",
        "device_id": message.line,
    }


def _whatsapp(message: Message) -> dict[str, Any]:
    return {
        "guid": message.key,
        "data_id": str(message.id),
        "from": message.peer,
        "contact_name": "",
        "message": "" if is_voice(message) else message.text,
        "is_voice_message": is_voice(message),
        "received_at": _iso(message.created),
    }


def _transcript(message: Message) -> dict[str, Any]:
    return {
        "guid": message.key,
        "data_id": str(message.id),
        "from": message.peer,
        "contact_name": "",
        "transcript": message.text,
        "duration_seconds": 4,
    }


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
