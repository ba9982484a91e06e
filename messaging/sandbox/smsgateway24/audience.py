"""Tags, contacts under them, and newsletters to them (docs/endpoints.md 4.2 rows 6-8)."""

from datetime import datetime

from messaging.sandbox.records import Campaign, Channel
from messaging.sandbox.server import Response
from messaging.sandbox.smsgateway24.call import Call, phone_of, refuse, yes
from messaging.sandbox.smsgateway24.sending import SLOTS, WHATSAPP_SLOTS, Row, save
from messaging.sandbox.stories import TAKEN


def save_tag(call: Call) -> Response:
    title, tag = call.text("title"), call.world.next_id()
    call.account.drawers["tags"][tag] = {"title": title, "phones": []}
    return yes(tag_id=tag)


def save_contact(call: Call) -> Response:
    phone, tag = phone_of(call.text("phone")), call.number("tag_id")
    row = call.account.drawers["tags"].get(tag) if tag is not None else refuse("Parameter tag_id is required")
    if row is None:
        refuse("Tag not found")
    contact = call.world.next_id()
    call.account.drawers["contacts"][contact] = {"phone": phone, "tag": tag, "fullname": call.optional("fullname")}
    row["phones"].append(phone)
    return yes("ok", contact_id=contact)


def save_newsletter(call: Call) -> Response:
    """Saved, not sent: somebody has to tap "start" on the phone. time_to_send has a date format of its own."""
    title, body, device, slot = call.text("title"), call.text("body"), call.device(), call.number("sim")
    if slot is None or slot not in SLOTS:
        refuse("Parameter sim is wrong")
    _check_time(call.text("time_to_send"))
    phones = {
        phone: call.world.fate(call.account, phone)
        for tag in call.text("tags").split(",")
        for phone in _phones_under(call, tag)
    }
    channel: Channel = "whatsapp" if slot in WHATSAPP_SLOTS else "sms"
    campaign = Campaign(id=call.world.next_id(), channel=channel, name=title, line=device.unique, paused=True)
    call.account.campaigns[campaign.id] = campaign
    for phone in phones:
        row = Row(phone=phone, text=body, device=device, slot=slot, customer="", after=0.0, is_urgent=False)
        save(call.world, call.account, row, campaign=campaign)
    return call.world.answer([fate for fate in phones.values() if fate in TAKEN], yes(paket_id=campaign.id))


def tap_start(call: Call) -> Response:
    """The tap on the phone: the sandbox's own, no call of the gateway."""
    campaign = call.account.campaigns.get(call.number("paket_id") or 0) or refuse("Newsletter not found")
    call.world.resume(campaign)
    return yes(paket_id=campaign.id)


ENDPOINTS = {
    "savetag": save_tag,
    "savecontact": save_contact,
    "savepaket": save_newsletter,
    "phone/start": tap_start,
}


def _phones_under(call: Call, tag: str) -> list[str]:
    row = call.account.drawers["tags"].get(int(tag)) if tag.strip().isdecimal() else None
    if row is None:
        refuse("Tag not found")
    phones: list[str] = row["phones"]
    return phones


def _check_time(text: str) -> None:
    """DD.MM.YYYY H:i:s, or 0 for at once."""
    if text == "0":
        return
    try:
        datetime.strptime(text, "%d.%m.%Y %H:%M:%S")  # noqa: DTZ007  the zone of the input is not known (4.6.3)
    except ValueError:
        refuse("Parameter time_to_send must be DD.MM.YYYY H:i:s")
