"""Campaigns that the gateway runs itself (docs/endpoints.md 1.2 rows 13, 17, 20, 22, 23, 28, 34, 42, 44, 45)."""

import re
from typing import Any

from messaging.sandbox.records import Campaign, Channel
from messaging.sandbox.server import Response
from messaging.sandbox.stories import TAKEN, Fate
from messaging.sandbox.zender import sms, whatsapp
from messaging.sandbox.zender.call import Call, csv_of, invalid, ok, phone_of, refuse
from messaging.sandbox.zender.uploads import attachment_of

_CHOICE = re.compile(r"\{([^{}]*\|[^{}]*)\}")
NO_REMOTE = "Action is not supported in this campaign!"


def send_sms_bulk(call: Call) -> Response:
    """Answers without any id, as the script does (row 20)."""
    name, text = call.text("campaign"), sms.check_text(call.text("message"))
    way = sms.way_of(call)
    phones = [phone for phone in map(phone_of, _recipients(call, "numbers")) if phone]
    if not phones:
        invalid()
    fates = [call.world.fate(call.account, phone) for phone in phones]
    if Fate.THROTTLE in fates:
        return call.world.throttled()
    if _is_lost(fates):
        return call.world.answer(fates, ok(""))
    campaign = _open(call, "sms", name, way.line, way.mode)
    for place, phone in enumerate(_takeable(phones, fates)):
        after = place * call.world.options.campaign_gap_seconds
        sms.take_sms(call, way, phone, _spun(call, text), campaign=campaign, after=after)
    return call.world.answer(_answered(fates), ok("Bulk messages has been queued for sending!"))


def send_whatsapp_bulk(call: Call) -> Response:
    """Wrong numbers are dropped without a word, so the ids do not line up with the input (1.6.6)."""
    number, name = call.whatsapp_account("account"), call.text("campaign")
    text = whatsapp.check_text(call.text("message"))
    attachment = attachment_of(call)
    if len(name) < 2:
        refuse(500, "Campaign name is too short!")
    if number.state != "connected":
        refuse(500, "WhatsApp account is not connected!")
    peers = [peer for peer in map(whatsapp.recipient_of, _recipients(call, "recipients")) if peer]
    fates = [call.world.fate(call.account, peer) for peer in peers]
    if Fate.THROTTLE in fates:
        return call.world.throttled()
    if _is_lost(fates):
        return call.world.answer(fates, ok(""))
    peers = _takeable(peers, fates)
    if not peers or call.account.no_credit:
        refuse(500, "No chats were queued. Please check the sending limit of your package!")
    campaign = _open(call, "whatsapp", name, number.unique, call.optional("type", "text"))
    messages = [
        whatsapp.take_chat(
            call,
            number,
            peer,
            _spun(call, text),
            attachment=attachment,
            campaign=campaign,
            after=place * call.world.options.campaign_gap_seconds,
        )
        for place, peer in enumerate(peers)
    ]
    data = {"campaignId": campaign.id, "messageIds": [message.id for message in messages]}
    return call.world.answer(_answered(fates), ok(f"{len(messages)} chats has been queued for sending!", data))


def _recipients(call: Call, field: str) -> list[str]:
    """The csv of phones, and the phones of the contact groups."""
    recipients = csv_of(call.optional(field))
    wanted = set(csv_of(call.optional("groups")))
    if not recipients and not wanted:
        invalid()
    contacts = call.account.drawers["contacts"].values()
    return recipients + [contact["phone"] for contact in contacts if wanted.intersection(contact["groups"])]


def _takeable(peers: list[str], fates: list[Fate]) -> list[str]:
    return [peer for peer, fate in zip(peers, fates, strict=True) if fate in TAKEN]


def _is_lost(fates: list[Fate]) -> bool:
    """Whether the whole call never arrived."""
    return bool(fates) and all(fate is Fate.LOSE for fate in fates)


def _answered(fates: list[Fate]) -> list[Fate]:
    """A refused number is dropped silently, so it does not colour the answer."""
    return [fate for fate in fates if fate is not Fate.REJECT]


