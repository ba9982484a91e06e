"""Wablas behind the contract, against the sandbox: the account, its line, and what goes out."""

from dataclasses import replace

import pytest

from messaging.providers import PROVIDERS
from messaging.providers.base import Provider
from messaging.providers.errors import AccountRejected, MessageRejected, NotSent, OutcomeUnknown, Reason
from messaging.providers.http import Http
from messaging.providers.shapes import Accepted, Found, Link, Location, Menu, Outgoing
from messaging.providers.wablas import WablasProvider
from messaging.providers.wablas.qr import PNG
from tests.messaging.wablas_world import (
    OTHER,
    PHONE,
    ROUTE,
    accepted,
    account_with,
    http,
    media,
    message,
    provider,
    words,
)
from tests.sandbox_process import SandboxProcess

__all__ = ["http", "provider"]

MENU = Menu(title="Menú", button="Ver", items=(("Paella", "12 €"),), footer="Bar Sol")


def test_it_is_registered() -> None:
    assert PROVIDERS["wablas"] is WablasProvider


@pytest.mark.parametrize(
    ("flag", "method"),
    [
        ("report_poll", "fetch_reports"),
        ("inbound_poll", "fetch_incoming"),
        ("find", "find"),
        ("cancel", "cancel"),
        ("callbacks", "verify_callback"),
        ("callbacks", "parse_callback"),
        ("linking", "link"),
        ("linking", "relink"),
        ("linking", "link_state"),
        ("number_check", "check_number"),
        ("mirrors", "fetch_mirror"),
    ],
)
def test_it_does_what_its_capabilities_say(flag: str, method: str) -> None:
    is_own = getattr(WablasProvider, method) is not getattr(Provider, method)
    assert is_own == bool(getattr(WablasProvider.capabilities, flag))


# The account and its line


def test_it_tells_who_we_are_and_until_when(provider: WablasProvider) -> None:
    info = provider.check()
    assert (info.label, info.quota) == ("Demo", {"messages": {"used": 0, "limit": None}})
    assert info.expires_at is not None
    assert info.expires_at.isoformat() == "2030-12-31T00:00:00+07:00"


def test_it_tells_what_is_left_of_the_quota(sandbox: SandboxProcess, http: Http) -> None:
    assert account_with(sandbox, http, quota=91).check().quota == {"messages": {"used": 0, "limit": 91}}


def test_it_fails_the_check_with_a_wrong_token(provider: WablasProvider, http: Http) -> None:
    stranger = WablasProvider(base_url=provider.base_url, credentials={"token": "nobody"}, http=http)
    with pytest.raises(AccountRejected, match="wrong server address") as caught:
        stranger.check()
    assert caught.value.reason is Reason.BAD_CREDENTIALS


def test_it_fails_the_check_when_the_device_has_expired(sandbox: SandboxProcess, http: Http) -> None:
    with pytest.raises(AccountRejected) as caught:
        account_with(sandbox, http, expired_date="2020-01-01").check()
    assert caught.value.reason is Reason.SUBSCRIPTION_EXPIRED


def test_it_fails_the_check_at_an_address_without_a_gateway(sandbox: SandboxProcess, http: Http) -> None:
    nowhere = WablasProvider(base_url=f"{sandbox.url}/nothing", credentials={"token": "t"}, http=http)
    with pytest.raises(AccountRejected) as caught:
        nowhere.check()
    assert caught.value.reason is Reason.WRONG_ADDRESS


def test_it_lists_its_one_line(provider: WablasProvider, sandbox: SandboxProcess) -> None:
    number = sandbox.account("wablas")["numbers"][0]
    (line,) = provider.fetch_lines()
    assert (line.route.kind, line.route.address, line.phone) == ("whatsapp", number["unique"], number["phone"])
    assert line.is_connected


def test_it_sees_that_its_line_is_down(provider: WablasProvider) -> None:
    provider.client.disconnect_device()
    (line,) = provider.fetch_lines()
    assert (line.is_connected, line.note) == (False, "disconnected")


def test_it_goes_on_with_the_new_token_after_changing_it(provider: WablasProvider, http: Http) -> None:
    old = WablasProvider(base_url=provider.base_url, credentials=provider.credentials, http=http)
    token = provider.rotate()["token"]
    assert provider.check().label == "Demo"
    assert provider.credentials["token"] == token
    with pytest.raises(AccountRejected):
        old.check()


