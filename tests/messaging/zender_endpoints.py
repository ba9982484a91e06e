"""The endpoints of Zender as a table: the call, the request it makes, what is answered and what it returns (docs/wire.md 1.2)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from messaging.providers.zender.client import ZenderClient

PHONE = "+5215555010001"
PAGED = {"limit": "2", "page": "3"}
ROW = {"id": 7, "name": "Taller"}

Call = Callable[[ZenderClient], Any]


@dataclass(frozen=True)
class Endpoint:
    """A row of docs/wire.md 1.2: the call, the request it makes, the `data` answered, and what the method returns."""

    row: int
    call: Call
    request: str
    fields: dict[str, str] = field(default_factory=dict)
    data: Any = False
    returns: Any = None


ENDPOINTS = [
    Endpoint(1, lambda c: c.get_subscription(), "GET get/subscription", {}, {"name": "Pro"}, {"name": "Pro"}),
    Endpoint(
        2,
        lambda c: c.create_contact(phone=PHONE, name="Ana", groups=[1, 2]),
        "POST create/contact",
        {"phone": PHONE, "name": "Ana", "groups": "1,2"},
    ),
    Endpoint(3, lambda c: c.create_group(name="VIP"), "POST create/group", {"name": "VIP"}),
    Endpoint(4, lambda c: c.delete_contact(id=9), "GET delete/contact", {"id": "9"}),
    Endpoint(5, lambda c: c.delete_group(id=9), "GET delete/group", {"id": "9"}),
    Endpoint(6, lambda c: c.delete_unsubscribed(id=9), "GET delete/unsubscribed", {"id": "9"}),
    Endpoint(7, lambda c: c.get_contacts(limit=2, page=3), "GET get/contacts", PAGED, [ROW], [ROW]),
    Endpoint(8, lambda c: c.get_groups(limit=2, page=3), "GET get/groups", PAGED, [ROW], [ROW]),
    Endpoint(9, lambda c: c.get_unsubscribed(limit=2, page=3), "GET get/unsubscribed", PAGED, [ROW], [ROW]),
    Endpoint(
        10,
        lambda c: c.send_otp(
            type="sms", message="{{otp}} abre", phone=PHONE, expire=60, mode="devices", device="d", sim=2
        ),
        "POST send/otp",
        {
            "type": "sms",
            "message": "{{otp}} abre",
            "phone": PHONE,
            "expire": "60",
            "mode": "devices",
            "device": "d",
            "sim": "2",
        },
        {"phone": PHONE, "message": "481516 abre", "messageId": 5, "otp": 481516},
        {"phone": PHONE, "message": "481516 abre", "messageId": 5, "otp": 481516},
    ),
    Endpoint(11, lambda c: c.get_otp(otp="481516"), "GET get/otp", {"otp": "481516"}),
    Endpoint(12, lambda c: c.delete_sms_received(id=9), "GET delete/sms.received", {"id": "9"}),
    Endpoint(13, lambda c: c.delete_sms_campaign(id=9), "GET delete/sms.campaign", {"id": "9", "campaign": "9"}),
    Endpoint(14, lambda c: c.delete_sms_sent(id=9), "GET delete/sms.sent", {"id": "9"}),
    Endpoint(15, lambda c: c.get_sms_pending(limit=2, page=3), "GET get/sms.pending", PAGED, [ROW], [ROW]),
    Endpoint(16, lambda c: c.get_sms_received(limit=2, page=3), "GET get/sms.received", PAGED, [ROW], [ROW]),
    Endpoint(17, lambda c: c.get_sms_campaigns(limit=2, page=3), "GET get/sms.campaigns", PAGED, [ROW], [ROW]),
    Endpoint(
        18,
        lambda c: c.get_sms_message(id=7, type="sent"),
        "GET get/sms.message",
        {"id": "7", "type": "sent"},
        ROW,
        ROW,
    ),
    Endpoint(19, lambda c: c.get_sms_sent(limit=2, page=3), "GET get/sms.sent", PAGED, [ROW], [ROW]),
    Endpoint(
        20,
        lambda c: c.send_sms_bulk(
            mode="devices", campaign="Enero", message="Hola", numbers=[PHONE, "+5215555010002"], device="d", sim=1
        ),
        "POST send/sms.bulk",
        {
            "mode": "devices",
            "campaign": "Enero",
            "message": "Hola",
            "numbers": f"{PHONE},+5215555010002",
            "device": "d",
            "sim": "1",
        },
        False,
        {},
    ),
    Endpoint(
        21,
        lambda c: c.send_sms(mode="credits", phone=PHONE, message="Hola", gateway="4", shortener=3),
        "POST send/sms",
        {"mode": "credits", "phone": PHONE, "message": "Hola", "gateway": "4", "shortener": "3"},
        {"messageId": 12},
        {"messageId": 12},
    ),
    Endpoint(22, lambda c: c.remote_start_sms(campaign=9), "GET remote/start.sms", {"campaign": "9"}),
    Endpoint(23, lambda c: c.remote_stop_sms(campaign=9), "GET remote/stop.sms", {"campaign": "9"}),
    Endpoint(24, lambda c: c.get_rates(), "GET get/rates", {}, {"gateways": []}, {"gateways": []}),
    Endpoint(25, lambda c: c.delete_wa_received(id=9), "GET delete/wa.received", {"id": "9"}),
    Endpoint(26, lambda c: c.delete_wa_sent(id=9), "GET delete/wa.sent", {"id": "9"}),
    Endpoint(27, lambda c: c.delete_wa_account(unique="u"), "GET delete/wa.account", {"unique": "u"}),
    Endpoint(28, lambda c: c.delete_wa_campaign(id=9), "GET delete/wa.campaign", {"id": "9", "campaign": "9"}),
    Endpoint(29, lambda c: c.get_wa_accounts(limit=2, page=3), "GET get/wa.accounts", PAGED, [ROW], [ROW]),
    Endpoint(30, lambda c: c.get_wa_pending(limit=2, page=3), "GET get/wa.pending", PAGED, [ROW], [ROW]),
    Endpoint(31, lambda c: c.get_wa_received(limit=2, page=3), "GET get/wa.received", PAGED, [ROW], [ROW]),
    Endpoint(
        32,
        lambda c: c.get_wa_message(id=7, type="received"),
        "GET get/wa.message",
        {"id": "7", "type": "received"},
        ROW,
        ROW,
    ),
    Endpoint(33, lambda c: c.get_wa_sent(limit=2, page=3), "GET get/wa.sent", PAGED, [ROW], [ROW]),
    Endpoint(34, lambda c: c.get_wa_campaigns(limit=2, page=3), "GET get/wa.campaigns", PAGED, [ROW], [ROW]),
    Endpoint(
        35,
        lambda c: c.get_wa_group_contacts(unique="u", gid="1203@g.us"),
        "GET get/wa.group.contacts",
        {"unique": "u", "gid": "1203@g.us"},
        [{"phone": PHONE}],
        [{"phone": PHONE}],
    ),
    Endpoint(36, lambda c: c.get_wa_groups(unique="u"), "GET get/wa.groups", {"unique": "u"}, [ROW], [ROW]),
    Endpoint(38, lambda c: c.get_wa_servers(), "GET get/wa.servers", {}, [ROW], [ROW]),
    Endpoint(
        40, lambda c: c.create_wa_link(sid=3), "GET create/wa.link", {"sid": "3"}, {"qrstring": "q"}, {"qrstring": "q"}
    ),
    Endpoint(
        41,
        lambda c: c.create_wa_relink(unique="u"),
        "GET create/wa.relink",
        {"unique": "u"},
        {"qrstring": "q"},
        {"qrstring": "q"},
    ),
    Endpoint(
        42,
        lambda c: c.send_whatsapp_bulk(
            account="u",
            campaign="Enero",
            message="Hola",
            groups=[1, 2],
            type="media",
            media_url="https://example.com/a.png",
            media_type="image",
        ),
        "POST send/whatsapp.bulk",
        {
            "account": "u",
            "campaign": "Enero",
            "message": "Hola",
            "groups": "1,2",
            "type": "media",
            "media_url": "https://example.com/a.png",
            "media_type": "image",
        },
        {"campaignId": 3, "messageIds": [4, 5]},
        {"campaignId": 3, "messageIds": [4, 5]},
    ),
    Endpoint(
        43,
        lambda c: c.send_whatsapp(account="u", recipient=PHONE, message="Hola", priority=1),
        "POST send/whatsapp",
        {"account": "u", "recipient": PHONE, "message": "Hola", "type": "text", "priority": "1"},
        {"messageId": 12},
        {"messageId": 12},
    ),
    Endpoint(44, lambda c: c.remote_start_chats(campaign=9), "GET remote/start.chats", {"campaign": "9"}),
    Endpoint(45, lambda c: c.remote_stop_chats(campaign=9), "GET remote/stop.chats", {"campaign": "9"}),
    Endpoint(
        46,
        lambda c: c.validate_whatsapp(unique="u", phone=PHONE),
        "GET validate/whatsapp",
        {"unique": "u", "phone": PHONE},
        {"jid": "x@s.whatsapp.net"},
        {"jid": "x@s.whatsapp.net"},
    ),
    Endpoint(47, lambda c: c.delete_notification(id=9), "GET delete/notification", {"id": "9"}),
    Endpoint(48, lambda c: c.get_devices(limit=2, page=3), "GET get/devices", PAGED, [ROW], [ROW]),
    Endpoint(49, lambda c: c.delete_ussd(id=9), "GET delete/ussd", {"id": "9"}),
    Endpoint(50, lambda c: c.get_ussd(limit=2, page=3), "GET get/ussd", PAGED, [ROW], [ROW]),
    Endpoint(
        51,
        lambda c: c.send_ussd(code="*133#", sim=1, device="d"),
        "POST send/ussd",
        {"code": "*133#", "sim": "1", "device": "d"},
    ),
    Endpoint(52, lambda c: c.get_shorteners(), "GET get/shorteners", {}, [ROW], [ROW]),
    Endpoint(0, lambda c: c.get_credits(), "GET get/credits", {}, {"credits": "798.634"}, {"credits": "798.634"}),
]
