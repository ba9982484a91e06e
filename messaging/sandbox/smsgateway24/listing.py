"""What there is: messages, one message's status, phones (docs/endpoints.md 4.2 rows 5, 9, 10, and getdevicestatus)."""

import time
from typing import Any
from zoneinfo import ZoneInfo

from messaging.sandbox.records import Device, Message
from messaging.sandbox.server import Response
from messaging.sandbox.smsgateway24.call import Call, php_time, refuse, yes

INCOMING = 5
# docs/wire.md 4.3: 1 → 3 → 2 → 6 → 7, whatever the numbers suggest
STATUS = {
    "waiting": (1, "New"),
    "handed": (2, "sending"),
    "sent": (6, "sent"),
    "delivered": (7, "delivered"),
    "read": (7, "delivered"),
    "failed": (8, "Not delivered"),
    "cancelled": (9, "Generic failure"),
}
SILENT = 7200  # seconds since a phone that is off was last seen


def status_of(message: Message) -> tuple[int, str]:
    return (INCOMING, "Incoming SMS") if message.direction == "in" else STATUS[message.state]


def slot_of(message: Message) -> int:
    """0 and 1 SIM cards, 3 WhatsApp for messages that came in."""
    if message.extra and "slot" in message.extra:
        return int(message.extra["slot"])
    return 3 if message.channel == "whatsapp" else max(0, message.sim - 1)


def device_id_of(message: Message) -> int:
    devices = message.account.devices
    device = devices.get(message.line) or next(iter(devices.values()))
    return int(message.extra["device"]) if message.extra and "device" in message.extra else device.id


def messages(call: Call) -> Response:
    """Row 5. No messages at all are PHP's empty array."""
    zone = call.zone()
    status, device, sim = call.number("status"), call.number("device_id"), call.number("sim")
    customer, phone = call.optional("customerid"), call.optional("phone").lstrip("+ ")
    begin, end = call.moment("begindate", zone), call.moment("enddate", zone)
    found = [
        message
        for message in call.account.messages.values()
        if (begin is None or message.created >= int(begin))
        and (end is None or message.created <= end)
        and customer in ("", message.reference)
        and (not phone or message.peer.lstrip("+") == phone)
        and (status is None or status_of(message)[0] == status)
        and (device is None or device_id_of(message) == device)
        and (sim is None or slot_of(message) == sim)
    ]
    if call.optional("onlycount") == "1":
        return yes("Ok", smss=[], count=len(found))
    if call.optional("orderbydesc") == "1":
        found.reverse()
    return yes("Ok", smss={message.key: _row(message, zone) for message in found} or [], count=len(found))


def one_status(call: Call) -> Response:
    """Row 10."""
    message = call.account.messages.get(call.text("sms_id")) or refuse("Sms not found")
    code, title = status_of(message)
    return yes("Ok", sms_id=message.id, status=code, status_description=title)


def devices(call: Call) -> Response:
    """Row 9: no `error` in this answer (4.6.9)."""
    rows = {str(device.id): _device_row(call, device) for device in call.account.devices.values()}
    return Response.json({"count": len(rows), "device": rows or [], "message": ""})


def device_status(call: Call) -> Response:
    device = call.device()
    silent = 2 if device.online else SILENT
    return yes(
        online=device.online,
        device_id=device.id,
        lastseen=php_time(time.time() - silent),
        diffseconds=silent,
        title=device.name,
    )


ENDPOINTS = {
    "getallsms": messages,
    "getsmsstatus": one_status,
    "getalldevices": devices,
    "getdevicestatus": device_status,
}


def _row(message: Message, zone: ZoneInfo) -> dict[str, Any]:
    code, title = status_of(message)
    has_left = code in (6, 7)
    campaign = message.campaign
    return {
        "id": message.id,
        "sendto": message.peer,
        "body": message.text,
        "customerid": int(message.reference) if message.reference else None,
        "status": code,
        "statustitle": title,
        "deviceid": device_id_of(message),
        "urgent": True if message.extra and message.extra.get("urgent") else None,
        "created": php_time(message.created, zone),
        "senttime": php_time(message.changed, zone) if has_left else None,
        "timetosend": None,
        "sim": slot_of(message),
        "paketid": campaign.id if campaign else None,
        "pakettitle": campaign.name if campaign else None,
        "paketbody": message.text if campaign else None,
    }


def _device_row(call: Call, device: Device) -> dict[str, Any]:
    seen = time.time() - (2 if device.online else SILENT)
    return {
        "id": device.id,
        "title": device.name,
        "number": None,
        "imei": "null",
        "created": php_time(device.created),
        "createdhumanformat": time.strftime("%d.%m.%Y %H:%M:%S", time.gmtime(device.created)),
        "lastseen": php_time(seen),
        "lastseenhumanformat": time.strftime("%d.%m.%Y %H:%M:%S", time.gmtime(seen)),
        "serialnumber": "unknown",
        "siminfo": [
            {
                "Slot": str(place - 1),
                "IccId": f"8952000000000000{place:04d}",
                "Number": f" {phone.removeprefix('+')}" if place == 1 else phone,
                "Roaming": "0",
                "CountryIso": "mx",
                "CarrierName": "Sandbox Telecom",
            }
            for place, phone in device.sims.items()
        ],
        "appversion": "14.2.1",
        "isappversionactual": True,
        "delaybetweeneachsms": None,
        "delaybetweenrequest": 1,
        "subscription": not call.account.no_credit,
    }
