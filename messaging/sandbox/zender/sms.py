"""Single SMS: send, list, look up, delete (docs/endpoints.md 1.2 rows 12, 14-16, 18, 19, 21)."""

from dataclasses import dataclass
from typing import Any

from messaging.sandbox.records import Message
from messaging.sandbox.server import Response
from messaging.sandbox.stories import TAKEN, Fate
from messaging.sandbox.zender.call import MAX_TEXT, Call, invalid, ok, phone_of, refuse

# id → name; the first has a call-back, the second answers at once (row 21).
GATEWAYS = {"1": "Sandbox SMPP", "2": "Sandbox Instant"}
INSTANT = "2"
STATUS = {
    "waiting": "queued",
    "handed": "pending",
    "sent": "sent",
    "delivered": "sent",
    "read": "sent",
    "failed": "failed",
}
CODES = {"sent": "SMS_SENT", "delivered": "SMS_DELIVERED", "read": "SMS_DELIVERED", "failed": "DELIVERY_FAILED"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How an SMS leaves: a SIM of a device, or a paid gateway (sim 0)."""

    line: str
    sim: int
    mode: str
    priority: int
    instant: bool = False


def way_of(call: Call) -> Way:
    """Read mode, device, gateway, sim, priority and shortener, complaining as rows 20 and 21 do."""
    mode = call.text("mode").lower()
    sim = call.whole("sim", 1, "Sim parameter must be an integer value!")
    priority = call.whole("priority", 0, "Priority parameter must be an integer value!")
    shortener = call.optional("shortener")
    if shortener not in {"", "0", "1", "2"}:
        refuse(404, "Shortener doesn't exist!")
    if call.account.no_credit:
        refuse(403, NO_CREDIT[mode] if mode in NO_CREDIT else NO_CREDIT["devices"])
    if mode == "devices":
        device = call.device()
        if not device.online or sim not in device.sims:
            refuse(403, "Device is not available!")
        return Way(line=device.unique, sim=sim, mode=mode, priority=priority)
    if mode == "credits":
        gateway = call.text("gateway")
        name = GATEWAYS.get(gateway) or refuse(404, "Specified gateway doesn't exist!")
        return Way(line=name, sim=0, mode=mode, priority=priority, instant=gateway == INSTANT)
    return invalid()


NO_CREDIT = {
    "devices": "Maximum allowed number of sent messages has been reached!",
    "credits": "Not enough credits to send this message!",
}


def check_text(text: str) -> str:
    if not text:
        refuse(400, "Message is too short!")
    if len(text) > MAX_TEXT:
        refuse(400, "Message is too long!")
    return text


def send_sms(call: Call) -> Response:
    call.text("phone")
    text = check_text(call.text("message"))
    phone = phone_of(call.text("phone")) or refuse(400, "Invalid phone number!")
    way = way_of(call)
    fate = call.world.fate(call.account, phone)
    if fate is Fate.REJECT:
        refuse(400, "Invalid phone number!")
    if fate is Fate.THROTTLE:
        return call.world.throttled()
    data: object = False
    if fate in TAKEN:
        data = {"messageId": take_sms(call, way, phone, text).id}
    done = "Message has been sent!" if way.instant else "Message has been queued for sending!"
    return call.world.answer(fate, ok(done, data))


def take_sms(call: Call, way: Way, phone: str, text: str, **more: Any) -> Message:
    return call.world.take(
        call.account,
        channel="sms",
        line=way.line,
        to=phone,
        text=text,
        sim=way.sim,
        starts="sent" if way.instant else "waiting",
        extra={"mode": way.mode, "priority": way.priority},
        **more,
    )


def sent_row(message: Message, *, in_list: bool) -> dict[str, Any]:
    """One outgoing SMS without its status. `mode` is capitalised in lists only (1.6.8); priority true means normal (1.6.9)."""
    kept = message.extra or {}
    mode = str(kept.get("mode", "devices"))
    return {
        "id": message.id,
        "mode": mode.capitalize() if in_list else mode,
        "sender": message.line,
        "sender_type": "device" if mode == "devices" else "gateway",
        "sim": message.sim,
        "priority": kept.get("priority", 0) >= 2,
        "api": True,
        "recipient": message.peer,
        "message": message.text,
        "created": int(message.changed),
    }


def status_of(message: Message) -> dict[str, str]:
    by_gateway = (message.extra or {}).get("mode") == "credits"
    return {
        "status": STATUS.get(message.state, "failed"),
        "status_code": "" if by_gateway else CODES.get(message.state, ""),
    }


def received_row(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "device": message.line,
        "sender": message.peer,
        "message": message.text,
        "created": int(message.changed),
    }


def get_pending(call: Call) -> Response:
    """Only those no device has taken yet: status 2 is in neither list (1.6.4)."""
    waiting = (m for m in reversed(call.account.pending["sms"].values()) if m.state == "waiting")
    return ok("Pending SMS Messages", [sent_row(message, in_list=True) for message in call.page(waiting)])


def get_sent(call: Call) -> Response:
    out = reversed(call.account.folder("sms", "out").values())
    gone = (message for message in out if message.state not in {"waiting", "handed"})
    rows = [{**sent_row(message, in_list=True), **status_of(message)} for message in call.page(gone)]
    return ok("Sent SMS Messages", rows)


def get_received(call: Call) -> Response:
    rows = call.page(reversed(call.account.folder("sms", "in").values()))
    return ok("Received SMS Messages", [received_row(message) for message in rows])


def get_message(call: Call) -> Response:
    key, kind = str(call.number("id")), call.text("type")
    if kind not in {"sent", "received"}:
        invalid()
    folder = call.account.folder("sms", "out" if kind == "sent" else "in")
    message = folder.get(key) or refuse(404, "Message doesn't exist!")
    if kind == "received":
        return ok("Message was found!", received_row(message))
    return ok("Message was found!", {**sent_row(message, in_list=False), **status_of(message)})


def delete_sent(call: Call) -> Response:
    message = call.account.folder("sms", "out").get(str(call.number("id")))
    call.world.delete(message or refuse(500, "Something went wrong!"))
    return ok("Sent SMS has been deleted!")


def delete_received(call: Call) -> Response:
    message = call.account.folder("sms", "in").get(str(call.number("id")))
    call.world.delete(message or refuse(500, "Something went wrong!"))
    return ok("Received SMS has been deleted!")


ENDPOINTS = {
    "send/sms": send_sms,
    "get/sms.pending": get_pending,
    "get/sms.sent": get_sent,
    "get/sms.received": get_received,
    "get/sms.message": get_message,
    "delete/sms.sent": delete_sent,
    "delete/sms.received": delete_received,
}
