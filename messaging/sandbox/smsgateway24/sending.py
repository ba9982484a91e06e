"""Sending: one, one with e-mail and password, many as JSON in a form field (docs/endpoints.md 4.2 rows 2-4)."""

import json
import time
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from messaging.sandbox.records import Account, Channel, Device, Message
from messaging.sandbox.server import File, Request, Response
from messaging.sandbox.smsgateway24.call import HOME, Call, Refusal, device_of, no, phone_of, read_moment, refuse, yes
from messaging.sandbox.stories import TAKEN, Fate
from messaging.sandbox.world import World

SLOTS = range(6)  # 0 and 1 SMS, 2 WhatsApp Business, 3 WhatsApp, 4 and 5 RCS
WHATSAPP_SLOTS = (2, 3)
IMAGES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif"}
SAVED = "Sms has been saved successfully"
NO_SUBSCRIPTION = "Subscription of this device has expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One message that may be saved. after: seconds until its time to be sent."""

    phone: str
    text: str
    device: Device
    slot: int
    customer: str
    after: float
    is_urgent: bool
    image: str = ""


def add_one(call: Call) -> Response:
    """Rows 2 and 3: several numbers in `sendto` are several messages, but one id comes back."""
    image = _uploaded(call)
    rows = [_row(call.account, call.params, phone, image) for phone in call.text("sendto").split(",")]
    fates = [call.world.fate(call.account, row.phone) for row in rows]
    if Fate.REJECT in fates:
        return no("Phone number is wrong")
    if Fate.THROTTLE in fates:
        return call.world.throttled()
    saved = [save(call.world, call.account, row) for row, fate in zip(rows, fates, strict=True) if fate in TAKEN]
    return call.world.answer(fates, yes(SAVED, sms_id=saved[0].id if saved else 0))


def bulk_fields(request: Request) -> dict[str, Any]:
    """What is in `datajson`: the token is inside too."""
    try:
        fields = json.loads(request.params().get("datajson", ""))
    except ValueError:
        refuse("Parameter datajson is not JSON")
    return fields if isinstance(fields, dict) else refuse("Parameter datajson is not an object")


def add_many(call: Call, fields: dict[str, Any]) -> Response:
    """Row 4. Whether the real one keeps what stands before a bad row is not known; this one does, the worst case."""
    rows = fields.get("smsdata")
    if not isinstance(rows, list) or not rows:
        refuse("Parameter smsdata is required")
    fates: list[Fate] = []
    problem = ""
    good: list[Row] = []
    for fields_of_row in rows:
        try:
            row = _row(call.account, fields_of_row, str(fields_of_row.get("sendto", "")))
        except Refusal as words:
            problem = str(words)
            break
        fate = call.world.fate(call.account, row.phone)
        if fate is Fate.THROTTLE:
            return call.world.throttled()
        if fate is Fate.REJECT:
            problem = "Phone number is wrong"
            break
        fates.append(fate)
        good.append(row)
    for row, fate in zip(good, fates, strict=True):
        if fate in TAKEN:
            save(call.world, call.account, row)
    return call.world.answer(fates, no(problem) if problem else yes(SAVED))


def save(world: World, account: Account, row: Row, **more: Any) -> Message:
    channel: Channel = "whatsapp" if row.slot in WHATSAPP_SLOTS else "sms"
    line = next(iter(account.numbers)) if channel == "whatsapp" else row.device.unique
    return world.take(
        account,
        channel=channel,
        line=line,
        to=row.phone,
        text=row.image or row.text,
        sim=row.slot + 1 if channel == "sms" else 0,
        attachment=row.image,
        reference=row.customer,
        after=row.after,
        extra={"slot": row.slot, "device": row.device.id, "urgent": row.is_urgent},
        **more,
    )


def show_file(world: World, name: str) -> Response:
    file = world.files.get(name)
    if file is None:
        return Response("Not found", status=404)
    return Response(file.content, content_type=file.content_type)


ENDPOINTS = {"addsms": add_one}


def _row(account: Account, fields: Any, sendto: str, image: str = "") -> Row:
    """Read and check one message, from a form or from a row of `datajson`."""

    def text(name: str) -> str:
        value = fields.get(name)
        return "" if value is None else str(value).strip()

    phone = phone_of(sendto or refuse("Parameter sendto is required"))
    if not image and not text("body"):
        refuse("Parameter body is required")
    device = device_of(account, text("device_id") or refuse("Parameter device_id is required"))
    slot = text("sim") or "0"  # required by the seed, optional in the older document (row 2)
    if not slot.isdecimal() or int(slot) not in SLOTS:
        refuse("Parameter sim is wrong")
    customer = text("customerid")
    if customer and not customer.isdecimal():
        refuse("Parameter customerid must be a number")
    if account.no_credit:
        refuse(NO_SUBSCRIPTION)
    when = text("timetosend")
    after = max(0.0, read_moment(when, ZoneInfo(HOME)) - time.time()) if when else 0.0
    return Row(
        phone=phone,
        text=text("body"),
        device=device,
        slot=int(slot),
        customer=customer,
        after=after,
        is_urgent=text("urgent") == "1",
        image=image,
    )


def _uploaded(call: Call) -> str:
    """The address of an uploaded image, "" without one."""
    file = call.request.files().get("file")
    if file is None:
        return ""
    ending = IMAGES.get(file.content_type) or refuse("File must be jpeg, png, webp or gif")
    name = f"{call.account.id}-{len(call.account.messages)}-{int(time.time() * 1000)}.{ending}"
    call.world.keep_file(name, File(name=name, content_type=file.content_type, content=file.content))
    return f"http://{call.request.host}/smsgateway24/files/{name}"
