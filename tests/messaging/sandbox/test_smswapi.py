"""A published Zender client as an independent witness: what it can do at the real service, it can do here."""

from collections.abc import Callable
from typing import Any

import pytest
from smswapi import AuthenticationError, SMSWapi, SMSWapiError  # type: ignore[import-untyped]

from tests.sandbox_process import SandboxProcess, eventually

PHONE = "+5215555000042"


@pytest.fixture
def witness(sandbox: SandboxProcess) -> Any:
    return SMSWapi(secret=sandbox.account()["credentials"]["secret"], base_url=f"{sandbox.url}/zender/api", timeout=5)


READS = [
    "get_credits",
    "get_subscription",
    "get_earnings",
    "get_contacts",
    "get_groups",
    "get_unsubscribed",
    "get_sms_sent",
    "get_sms_received",
    "get_sms_pending",
    "get_sms_campaigns",
    "get_rates",
    "get_wa_accounts",
    "get_wa_sent",
    "get_wa_received",
    "get_wa_pending",
    "get_wa_campaigns",
    "get_wa_servers",
    "get_devices",
    "get_ussd",
    "get_shorteners",
]


@pytest.mark.parametrize("read", READS)
def test_it_can_read(witness: Any, read: str) -> None:
    assert getattr(witness, read)()["status"] == 200


def test_it_is_told_of_a_wrong_secret(sandbox: SandboxProcess) -> None:
    stranger = SMSWapi(secret="wrong", base_url=f"{sandbox.url}/zender/api", timeout=5)
    with pytest.raises(AuthenticationError, match="Invalid API secret supplied!"):
        stranger.get_groups()


def test_it_can_send_a_chat_and_see_it_sent(witness: Any, sandbox: SandboxProcess) -> None:
    account = witness.get_wa_accounts()["data"][0]["unique"]
    message = witness.send_whatsapp(recipient=PHONE, message="Hola", account=account)["data"]["messageId"]
    eventually(lambda: witness.get_wa_message(message, "sent")["data"]["status"] == "sent")
    assert sandbox.received_by() == {PHONE: 1}


def test_it_can_send_a_picture(witness: Any, sandbox: SandboxProcess) -> None:
    account = witness.get_wa_accounts()["data"][0]["unique"]
    picture = ("menu.png", b"\x89PNG bytes", "image/png")
    witness.send_whatsapp(recipient=PHONE, message="Menu", account=account, msg_type="media", media_file=picture)
    assert sandbox.deliveries()[0]["attachment"].endswith("menu.png")


def test_it_can_run_a_campaign(witness: Any, sandbox: SandboxProcess) -> None:
    account = witness.get_wa_accounts()["data"][0]["unique"]
    recipients = [PHONE, "+5215555000043"]
    sent = witness.send_whatsapp_bulk(message="Hola", campaign="May", account=account, recipients=recipients)
    campaign = sent["data"]["campaignId"]
    assert witness.stop_wa_campaign(campaign)["message"] == "WhatsApp campaign has been paused!"
    assert witness.start_wa_campaign(campaign)["message"] == "WhatsApp campaign has been resumed!"
    eventually(lambda: witness.get_wa_campaigns()["data"][0]["status"] == "completed")
    assert sandbox.received_by() == {PHONE: 1, "+5215555000043": 1}
    assert witness.delete_wa_campaign(campaign)["status"] == 200


def test_it_can_send_sms(witness: Any, sandbox: SandboxProcess) -> None:
    device = witness.get_devices()["data"][0]["unique"]
    witness.send_sms(phone=PHONE, message="Hola", mode="devices", device=device, sim=1)
    witness.send_sms_bulk(message="Hola", campaign="May", mode="devices", numbers=[PHONE], device=device, sim=1)
    eventually(lambda: len(witness.get_sms_sent()["data"]) == 2)
    assert sandbox.received_by() == {PHONE: 2}


def test_it_can_link_a_number(witness: Any, sandbox: SandboxProcess) -> None:
    link = witness.link_whatsapp(sid=1)["data"]
    token = link["infolink"].partition("token=")[2]
    assert witness.get_wa_qr(token)["content"].startswith(b"\x89PNG")
    assert witness.get_wa_info(token)["status"] == 301
    sandbox.control("scan", {"token": token})
    unique = witness.get_wa_info(token)["data"]["unique"]
    assert "qrstring" in witness.relink_whatsapp(unique, sid=1)["data"]
    assert witness.delete_wa_account(unique)["message"] == "WhatsApp account has been deleted!"


def test_it_can_keep_contacts_and_check_numbers(witness: Any) -> None:
    witness.create_group("Riders")
    group = witness.get_groups()["data"][0]["id"]
    assert witness.create_contact(PHONE, "Ana", [str(group)])["message"] == "Contact has been created!"
    assert witness.get_contacts()["data"][0]["groups"] == [str(group)]
    account = witness.get_wa_accounts()["data"][0]["unique"]
    assert witness.validate_whatsapp(PHONE, account)["data"]["jid"] == f"{PHONE}@s.whatsapp.net"
    assert witness.get_wa_groups(account)["data"]


def test_it_can_send_and_verify_a_one_time_password(witness: Any) -> None:
    account = witness.get_wa_accounts()["data"][0]["unique"]
    sent = witness.send_otp(PHONE, "Your code is {{otp}}", otp_type="whatsapp", account=account)
    assert witness.verify_otp(sent["data"]["otp"])["message"] == "OTP has been verified!"


def test_it_can_ask_for_a_balance(witness: Any) -> None:
    device = witness.get_devices()["data"][0]["unique"]
    witness.send_ussd("*133#", 1, device)
    row: dict[str, Any] = eventually(lambda: [each for each in witness.get_ussd()["data"] if each["response"]])[0]
    assert witness.delete_ussd(row["id"])["message"] == "USSD request has been deleted!"


# These calls of the witness name rows that are not there; the words are the gateway's.
DELETES = ["contact", "group", "unsubscribed", "sms_sent", "sms_received", "wa_sent", "wa_received", "notification"]


@pytest.mark.parametrize("delete", DELETES)
def test_it_is_told_when_there_is_nothing_to_delete(witness: Any, delete: str) -> None:
    call: Callable[[int], object] = getattr(witness, f"delete_{delete}")
    with pytest.raises(SMSWapiError, match="Something went wrong!"):
        call(777)


def test_it_meets_the_script_s_own_mistake_when_deleting_an_sms_campaign(witness: Any) -> None:
    """It names the campaign `id` as documented, and the script wants `campaign` (docs/endpoints.md 1.2 row 13)."""
    device = witness.get_devices()["data"][0]["unique"]
    witness.send_sms_bulk(message="Hola", campaign="May", mode="devices", numbers=[PHONE], device=device, sim=1)
    campaign = witness.get_sms_campaigns()["data"][0]["id"]
    with pytest.raises(SMSWapiError, match="Invalid Parameters!"):
        witness.delete_sms_campaign(campaign)
