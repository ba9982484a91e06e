"""The Zender dialect against docs/wire.md 1: what is asked, the status, the message, the data."""

from typing import Any

import httpx
import pytest

from tests.messaging.sandbox.conftest import Ask
from tests.sandbox_process import SandboxProcess, eventually

PHONE = "+5215555000042"
NO = False
READS = [
    ("get/subscription", "Subscription Package", dict),
    ("get/contacts", "Saved Contacts", list),
    ("get/groups", "Contact Groups", list),
    ("get/unsubscribed", "Unsubscribed Contacts", list),
    ("get/sms.pending", "Pending SMS Messages", list),
    ("get/sms.received", "Received SMS Messages", list),
    ("get/sms.campaigns", "SMS Campaigns", list),
    ("get/sms.sent", "Sent SMS Messages", list),
    ("get/rates", "Gateway Rates", dict),
    ("get/wa.accounts", "WhatsApp Accounts", list),
    ("get/wa.pending", "Pending WhatsApp Chats", list),
    ("get/wa.received", "Received WhatsApp Chats", list),
    ("get/wa.sent", "Sent WhatsApp Chats", list),
    ("get/wa.campaigns", "WhatsApp Campaigns", list),
    ("get/wa.servers", "WhatsApp Servers", list),
    ("get/devices", "Android Devices", list),
    ("get/ussd", "USSD Requests", list),
    ("get/shorteners", "Available Shorteners", list),
    ("get/credits", "Remaining Credits", dict),
]


@pytest.mark.parametrize(("path", "message", "kind"), READS)
def test_it_answers_every_read(ask: Ask, path: str, message: str, kind: type) -> None:
    answer = ask(path)
    assert (answer["status"], answer["message"]) == (200, message)
    assert isinstance(answer["data"], kind)


# What is asked, then JSON status and message. NUMBER and DEVICE stand for the demo account's own.
REFUSALS: list[tuple[str, dict[str, object], int, str]] = [
    ("get/nothing", {}, 400, "Invalid API Endpoint!"),
    ("send/nothing", {}, 500, "Invalid API Endpoint!"),
    ("get/groups", {"secret": "wrong"}, 401, "Invalid API secret supplied!"),
    ("get/groups", {"secret": ""}, 400, "Invalid Parameters!"),
    ("get/groups", {"limit": "many"}, 400, "Invalid Parameters!"),
    ("create/contact", {"phone": "12", "name": "Ana", "groups": "1"}, 400, "Invalid phone number!"),
    ("create/contact", {"phone": PHONE, "name": "A", "groups": "1"}, 400, "Contact name is too short!"),
    ("create/contact", {"phone": PHONE, "name": "Ana", "groups": "777"}, 400, "Group #777 is invalid!"),
    ("create/group", {"name": "A"}, 400, "Group name is too short!"),
    ("delete/contact", {"id": 777}, 500, "Something went wrong!"),
    ("delete/wa.account", {"unique": "nobody"}, 404, "WhatsApp account doesn't exist!"),
    ("delete/sms.campaign", {"id": 1}, 400, "Invalid Parameters!"),
    ("get/otp", {"otp": 123456}, 403, "OTP is invalid or expired!"),
    ("get/sms.message", {"id": 1, "type": "sent"}, 404, "Message doesn't exist!"),
    ("get/wa.message", {"id": 1, "type": "received"}, 404, "Message doesn't exist!"),
    ("get/wa.message", {"id": 1, "type": "neither"}, 400, "Invalid Parameters!"),
    ("get/wa.info", {"token": "unknown"}, 401, "Invalid token supplied!"),
    ("get/wa.qr", {"token": "unknown"}, 401, "Invalid token supplied!"),
    ("create/wa.link", {}, 400, "Invalid Parameters!"),
    ("create/wa.link", {"sid": 9}, 400, "WhatsApp server is not available!"),
    ("remote/stop.chats", {"campaign": 777}, 400, "Invalid Parameters!"),
    (
        "send/whatsapp",
        {"recipient": PHONE, "message": "Hi", "account": "nobody"},
        404,
        "WhatsApp account doesn't exist!",
    ),
    ("send/whatsapp", {"recipient": "x", "message": "Hi", "account": "NUMBER"}, 400, "Invalid phone number!"),
    (
        "send/whatsapp",
        {"recipient": PHONE, "message": "Hi", "account": "NUMBER", "priority": "soon"},
        400,
        "Priority parameter must be an integer value!",
    ),
    (
        "send/whatsapp",
        {
            "recipient": PHONE,
            "message": "Hi",
            "account": "NUMBER",
            "type": "media",
            "media_url": "https://files.test/a.jpg",
        },
        400,
        "Please declare the media type!",
    ),
    (
        "send/whatsapp",
        {
            "recipient": PHONE,
            "message": "Hi",
            "account": "NUMBER",
            "type": "media",
            "media_url": "a.jpg",
            "media_type": "image",
        },
        400,
        "You provided an invalid media url!",
    ),
    (
        "send/whatsapp",
        {
            "recipient": PHONE,
            "message": "Hi",
            "account": "NUMBER",
            "type": "document",
            "document_url": "https://files.test/a.exe",
            "document_type": "exe",
        },
        400,
        "Invalid Document Type!",
    ),
    (
        "send/whatsapp.bulk",
        {"recipients": "x", "message": "Hi", "account": "NUMBER", "campaign": "May"},
        500,
        "No chats were queued. Please check the sending limit of your package!",
    ),
    ("send/sms", {"mode": "devices", "phone": PHONE, "message": "Hi", "device": "none"}, 404, "Device doesn't exist!"),
    (
        "send/sms",
        {"mode": "devices", "phone": PHONE, "message": "Hi", "device": "DEVICE", "sim": "one"},
        400,
        "Sim parameter must be an integer value!",
    ),
    (
        "send/sms",
        {"mode": "credits", "phone": PHONE, "message": "Hi", "gateway": 9},
        404,
        "Specified gateway doesn't exist!",
    ),
    ("send/ussd", {"code": "*133#", "sim": 1, "device": "none"}, 404, "Device doesn't exist!"),
    (
        "validate/whatsapp",
        {"unique": "NUMBER", "phone": "+5215555000091"},
        404,
        "WhatsApp phone number does not exist!",
    ),
]


