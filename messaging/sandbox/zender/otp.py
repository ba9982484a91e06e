"""One-time passwords (docs/endpoints.md 1.2 rows 10 and 11)."""

import time

from messaging.sandbox.records import Number
from messaging.sandbox.server import Response
from messaging.sandbox.stories import TAKEN, Fate
from messaging.sandbox.zender import sms, whatsapp
from messaging.sandbox.zender.call import INVALID, MAX_TEXT, Call, invalid, ok, phone_of, refuse

DEFAULT_EXPIRY = 300


def send_otp(call: Call) -> Response:
    kind, text = call.text("type"), call.text("message")
    phone = phone_of(call.text("phone")) or refuse(400, "Invalid phone number!")
    expire = call.whole("expire", DEFAULT_EXPIRY, INVALID)
    if len(text) > MAX_TEXT:
        refuse(400, "OTP message is too long!")
    if kind not in {"sms", "whatsapp"}:
        invalid()
    way = _connected_number(call) if kind == "whatsapp" else sms.way_of(call)
    fate = call.world.fate(call.account, phone)
    if fate is Fate.REJECT:
        refuse(400, "Invalid phone number!")
    if fate is Fate.THROTTLE:
        return call.world.throttled()
    if fate not in TAKEN:
        return call.world.answer(fate, ok(""))
    code = call.world.dice.randrange(100_000, 1_000_000)
    call.account.drawers["otp"][code] = {"until": time.time() + expire}
    text = text.replace("{{otp}}", str(code))
    if isinstance(way, Number):
        message = whatsapp.take_chat(call, way, phone, text)
    else:
        message = sms.take_sms(call, way, phone, text)
    data = {"phone": phone, "message": text, "messageId": message.id, "otp": code}
    return call.world.answer(fate, ok("OTP has been sent!", data))


def _connected_number(call: Call) -> Number:
    number = call.whatsapp_account("account")
    if call.account.no_credit:
        refuse(403, "You have reached the maximum number of allowed chats!")
    if number.state != "connected":
        refuse(500, "WhatsApp account is disconnected!")
    return number


def get_otp(call: Call) -> Response:
    """Good once, and for any phone: the gateway does not bind the code to one."""
    kept = call.account.drawers["otp"].pop(call.number("otp"), None)
    if kept is None or kept["until"] < time.time():
        refuse(403, "OTP is invalid or expired!")
    return ok("OTP has been verified!")


ENDPOINTS = {"send/otp": send_otp, "get/otp": get_otp}
