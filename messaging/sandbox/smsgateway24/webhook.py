"""The calls to the URL of a device: delivery, incoming text, incoming image; unsigned JSON (docs/wire.md 4.5)."""

import json
from typing import Any

from messaging.sandbox.dialect import Callback
from messaging.sandbox.records import Message
from messaging.sandbox.registry import Event
from messaging.sandbox.smsgateway24.call import php_time
from messaging.sandbox.smsgateway24.listing import device_id_of, slot_of, status_of


def callbacks_for(event: Event) -> list[Callback]:
    message = event.message
    if message is None:
        return []
    if event.kind == "status":
        return [_call("delivery", _delivery(message))]
    if event.kind == "incoming":
        return [_call("incoming", _image(message) if message.attachment else _text(message))]
    return []


def _call(kind: str, body: dict[str, Any]) -> Callback:
    return Callback(body=json.dumps(body).encode(), content_type="application/json", kind=kind)


def _delivery(message: Message) -> dict[str, Any]:
    code, title = status_of(message)
    return {
        "sms_id": message.id,
        "status_id": code,
        "status_message": title,
        "sendto": message.peer,
        "senttime": php_time(message.changed) if code in (6, 7) else None,
        "channel_id": slot_of(message),
        "device_id": device_id_of(message),
    }


def _text(message: Message) -> dict[str, Any]:
    """Dates are Android's: milliseconds."""
    at = int(message.created * 1000)
    return {
        "address": message.peer,
        "date": at,
        "date_sent": at - 1000,
        "body": message.text,
        "internal_id": message.id % 1000,
        "channel_id": slot_of(message),
        "sms_id": message.id,
        "device_id": device_id_of(message),
        "device_name": next(iter(message.account.devices.values())).name,
        "type": "text",
    }


def _image(message: Message) -> dict[str, Any]:
    at = int(message.created * 1000)
    return {
        "address": message.peer,
        "date": at,
        "date_sent": at - 1000,
        "body": "",
        "internal_id": None,
        "sim": slot_of(message),
        "sms_id": message.id,
        "type": "img",
        "img_url": message.attachment,
    }