@pytest.mark.parametrize(("path", "asked", "status", "message"), REFUSALS)
def test_it_refuses_in_the_gateways_words(
    ask: Ask, number: str, device: str, path: str, asked: dict[str, object], status: int, message: str
) -> None:
    own = {"NUMBER": number, "DEVICE": device}
    asked = {name: own.get(str(value), value) for name, value in asked.items()}
    assert ask(path, **asked) == {"status": status, "message": message, "data": NO}


def test_it_keeps_http_200_for_a_wrong_secret(http: httpx.Client) -> None:
    assert http.get("/zender/api/get/groups", params={"secret": "wrong"}).status_code == 200


def test_it_answers_with_and_without_api_in_the_path(http: httpx.Client, sandbox: SandboxProcess) -> None:
    secret = sandbox.account()["credentials"]
    paths = ["/zender/api/get/groups", "/zender/get/groups", "/zender//api/get/groups"]
    answers = [http.get(path, params=secret).json() for path in paths]
    assert answers[0]["status"] == 200
    assert answers[0] == answers[1] == answers[2]


def test_it_knows_keys_that_may_not_use_an_endpoint(ask: Ask, sandbox: SandboxProcess) -> None:
    sandbox.control("deny", {"account": "zender", "endpoints": ["get/groups"]})
    assert ask("get/groups")["message"] == "This API key doesn't have permission to use this endpoint!"


def test_it_moves_a_chat_from_pending_to_sent(ask: Ask, sandbox: SandboxProcess, number: str) -> None:
    sandbox.reset(step_seconds=60)
    message = ask("send/whatsapp", account=number, recipient=PHONE, message="Hola")["data"]["messageId"]
    pending = ask("get/wa.pending")["data"]
    assert ([row["id"] for row in pending], "status" in pending[0]) == ([message], False)
    assert ask("get/wa.message", id=message, type="sent")["data"]["status"] == "pending"
    assert ask("get/wa.sent")["data"] == []
    first = ask("send/whatsapp", account=number, recipient=PHONE, message="Now", priority=1)
    assert first["message"] == "WhatsApp chat has been sent!"
    assert [row["status"] for row in ask("get/wa.sent")["data"]] == ["sent"]