def test_it_asks_the_gateway_to_call_us(provider: WablasProvider, sandbox: SandboxProcess) -> None:
    provider.set_callbacks("http://127.0.0.1:9/ours/")
    urls = sandbox.account("wablas")["callback_urls"]
    assert urls == {"incoming": "http://127.0.0.1:9/ours/", "tracking": "http://127.0.0.1:9/ours/"}


def test_it_tells_whether_a_number_is_on_whatsapp(provider: WablasProvider) -> None:
    assert provider.check_number(ROUTE, PHONE)
    assert not provider.check_number(ROUTE, "+6281230000091")


def test_it_links_by_the_picture_on_the_scan_page(provider: WablasProvider, sandbox: SandboxProcess) -> None:
    provider.client.disconnect_device()
    offer = provider.link()
    number = sandbox.account("wablas")["numbers"][0]
    assert offer.image.startswith(PNG)
    assert provider.link_state(offer.token).state == "waiting"
    sandbox.control("connect", {"account": "wablas", "number": number["unique"]})
    state = provider.link_state(offer.token)
    assert (state.state, state.address, state.phone) == ("linked", number["unique"], number["phone"])


# Sending


def test_it_sends_a_hundred_in_one_request(provider: WablasProvider, sandbox: SandboxProcess) -> None:
    batch = [message(n, to=f"+62812300{n:05d}") for n in range(100, 200) if n % 100 < 88]
    sent = accepted(provider, *batch)
    assert len({each.remote_id for each in sent}) == len(batch)
    assert [row["reference"] for row in sandbox.deliveries()] == [each.reference for each in batch]


SINGLES: list[tuple[Outgoing, str, str]] = [
    (message(1), "Hola", ""),
    (message(2, attachment=media("image", url="http://f.example/a.png")), "Hola", "http://f.example/a.png"),
    (message(3, attachment=media("video", url="http://f.example/a.mp4")), "Hola", "http://f.example/a.mp4"),
    (message(4, attachment=media("document", url="http://f.example/a.pdf")), "Hola", "http://f.example/a.pdf"),
    (message(5, body="", attachment=media("audio", url="http://f.example/a.mp3")), "audio", "http://f.example/a.mp3"),
    (message(6, attachment=Link(url="http://f.example/")), "Hola", "http://f.example/"),
    (message(7, attachment=MENU), "Hola", ""),
]


@pytest.mark.parametrize(("outgoing", "text", "attachment"), SINGLES)
def test_it_sends_each_kind(
    provider: WablasProvider, sandbox: SandboxProcess, outgoing: Outgoing, text: str, attachment: str
) -> None:
    (sent,) = accepted(provider, outgoing)
    (row,) = sandbox.deliveries()
    assert (row["to"], row["text"], row["attachment"]) == (PHONE, text, attachment)
    assert (row["id"], row["reference"]) == (sent.remote_id, outgoing.reference)


def test_it_sends_a_place(provider: WablasProvider, sandbox: SandboxProcess) -> None:
    accepted(provider, message(1, body="", attachment=Location(latitude=40.4, longitude=-3.7, name="Bar Sol")))
    assert '"latitude": 40.4' in sandbox.deliveries()[0]["text"]


def test_it_sends_to_a_whatsapp_group(provider: WablasProvider, sandbox: SandboxProcess) -> None:
    accepted(provider, message(1, to="6281230001001-1700000001@g.us", is_group=True))
    assert sandbox.received_by() == {"6281230001001-1700000001@g.us": 1}


def test_it_uploads_a_file_once_for_everybody(provider: WablasProvider, sandbox: SandboxProcess, http: Http) -> None:
    picture = media("image", content=b"a picture of today", filename="a.png", mime_type="image/png")
    accepted(provider, message(1, attachment=picture), message(2, to=OTHER, attachment=picture))
    addresses = {row["attachment"] for row in sandbox.deliveries()}
    assert len(addresses) == 1
    assert http.request("GET", addresses.pop()).content == b"a picture of today"


def test_it_lines_up_outcomes_of_mixed_kinds(provider: WablasProvider, sandbox: SandboxProcess) -> None:
    picture = media("image", url="http://f.example/a.png")
    refused = message(3, to="+6281230000091")
    outcomes = provider.send([message(1), message(2, to=OTHER, attachment=picture), refused, message(4, body="")])
    assert words(outcomes) == [Accepted, Accepted, Reason.INVALID_NUMBER, Reason.TEXT_EMPTY]
    assert {row["reference"]: row["attachment"] for row in sandbox.deliveries()} == {"1": "", "2": picture.url}


