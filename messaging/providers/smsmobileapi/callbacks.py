"""SMSMobileAPI's Webhook V2 (signed) and its older unsigned call: is it theirs, and what does it say? docs/wire.md 2.5."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from messaging.providers.errors import CallbackRejected, Reason
from messaging.providers.shapes import Callback, Incoming, News, Status, StatusReport
from messaging.providers.smsmobileapi.reading import is_in_group, iso_moment, moment

LARGEST = 1_000_000  # bytes
CLOCK_SLACK = 300  # seconds
TIMESTAMP, SIGNATURE = "x-smsmobileapi-timestamp", "x-smsmobileapi-signature"
REPORTS: Mapping[str, Status] = {
    "sms.api.submitted": "accepted",
    "whatsapp.submitted": "accepted",
    "sms.sent": "sent",
    "whatsapp.sent": "sent",
    "sms.failed": "failed",
    "whatsapp.failed": "failed",
}


def verify(callback: Callback, secret: str) -> None:
    """Raise CallbackRejected: 400 too large, without a time or not an event, 401 old or wrongly signed.

    Without a webhook secret there is nothing to check a signature with: the unguessable address is then the only
    secret, and whoever has it is believed.
    """
    if len(callback.body) > LARGEST:
        raise CallbackRejected(Reason.REJECTED, "the body is too large", status=400)
    if not secret:
        return
    _verify_signature(callback, secret)
    event = _json(callback.body)
    if not (isinstance(event, dict) and event.get("id") and event.get("type") and isinstance(event.get("data"), dict)):
        raise CallbackRejected(Reason.UNREADABLE, "not an event", status=400)


def _verify_signature(callback: Callback, secret: str) -> None:
    stamp, signature = callback.headers.get(TIMESTAMP, ""), callback.headers.get(SIGNATURE, "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 15):
        raise CallbackRejected(Reason.UNREADABLE, "the time of the call is missing", status=400)
    if abs(time.time() - int(stamp)) > CLOCK_SLACK:
        raise CallbackRejected(Reason.BAD_CREDENTIALS, "the time of the call is too far off", status=401)
    expected = "v1=" + hmac.new(secret.encode(), stamp.encode() + b"." + callback.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise CallbackRejected(Reason.BAD_CREDENTIALS, "the signature is wrong", status=401)


def event_id(callback: Callback) -> str:
    """The event's id, which a repeated call carries again; "" for the older call."""
    event = _json(callback.body)
    return str(event.get("id") or "") if isinstance(event, dict) and isinstance(event.get("data"), dict) else ""


def news(callback: Callback) -> list[News]:
    """What a verified call says; [] for calls, e-mail, and messages typed on the phone (their payload is unknown)."""
    event = _json(callback.body)
    if not isinstance(event, dict):
        event = dict(parse_qsl(callback.body.decode("utf-8", errors="replace")))
    data = event.get("data")
    if "type" not in event or not isinstance(data, dict):
        return _older(event)
    kind, at = str(event["type"]), iso_moment(event.get("occurred_at"))
    if kind in REPORTS:
        return _report(REPORTS[kind], data, at)
    if kind == "whatsapp.voice.transcribed":
        return _transcript(data, at)
    if kind in ("sms.received", "whatsapp.received"):
        return _received(kind, data, at)
    return []


def _report(status: Status, data: Mapping[str, Any], at: datetime | None) -> list[News]:
    """The payload of these events is undocumented: only the guid is relied on."""
    guid = str(data.get("guid") or "")
    if not guid:
        return []
    has_failed = status == "failed"
    words = next((str(data[name]) for name in ("error", "reason", "message_error", "note") if data.get(name)), "")
    return [
        StatusReport(
            status=status,
            remote_id=guid,
            reason=Reason.NOT_DELIVERED if has_failed else None,
            note=words[:300] if has_failed else "",
            at=at,
            raw=data,
        )
    ]


def _received(kind: str, data: Mapping[str, Any], at: datetime | None) -> list[News]:
    return [
        Incoming(
            channel="sms" if kind == "sms.received" else "whatsapp",
            sender=str(data.get("from") or ""),
            body=str(data.get("message") or ""),
            at=iso_moment(data.get("received_at")) or at or datetime.now(UTC),
            remote_id=str(data.get("guid") or ""),
            line_hint=str(data.get("device_id") or ""),
            media_kind="audio" if data.get("is_voice_message") in (True, 1, "1", "yes", "true") else "",
            name=str(data.get("contact_name") or data.get("alias") or ""),
            is_group=is_in_group(data),
            raw=data,
        )
    ]


def _transcript(data: Mapping[str, Any], at: datetime | None) -> list[News]:
    """The words of a voice message, some time after the message itself and under the same guid: given an id of its own,
    or it would be taken for the message repeated."""
    guid = str(data.get("guid") or "")
    return [
        Incoming(
            channel="whatsapp",
            sender=str(data.get("from") or ""),
            body=str(data.get("transcript") or ""),
            at=at or datetime.now(UTC),
            remote_id=f"{guid}/transcript" if guid else "",
            name=str(data.get("contact_name") or ""),
            is_group=is_in_group(data),
            raw=data,
        )
    ]


def _older(fields: Mapping[str, Any]) -> list[News]:
    """The unsigned call of before Webhook V2: JSON or form, flat."""
    sender = str(fields.get("waphone") or fields.get("phone") or fields.get("from") or "")
    if not sender or "message" not in fields:
        return []
    return [
        Incoming(
            channel="whatsapp" if fields.get("waphone") else "sms",
            sender=sender,
            body=str(fields["message"]),
            at=moment(fields) or datetime.now(UTC),
            remote_id=str(fields.get("guid") or ""),
            line_hint=str(fields.get("sIdentifiantPhone") or ""),
            is_group=is_in_group(fields),
            raw=fields,
        )
    ]


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