def test_it_moves_an_sms_to_delivered(ask: Ask, device: str) -> None:
    sent = ask("send/sms", mode="devices", device=device, sim=2, phone=PHONE, message="Hola", priority=2)
    assert sent["message"] == "Message has been queued for sending!"
    message = sent["data"]["messageId"]

    def delivered() -> list[dict[str, Any]]:
        return [row for row in ask("get/sms.sent")["data"] if row["status_code"] == "SMS_DELIVERED"]

    row = eventually(delivered)[0]
    assert (row["id"], row["status"], row["mode"], row["sim"], row["priority"]) == (message, "sent", "Devices", 2, True)
    assert ask("get/sms.message", id=message, type="sent")["data"]["mode"] == "devices"


def test_it_answers_a_gateway_without_call_back_at_once(ask: Ask) -> None:
    sent = ask("send/sms", mode="credits", gateway=2, phone=PHONE, message="Hola")
    assert sent["message"] == "Message has been sent!"
    assert ask("get/sms.sent")["data"][0]["status_code"] == ""


def test_it_rewrites_mexican_numbers(ask: Ask, sandbox: SandboxProcess, number: str) -> None:
    ask("send/whatsapp", account=number, recipient="+525555000042", message="Hola", priority=1)
    assert ask("get/wa.sent")["data"][0]["recipient"] == "+5215555000042"
    assert sandbox.received_by() == {"+525555000042": 1}


def test_it_skips_the_second_page(ask: Ask, number: str) -> None:
    ids = [
        ask("send/whatsapp", account=number, recipient=PHONE, message="Hi", priority=1)["data"]["messageId"]
        for _ in range(6)
    ]
    pages = [[row["id"] for row in ask("get/wa.sent", limit=2, page=page)["data"]] for page in (1, 2, 3)]
    newest_first = ids[::-1]
    assert pages == [newest_first[0:2], newest_first[4:6], []]


def test_it_queues_a_bulk_and_drops_wrong_numbers_silently(ask: Ask, sandbox: SandboxProcess, number: str) -> None:
    recipients = f"{PHONE},nonsense,+5215555000091,+5215555000043"
    sent = ask("send/whatsapp.bulk", account=number, campaign="May", recipients=recipients, message="{Hi|Hi}")
    assert sent["message"] == "2 chats has been queued for sending!"
    assert len(sent["data"]["messageIds"]) == 2
    eventually(lambda: ask("get/wa.campaigns")["data"][0]["status"] == "completed")
    assert sandbox.received_by() == {PHONE: 1, "+5215555000043": 1}
    assert {row["text"] for row in sandbox.deliveries()} == {"Hi"}


def test_it_holds_a_paused_campaign(ask: Ask, sandbox: SandboxProcess, device: str) -> None:
    sandbox.reset(campaign_gap_seconds=0.2)
    numbers = ",".join(f"+52155550001{place:02d}" for place in range(3))
    sent = ask("send/sms.bulk", mode="devices", device=device, campaign="May", numbers=numbers, message="Hi")
    assert (sent["status"], sent["data"]) == (200, NO)
    campaign = ask("get/sms.campaigns")["data"][0]["id"]
    assert ask("remote/stop.sms", campaign=campaign)["message"] == "SMS campaign has been paused!"
    assert ask("get/sms.campaigns")["data"][0]["status"] == "paused"
    assert ask("remote/start.sms", campaign=campaign)["message"] == "SMS campaign has been resumed!"
    eventually(lambda: ask("get/sms.campaigns")["data"][0]["status"] == "completed")
    assert sorted(sandbox.received_by().values()) == [1, 1, 1]
    assert ask("delete/sms.campaign", campaign=campaign)["message"] == "SMS campaign has been deleted!"


