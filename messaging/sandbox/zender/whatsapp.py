"""WhatsApp accounts, chats and groups (docs/endpoints.md 1.2 rows 25-27, 29-33, 35, 36, 43, 46)."""

from typing import Any

from messaging.sandbox.records import OPEN, Message, Number
from messaging.sandbox.server import Response
from messaging.sandbox.stories import TAKEN, Fate
from messaging.sandbox.zender.call import MAX_TEXT, Call, invalid, ok, phone_of, refuse
from messaging.sandbox.zender.uploads import attachment_of

STATUS = {
    "waiting": "pending",
    "handed": "queued",
    "sent": "sent",
    "delivered": "sent",
    "read": "sent",
    "failed": "failed",
}
AT_ONCE, IN_TURN = 1, 2


def recipient_of(text: str) -> str | None:
    """A phone with "+", or a group id as it is."""
    return text if text.endswith("@g.us") else phone_of(text)


def shown(peer: str) -> str:
    """Mexican numbers wear WhatsApp's old mobile 1 wherever this gateway shows them (1.6.7)."""
    if peer.startswith("+52") and len(peer) == 13:
        return f"+521{peer[3:]}"
    return peer


def check_text(text: str) -> str:
    if not text:
        refuse(400, "Chat message is too short!")
    if len(text) > MAX_TEXT:
        refuse(400, "Chat message is too long!")
    return text


def send_whatsapp(call: Call) -> Response:
    number = call.whatsapp_account("account")
    text = check_text(call.text("message"))
    peer = recipient_of(call.text("recipient")) or refuse(400, "Invalid phone number!")
    priority = call.whole("priority", IN_TURN, "Priority parameter must be an integer value!")
    attachment = attachment_of(call)
    if call.account.no_credit:
        refuse(403, "You have reached the maximum number of allowed chats!")
    if number.state != "connected":
        at_once = "Failed sending priority WhatsApp chat!"
        refuse(500, at_once if priority == AT_ONCE else "WhatsApp account is disconnected!")
    fate = call.world.fate(call.account, peer)
    if fate is Fate.REJECT:
        refuse(400, "Invalid phone number!")
    if fate is Fate.THROTTLE:
        return call.world.throttled()
    data: object = False
    if fate in TAKEN:
        starts = "sent" if priority == AT_ONCE else "waiting"
        data = {"messageId": take_chat(call, number, peer, text, attachment=attachment, starts=starts).id}
    done = "WhatsApp chat has been sent!" if priority == AT_ONCE else "WhatsApp chat has been queued for sending!"
    return call.world.answer(fate, ok(done, data))


def take_chat(call: Call, number: Number, peer: str, text: str, **more: Any) -> Message:
    return call.world.take(call.account, channel="whatsapp", line=number.unique, to=peer, text=text, **more)


def line_phone(call: Call, message: Message) -> str:
    number = call.account.numbers.get(message.line)
    return number.phone if number else ""


def sent_row(call: Call, message: Message, *, with_status: bool = True) -> dict[str, Any]:
    status = {"status": STATUS.get(message.state, "unknown")} if with_status else {}
    return {
        "id": message.id,
        "account": line_phone(call, message),
        **status,
        "api": True,
        "recipient": shown(message.peer),
        "message": message.text,
        "attachment": message.attachment or False,
        "created": int(message.changed),
    }


def received_row(call: Call, message: Message) -> dict[str, Any]:
    """`recipient` is the sender (row 31)."""
    return {
        "id": message.id,
        "account": line_phone(call, message),
        "recipient": shown(message.peer),
        "message": message.text,
        "attachment": message.attachment or False,
        "created": int(message.changed),
    }


def get_accounts(call: Call) -> Response:
    rows = [
        {
            "id": number.id,
            "phone": number.phone,
            "unique": number.unique,
            "status": number.state,
            "created": int(number.created),
        }
        for number in call.page(reversed(call.account.numbers.values()))
    ]
    return ok("WhatsApp Accounts", rows)


def delete_account(call: Call) -> Response:
    number = call.whatsapp_account("unique")
    del call.account.numbers[number.unique]
    return ok("WhatsApp account has been deleted!")


def get_pending(call: Call) -> Response:
    rows = call.page(reversed(call.account.pending["whatsapp"].values()))
    return ok("Pending WhatsApp Chats", [sent_row(call, message, with_status=False) for message in rows])


def get_sent(call: Call) -> Response:
    out = reversed(call.account.folder("whatsapp", "out").values())
    gone = (message for message in out if message.state not in OPEN)
    return ok("Sent WhatsApp Chats", [sent_row(call, message) for message in call.page(gone)])


def get_received(call: Call) -> Response:
    rows = call.page(reversed(call.account.folder("whatsapp", "in").values()))
    return ok("Received WhatsApp Chats", [received_row(call, message) for message in rows])


def get_message(call: Call) -> Response:
    key, kind = str(call.number("id")), call.text("type")
    if kind not in {"sent", "received"}:
        invalid()
    folder = call.account.folder("whatsapp", "out" if kind == "sent" else "in")
    message = folder.get(key) or refuse(404, "Message doesn't exist!")
    row = sent_row(call, message) if kind == "sent" else received_row(call, message)
    return ok("Message was found!", row)


def delete_sent(call: Call) -> Response:
    message = call.account.folder("whatsapp", "out").get(str(call.number("id")))
    call.world.delete(message or refuse(500, "Something went wrong!"))
    return ok("Sent WhatsApp chat has been deleted!")


def delete_received(call: Call) -> Response:
    message = call.account.folder("whatsapp", "in").get(str(call.number("id")))
    call.world.delete(message or refuse(500, "Something went wrong!"))
    return ok("Received WhatsApp chat has been deleted!")


def get_groups(call: Call) -> Response:
    number = call.whatsapp_account("unique")
    if number.state != "connected":
        refuse(500, "Unable to connect to WhatsApp servers!")
    return ok("WhatsApp Groups", [{"gid": gid, "name": name} for gid, (name, _) in number.groups.items()])


def get_group_contacts(call: Call) -> Response:
    number, gid = call.whatsapp_account("unique"), call.text("gid")
    group = number.groups.get(gid)
    if group is None or number.state != "connected":
        refuse(500, "Unable to fetch group contacts!")
    return ok("WhatsApp Group Contacts", [{"phone": phone} for phone in group[1]])


def validate(call: Call) -> Response:
    number, phone = call.whatsapp_account("unique"), phone_of(call.text("phone"))
    if number.state != "connected":
        refuse(500, "Unable to connect to WhatsApp servers!")
    if phone is None or call.world.is_unreachable(phone):
        refuse(404, "WhatsApp phone number does not exist!")
    return ok("WhatsApp phone number is valid!", {"jid": f"{phone}@s.whatsapp.net", "phone": phone})


ENDPOINTS = {
    "send/whatsapp": send_whatsapp,
    "get/wa.accounts": get_accounts,
    "get/wa.pending": get_pending,
    "get/wa.sent": get_sent,
    "get/wa.received": get_received,
    "get/wa.message": get_message,
    "get/wa.groups": get_groups,
    "get/wa.group.contacts": get_group_contacts,
    "delete/wa.account": delete_account,
    "delete/wa.sent": delete_sent,
    "delete/wa.received": delete_received,
    "validate/whatsapp": validate,
}
