"""Sending, and what became of it (docs/endpoints.md 2.2 rows 1 and 2, /log/sent/sms/, the phones)."""

import time
from datetime import UTC, datetime
from typing import Any

from messaging.sandbox.records import Channel, Device, Message
from messaging.sandbox.server import Response
from messaging.sandbox.smsmobileapi.call import Call, Endpoint, Refusal, failed, refusal, wrong
from messaging.sandbox.stories import TAKEN, Fate

UNAUTHORIZED, OFFLINE, EXPIRED = "1", 2, "subscription_expire"
NOT_IN_ERROR = 3  # the number is ours: what the service says to resending a sound message is not known
LIMIT = 5  # phones an account may connect
YES = "yes"


def send(call: Call) -> Response:
    """Row 1. `sendwa`/`sendsms` are the older clients' way to choose; both at once is allowed (seed)."""
    channels = _channels(call)
    phone = _recipient(call, is_strict="whatsapp" in channels)
    media = _media(call, channels)
    text = call.optional("message") or (media and " ") or wrong("message")
    device, port = _phone(call)
    schedule = call.number("schedule_timestamp")
    if call.account.no_credit:
        return failed(EXPIRED, "subscription expired")
    if not device.online or ("whatsapp" in channels and not _number_is_on(call)):
        return failed(OFFLINE, "mobile offline")
    fate = call.world.fate(call.account, phone)
    if fate is Fate.REJECT:
        wrong("recipients")
    if fate is Fate.THROTTLE:
        return _throttled(call)
    messages: list[Message] = []
    if fate in TAKEN:
        wait = max(0.0, schedule - time.time()) if schedule else 0.0
        messages = [
            call.world.take(
                call.account,
                channel=channel,
                line=_line(call, device, channel),
                to=phone,
                text=text.strip(),
                sim=port or 1 if channel == "sms" else 0,
                attachment=media,
                after=wait,
            )
            for channel in channels
        ]
    return call.world.answer(fate, _taken(messages[0] if messages else None, channels, port))


def resend(call: Call) -> Response:
    """Row 2: only for a message in error; the answer's shape is assumed to be that of row 1."""
    message = call.account.messages.get(call.text("guid"))
    if message is None or message.direction != "out" or message.channel != "whatsapp":
        wrong("guid")
    if message.state != "failed":
        return failed(NOT_IN_ERROR, "the message has no error status")
    again = call.world.take(
        call.account,
        channel="whatsapp",
        line=message.line,
        to=message.peer,
        text=message.text,
        attachment=message.attachment,
    )
    return _taken(again, ("whatsapp",), None)


def log(call: Call) -> Response:
    """What was sent. An entry that is not there answers with an error of its own (2.3)."""
    guid, keyword = call.optional("guid_message"), call.optional("keyword")
    sent = [message for message in call.account.messages.values() if message.direction == "out"]
    rows = [
        _log_row(message)
        for message in sent
        if guid in ("", message.key) and (keyword in message.text or keyword in message.peer)
    ]
    for name, column in (("error_api", "error_api"), ("error_mobile", "send_from_mobile_erreur")):
        if call.optional(name) == "1":
            rows = [row for row in rows if row[column]]
    if guid and not rows:
        return Response.json({"result": {"error": "not_found", "sms": []}})
    return Response.json({"result": {"error": 0, "sms": rows}})


def phones(call: Call) -> Response:
    """The connected phones."""
    sid, search = call.optional("sid"), call.optional("search")
    items = [
        {
            "sid": device.unique,
            "name": device.name,
            "status": "online" if device.online else "offline",
            "battery": "87",
            "version": "5.4",
        }
        for device in call.account.devices.values()
        if sid in ("", device.unique) and search.lower() in device.name.lower()
    ]
    count = len(call.account.devices)
    return Response.json(
        {
            "success": True,
            "connected_now": count,
            "connected_limit": LIMIT,
            "connected_available": LIMIT - count,
            "filters": {"sid": sid, "search": search},
            "items": items,
        }
    )