def test_it_refuses_remote_control_of_a_gateway_campaign(ask: Ask) -> None:
    ask("send/sms.bulk", mode="credits", gateway=1, campaign="May", numbers=PHONE, message="Hi")
    campaign = ask("get/sms.campaigns")["data"][0]
    assert campaign["status"] == "none"
    answer = ask("remote/stop.sms", campaign=campaign["id"])
    assert (answer["status"], answer["message"]) == (200, "Action is not supported in this campaign!")


def test_it_keeps_a_contact_book(ask: Ask) -> None:
    assert ask("create/group", name="Riders") == {
        "status": 200,
        "message": "Contact group has been created!",
        "data": NO,
    }
    group = ask("get/groups")["data"][0]["id"]
    created = ask("create/contact", phone=PHONE, name="Ana", groups=group)
    assert (created["message"], created["data"]) == ("Contact has been created!", NO)
    again = ask("create/contact", phone=PHONE, name="Ana", groups=group)
    assert again["message"] == "Phone number already exist in your contact book!"
    contact = ask("get/contacts")["data"][0]
    assert {**contact, "id": 0} == {"id": 0, "groups": [str(group)], "phone": PHONE, "name": "Ana"}
    assert ask("delete/contact", id=contact["id"])["message"] == "Contact has been deleted!"


def test_it_verifies_a_one_time_password_once(ask: Ask, sandbox: SandboxProcess, number: str) -> None:
    sent = ask("send/otp", type="whatsapp", account=number, phone=PHONE, message="Your code is {{otp}}")
    code = sent["data"]["otp"]
    assert sandbox.deliveries()[0]["text"] == f"Your code is {code}"
    assert [ask("get/otp", otp=code)["status"] for _ in range(2)] == [200, 403]


def test_it_answers_a_ussd_code(ask: Ask, device: str) -> None:
    assert ask("send/ussd", code="*133#", sim=1, device=device)["message"] == "USSD request has been queued!"
    eventually(lambda: ask("get/ussd")["data"][0]["status"] == "completed")
    assert "balance" in ask("get/ussd")["data"][0]["response"]


def test_it_keeps_an_uploaded_file(ask: Ask, http: httpx.Client, number: str) -> None:
    files = {"media_file": ("menu.png", b"\x89PNG bytes", "image/png")}
    ask("send/whatsapp", account=number, recipient=PHONE, message="Menu", type="media", priority=1, files=files)
    url = ask("get/wa.sent")["data"][0]["attachment"]
    assert "/zender//uploads/" in url
    assert http.get(url).content == b"\x89PNG bytes"


def test_it_stops_at_a_number_that_is_logged_out(ask: Ask, sandbox: SandboxProcess, number: str) -> None:
    sandbox.control("disconnect", {"account": "zender", "number": number})
    states = {row["unique"]: row["status"] for row in ask("get/wa.accounts")["data"]}
    assert states[number] == "disconnected"
    sent = ask("send/whatsapp", account=number, recipient=PHONE, message="Hi")
    assert (sent["status"], sent["message"]) == (500, "WhatsApp account is disconnected!")
    assert sandbox.deliveries() == []


def test_it_stops_without_credit(ask: Ask, sandbox: SandboxProcess, number: str, device: str) -> None:
    sandbox.control("credit", {"account": "zender", "left": False})
    chat = ask("send/whatsapp", account=number, recipient=PHONE, message="Hi")
    assert (chat["status"], chat["message"]) == (403, "You have reached the maximum number of allowed chats!")
    sms = ask("send/sms", mode="devices", device=device, phone=PHONE, message="Hi")
    assert (sms["status"], sms["message"]) == (403, "Maximum allowed number of sent messages has been reached!")
    usage = ask("get/subscription")["data"]["usage"]["wa_send"]
    assert usage["used"] == usage["limit"] > 0


def test_deleting_a_waiting_chat_takes_it_back(ask: Ask, sandbox: SandboxProcess, number: str) -> None:
    sandbox.reset(step_seconds=60)
    message = ask("send/whatsapp", account=number, recipient=PHONE, message="Hi")["data"]["messageId"]
    assert ask("delete/wa.sent", id=message)["message"] == "Sent WhatsApp chat has been deleted!"
    assert ask("get/wa.pending")["data"] == []
    assert [entry["state"] for entry in sandbox.deliveries()] == ["cancelled"]
