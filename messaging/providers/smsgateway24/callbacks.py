"""SMSGateway24's calls: unsigned, the unguessable address is their only secret. docs/wire.md 4.5."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from messaging.providers.errors import CallbackRejected, Reason
from messaging.providers.shapes import Callback, Channel, Incoming, News, StatusReport
from messaging.providers.smsgateway24.reading import STATUSES, WHATSAPP_SLOTS, moment, number


def verify(callback: Callback) -> None:
    """Raise CallbackRejected (400) for a body that is no JSON object: there is nothing else to tell a stranger by."""
    if not isinstance(_json(callback.body), dict):
        raise CallbackRejected(Reason.UNREADABLE, "not a JSON object", status=400)


def news(callback: Callback) -> list[News]:
    """The kinds carry no name: a delivery has `status_id`, an incoming message `body`."""
    fields = _json(callback.body)
    if not isinstance(fields, dict):
        return []
    if "status_id" in fields:
        return _report(fields)
    if "body" in fields and fields.get("address"):
        return [_incoming(fields)]
    return []


def channel_of(slot: object) -> Channel:
    """What a message came or went by, from its `sim` (new name: `channel_id`)."""
    return "whatsapp" if number(slot) in WHATSAPP_SLOTS else "sms"


def _report(fields: Mapping[str, Any]) -> list[News]:
    word = STATUSES.get(number(fields["status_id"]) or 0)
    remote_id = str(fields.get("sms_id") or "")
    if word is None or not remote_id:
        return []
    status, reason = word
    note = str(fields.get("status_message") or "")[:300] if reason else ""
    return [
        StatusReport(
            status=status,
            remote_id=remote_id,
            reason=reason,
            note=note,
            at=moment(fields.get("senttime")),
            raw=fields,
        )
    ]


def _incoming(fields: Mapping[str, Any]) -> Incoming:
    is_image = fields.get("type") == "img"
    return Incoming(
        channel=channel_of(fields.get("channel_id", fields.get("sim"))),
        sender=str(fields["address"]).strip(),
        body=str(fields.get("body") or ""),
        at=moment(fields.get("date")) or moment(fields.get("date_sent")) or datetime.now(UTC),
        remote_id=str(fields.get("sms_id") or ""),
        line_hint=str(fields.get("device_id") or ""),
        media_url=str(fields.get("img_url") or "") if is_image else "",
        media_kind="image" if is_image else "",
        raw=fields,
    )


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