def check_number(call: Call) -> Response:
    """Whether a number is on WhatsApp. The real answer is not known; this one says it plainly."""
    phone = _recipient(call, is_strict=True)
    exists = "0" if call.world.is_unreachable(phone) else "1"
    return Response.json({"result": {"error": 0, "number": phone.removeprefix("+"), "exists": exists}})


def denied(path: str) -> Response:
    """A key that may not: inside a 200 where one sends, HTTP 403 elsewhere. Both are documented."""
    if path in {"sendsms", "resendwa"}:
        return failed(UNAUTHORIZED, "unauthorized api key")
    return refusal(Refusal(403, "unauthorized", "This key may not use this endpoint"))


ENDPOINTS = {
    "sendsms": Endpoint(answer=send),
    "resendwa": Endpoint(answer=resend),
    "log/sent/sms": Endpoint(answer=log, methods=("GET",)),
    "gateway/mobile/list": Endpoint(answer=phones, methods=("GET",)),
    "whatsapp/checknumber": Endpoint(answer=check_number, methods=("GET",)),
}


def _channels(call: Call) -> tuple[Channel, ...]:
    if call.optional("waonly").lower() == YES:
        return ("whatsapp",)
    if call.optional("sendwa") == "1":
        return ("whatsapp", "sms") if call.optional("sendsms") == "1" else ("whatsapp",)
    return ("sms",)


def _recipient(call: Call, *, is_strict: bool) -> str:
    """One number; WhatsApp wants it without "+" and "00" (2.2 row 1)."""
    digits = call.text("recipients")
    if is_strict and not digits.isdecimal():
        wrong("recipients")
    digits = digits.removeprefix("+")
    if not digits.isdecimal() or digits.startswith("00") or not 7 <= len(digits) <= 15:
        wrong("recipients")
    return f"+{digits}"


def _media(call: Call, channels: tuple[Channel, ...]) -> str:
    url = call.optional("url_media")
    if url and (not url.startswith("https://") or "whatsapp" not in channels):
        wrong("url_media")
    return url


def _phone(call: Call) -> tuple[Device, int | None]:
    """The phone that sends (the first one when none is named) and the SIM that was asked for."""
    sid, port = call.optional("sIdentifiant"), call.number("port")
    devices = call.account.devices
    device = devices.get(sid) if sid else next(iter(devices.values()), None)
    if device is None:
        raise Refusal(400, "invalid_parameter", "No such mobile is connected")
    if port is not None and port not in device.sims:
        wrong("port")
    return device, port


def _number_is_on(call: Call) -> bool:
    return any(number.state == "connected" for number in call.account.numbers.values())


def _line(call: Call, device: Device, channel: Channel) -> str:
    """WhatsApp leaves by the number on the phone, SMS by the phone."""
    return next(iter(call.account.numbers)) if channel == "whatsapp" else device.unique


def _throttled(call: Call) -> Response:
    headers = call.world.throttled().headers
    return Response.json({"error": "rate_limit", "message": "Too many requests"}, status=429, headers=headers)


def _taken(message: Message | None, channels: tuple[Channel, ...], port: int | None) -> Response:
    at = datetime.now(UTC)
    result: dict[str, Any] = {
        "error": 0,
        "sent": "1",
        "id": message.key if message else "",
        "note": "sent by mobile",
        "datetime": f"{at:%Y-%m-%dT%H:%M:%S}Z",
        "datetimeLocal": f"{at:%Y-%m-%dT%H:%M:%S}+00:00",
        "port": str(port) if port else None,
        "iac_control": "1",
        "iac_authorized": "1",
        "send_with_whatsapp": "1" if "whatsapp" in channels else "0",
        "encrypted": {"status": "0"},
        "trial_account": {"status": "0", "sms_sent": 0},
    }
    return Response.json({"result": result})


def _log_row(message: Message) -> dict[str, str]:
    return {
        "guid_message": message.key,
        "number": message.peer,
        "message": message.text,
        "send_from_mobile": "1" if message.state in {"sent", "delivered", "read"} else "0",
        "send_from_mobile_erreur": "not sent by mobile" if message.state == "failed" else "",
        "error_api": "",
        "timestamp_unix": str(int(message.created)),
    }