OBJECTIONS: list[tuple[Outgoing, Reason]] = [
    (message(1, body="x" * 1025), Reason.TEXT_TOO_LONG),
    (message(1, body=" "), Reason.TEXT_EMPTY),
    (message(1, to="081230000042"), Reason.INVALID_NUMBER),
    (message(1, to="+0812300042"), Reason.INVALID_NUMBER),
    (message(1, to="+3460"), Reason.INVALID_NUMBER),
    (message(1, to="+34 600"), Reason.INVALID_NUMBER),
    (
        message(1, attachment=media("image", content=b"\0" * (2 * 1024 * 1024 + 1), filename="a.png")),
        Reason.MEDIA_TOO_LARGE,
    ),
    (message(1, attachment=media("image")), Reason.MEDIA_INVALID),
    (message(1, body="", attachment=media("video", url="http://f.example/a.mp4")), Reason.TEXT_EMPTY),
    (message(1, attachment=media("audio", url="http://f.example/a.mp3")), Reason.NOT_SUPPORTED),
    (message(1, attachment=Location(latitude=1, longitude=2)), Reason.NOT_SUPPORTED),
    (message(1, attachment=replace(MENU, footer="")), Reason.TEXT_EMPTY),
    (message(1, attachment=media("image", content=b"exe", filename="a.exe")), Reason.MEDIA_INVALID),
]


@pytest.mark.parametrize(("outgoing", "reason"), OBJECTIONS)
def test_it_turns_a_message_away_without_losing_the_others(
    provider: WablasProvider, sandbox: SandboxProcess, outgoing: Outgoing, reason: Reason
) -> None:
    outcomes = provider.send([outgoing, message(2, to=OTHER)])
    assert words(outcomes) == [reason, Accepted]
    assert isinstance(outcomes[0], MessageRejected)
    assert sandbox.received_by() == {OTHER: 1}


@pytest.mark.parametrize("body", ["x" * 1024, "ñ" * 1024])
def test_it_takes_a_text_of_exactly_the_limit(provider: WablasProvider, body: str) -> None:
    accepted(provider, message(1, body=body))


def test_it_waits_when_told_to_and_sends_then(provider: WablasProvider, sandbox: SandboxProcess) -> None:
    batch = [message(1), message(2, to="+6281230000093")]
    (first, second) = provider.send(batch)
    assert isinstance(first, NotSent)
    assert (first.reason, first.retry_after, second) == (Reason.THROTTLED, 1, first)
    accepted(provider, *batch)
    assert sandbox.received_by() == {PHONE: 1, "+6281230000093": 1}


@pytest.mark.parametrize("to", ["+6281230000094", "+6281230000095"], ids=["line dropped", "error page"])
def test_it_does_not_know_when_the_answer_is_lost(provider: WablasProvider, sandbox: SandboxProcess, to: str) -> None:
    outcomes = provider.send([message(1), message(2, to=to)])
    assert [type(outcome) for outcome in outcomes] == [OutcomeUnknown, OutcomeUnknown]
    assert sandbox.received_by() == {PHONE: 1, to: 1}


def test_it_stops_the_line_when_the_device_is_disconnected(provider: WablasProvider) -> None:
    provider.client.disconnect_device()
    picture = media("image", url="http://f.example/a.png")
    outcomes = provider.send([message(1), message(2, attachment=picture)])
    assert words(outcomes) == [Reason.LINE_DISCONNECTED] * 2
    assert all(isinstance(outcome, AccountRejected) and outcome.is_line for outcome in outcomes)


def test_it_stops_the_account_when_the_quota_is_used_up(provider: WablasProvider, sandbox: SandboxProcess) -> None:
    sandbox.control("credit", {"account": "wablas"})
    assert words(provider.send([message(1)])) == [Reason.QUOTA_REACHED]


def test_it_reads_answers_that_are_nearly_json(sandbox: SandboxProcess, http: Http) -> None:
    provider = account_with(sandbox, http, broken_json=True)
    (sent,) = accepted(provider, message(1))
    assert isinstance(provider.find(replace(sent, remote_id="")), Found)
