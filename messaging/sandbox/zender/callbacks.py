"""Zender's webhook: received events only, form-encoded in PHP's nesting, never repeated (docs/wire.md 1.5)."""

from urllib.parse import urlencode

from messaging.sandbox.dialect import Callback
from messaging.sandbox.records import Message
from messaging.sandbox.registry import Event
from messaging.sandbox.zender.whatsapp import shown


def callbacks_for(event: Event) -> list[Callback]:
    if event.kind == "incoming" and event.message is not None:
        message = event.message
        data = _whatsapp(message) if message.channel == "whatsapp" else _sms(message)
        return [_form(event, message.channel, data)]
    if event.kind == "ussd" and event.row is not None:
        row = {name: event.row[name] for name in ("id", "sim", "device", "code", "response")}
        return [_form(event, "ussd", {**row, "timestamp": event.row["created"]})]
    return []


def _sms(message: Message) -> dict[str, object]:
    return {
        "id": message.id,
        "rid": message.id,
        "sim": message.sim,
        "device": message.line,
        "phone": message.peer,
        "message": message.text,
        "timestamp": int(message.created),
    }


def _whatsapp(message: Message) -> dict[str, object]:
    """`wid` is the account's own number, `phone` the sender; no attachment is PHP's false: "0"."""
    number = message.account.numbers.get(message.line)
    return {
        "id": message.id,
        "wid": number.phone if number else "",
        "phone": shown(message.peer),
        "message": message.text,
        "attachment": message.attachment or 0,
        "timestamp": int(message.created),
    }


def _form(event: Event, kind: str, data: dict[str, object]) -> Callback:
    fields = {"secret": event.account.callback_secret, "type": kind}
    fields.update({f"data[{name}]": str(value) for name, value in data.items()})
    return Callback(body=urlencode(fields).encode(), content_type="application/x-www-form-urlencoded", kind="incoming")