def _open(call: Call, channel: Channel, name: str, line: str, kind: str) -> Campaign:
    campaign = Campaign(id=call.world.next_id(), channel=channel, name=name, line=line, kind=kind)
    call.account.campaigns[campaign.id] = campaign
    return campaign


def _spun(call: Call, text: str) -> str:
    """Spintax: {hello|hi} becomes one of them."""
    while (choice := _CHOICE.search(text)) is not None:
        picked = call.world.dice.choice(choice[1].split("|"))
        text = text[: choice.start()] + picked + text[choice.end() :]
    return text


def _status(campaign: Campaign) -> str:
    if campaign.kind == "credits":
        return "none"
    if campaign.is_completed:
        return "completed"
    return "paused" if campaign.paused else "running"


def _rows(call: Call, channel: Channel) -> list[Campaign]:
    campaigns = reversed(call.account.campaigns.values())
    return call.page(campaign for campaign in campaigns if campaign.channel == channel)


def _common(campaign: Campaign) -> dict[str, Any]:
    return {
        "status": _status(campaign),
        "name": campaign.name,
        "contacts": len(campaign.messages),
        "created": int(campaign.created),
    }


def get_sms_campaigns(call: Call) -> Response:
    rows = [
        {
            "id": campaign.id,
            "sender": campaign.line,
            "sender_type": "gateway" if campaign.kind == "credits" else "device",
            **_common(campaign),
        }
        for campaign in _rows(call, "sms")
    ]
    return ok("SMS Campaigns", rows)


def get_wa_campaigns(call: Call) -> Response:
    numbers = call.account.numbers
    rows = [
        {
            "id": campaign.id,
            "account": numbers[campaign.line].phone if campaign.line in numbers else "",
            "type": campaign.kind,
            **_common(campaign),
        }
        for campaign in _rows(call, "whatsapp")
    ]
    return ok("WhatsApp Campaigns", rows)


def _campaign(call: Call, channel: Channel, parameter: str = "campaign") -> Campaign:
    campaign = call.account.campaigns.get(call.number(parameter))
    return campaign if campaign is not None and campaign.channel == channel else invalid()


def start_sms(call: Call) -> Response:
    campaign = _campaign(call, "sms")
    if campaign.kind == "credits":
        return ok(NO_REMOTE)
    call.world.resume(campaign)
    return ok("SMS campaign has been resumed!")


def stop_sms(call: Call) -> Response:
    campaign = _campaign(call, "sms")
    if campaign.kind == "credits":
        return ok(NO_REMOTE)
    call.world.pause(campaign)
    return ok("SMS campaign has been paused!")


def start_chats(call: Call) -> Response:
    call.world.resume(_campaign(call, "whatsapp"))
    return ok("WhatsApp campaign has been resumed!")


def stop_chats(call: Call) -> Response:
    call.world.pause(_campaign(call, "whatsapp"))
    return ok("WhatsApp campaign has been paused!")


def delete_sms_campaign(call: Call) -> Response:
    """The script reads `campaign`, not the documented `id` (row 13)."""
    _forget(call, _campaign(call, "sms", "campaign"))
    return ok("SMS campaign has been deleted!")


def delete_wa_campaign(call: Call) -> Response:
    _forget(call, _campaign(call, "whatsapp", "id"))
    return ok("WhatsApp campaign has been deleted!")


def _forget(call: Call, campaign: Campaign) -> None:
    for message in campaign.messages:
        if message.state in {"waiting", "handed"}:
            call.world.delete(message)
    del call.account.campaigns[campaign.id]


ENDPOINTS = {
    "send/sms.bulk": send_sms_bulk,
    "send/whatsapp.bulk": send_whatsapp_bulk,
    "get/sms.campaigns": get_sms_campaigns,
    "get/wa.campaigns": get_wa_campaigns,
    "remote/start.sms": start_sms,
    "remote/stop.sms": stop_sms,
    "remote/start.chats": start_chats,
    "remote/stop.chats": stop_chats,
    "delete/sms.campaign": delete_sms_campaign,
    "delete/wa.campaign": delete_wa_campaign,
}
