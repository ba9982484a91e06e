"""Wablas' words in ours: statuses, times, phones. docs/wire.md 3.3, 3.6."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from messaging.providers.errors import CallbackRejected, Reason
from messaging.providers.shapes import Callback, Incoming, LineState, News, Status, StatusReport
from messaging.providers.wablas.lenient import parse

JAKARTA = ZoneInfo("Asia/Jakarta")

STATUSES: Mapping[str, Status] = {
    "pending": "accepted",
    "sent": "sent",
    "received": "delivered",
    "delivered": "delivered",
    "read": "read",
    "cancel": "cancelled",
    "revoke": "cancelled",
    "reject": "failed",
    "rejected": "failed",
}
DEVICE_STATES = {"connected": True, "disconnected": False}


def report_of(row: Mapping[str, Any]) -> StatusReport | None:
    """A row of a report or a tracking call. None for a status we do not know: the message keeps the one it has."""
    status = STATUSES.get(str(row.get("status")).lower())
    remote_id, reference = str(row.get("id") or ""), str(row.get("ref_id") or "")
    if status is None or not (remote_id or reference):
        return None
    date = row.get("date")
    return StatusReport(
        status=status,
        remote_id=remote_id,
        reference=reference,
        reason=Reason.NOT_DELIVERED if status == "failed" else None,
        note=str(row.get("note") or ""),
        at=local_time(date.get("updated_at")) if isinstance(date, dict) else None,
        raw=row,
    )


def local_time(text: Any) -> datetime | None:
    """ "2022-04-11 07:07:37" or "2022-04-11" without a zone is Jakarta's."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=JAKARTA)


def to_phone(to: str) -> str:
    """E.164 or a group's id as Wablas takes it: digits without "+", a group without "@g.us"."""
    return to.partition("@")[0].removeprefix("+")


def phone_key(phone: Any) -> str:
    """What two spellings of one phone share: "0812…" is the Indonesian "62812…" (3.6.6)."""
    digits = "".join(letter for letter in to_phone(str(phone or "")) if letter.isalnum())
    return f"62{digits[1:]}" if digits.startswith("0") else digits


# What Wablas posts to us (3.5): three kinds on one address, told apart by their fields.


def payload_of(callback: Callback) -> dict[str, Any]:
    """The object in the body; CallbackRejected (400) when it is none."""
    try:
        payload = parse(callback.body.decode())
    except (ValueError, RecursionError) as error:
        raise CallbackRejected(Reason.UNREADABLE, "the body is not JSON", status=400) from error
    if not isinstance(payload, dict):
        raise CallbackRejected(Reason.UNREADABLE, "the body is not a JSON object", status=400)
    return payload


def news_of(payload: dict[str, Any]) -> list[News]:
    """[] for what says nothing to us."""
    if "messageType" in payload or "isFromMe" in payload or ("message" in payload and "phone" in payload):
        return [_incoming(payload)] if payload.get("phone") else []
    if "deviceName" in payload or ("deviceId" in payload and "id" not in payload):
        return _line_state(payload)
    report = report_of(payload)
    return [report] if report else []


def _incoming(payload: dict[str, Any]) -> Incoming:
    group = payload.get("group")
    is_group = _is_true(payload.get("isGroup"))
    body, kind = payload.get("message"), str(payload.get("messageType") or "text")
    return Incoming(
        channel="whatsapp",
        sender=str(payload["phone"]),
        body=_place(body) if kind == "location" else _text(body),
        at=_moment(payload.get("timestamp")) or datetime.now(UTC),
        remote_id=str(payload.get("id") or ""),
        line_hint=str(payload.get("deviceId") or payload.get("sender") or ""),
        media_url=str(payload.get("url") or ""),
        media_kind="" if kind == "text" else kind,
        name=str(payload.get("pushName") or ""),
        is_own=_is_true(payload.get("isFromMe")),
        is_group=is_group,
        author=str(group.get("sender") or "") if is_group and isinstance(group, dict) else "",
        raw=payload,
    )


def _text(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body, ensure_ascii=False) if body else ""


def _place(body: Any) -> str:
    """A point on the map as people read it: name, address, and where it is. It comes as an object or as JSON text, in the
    names of sending (row 56) or in WhatsApp's own."""
    place = body
    if isinstance(body, str):
        try:
            place = json.loads(body)
        except ValueError:
            return body
    if not isinstance(place, dict):
        return _text(body)
    latitude = next((place[name] for name in ("latitude", "degreesLatitude", "lat") if name in place), None)
    longitude = next((place[name] for name in ("longitude", "degreesLongitude", "lng") if name in place), None)
    if latitude is None or longitude is None:
        return _text(body)
    words = [str(place[name]) for name in ("name", "address") if place.get(name)]
    return "\n".join([*words, f"https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}"])


def _line_state(payload: dict[str, Any]) -> list[News]:
    is_connected = DEVICE_STATES.get(str(payload.get("status")).lower())
    if is_connected is None or not payload.get("deviceId"):
        return []
    state = LineState(
        address=str(payload["deviceId"]),
        is_connected=is_connected,
        note=str(payload.get("note") or ""),
        at=_moment(payload.get("timestamp")),
        raw=payload,
    )
    return [state]


def _moment(text: Any) -> datetime | None:
    """ISO with Z and up to nine digits of a second; without a zone it is Jakarta's like everything else."""
    return local_time(text) if isinstance(text, str) else None


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"
