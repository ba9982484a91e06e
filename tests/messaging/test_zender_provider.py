"""Zender behind the contract, against the sandbox: what goes out arrives, and what the gateway knows comes back."""

import pytest

from messaging.providers import PROVIDERS
from messaging.providers.errors import (
    AccountRejected,
    MessageRejected,
    NotSent,
    OutcomeUnknown,
    ProviderError,
    Reason,
)
from messaging.providers.http import Http
from messaging.providers.shapes import Location, Media, RemoteObject, Route
from messaging.providers.zender import ZenderProvider
from tests.messaging.zender_world import (
    DROPPED,
    ERROR_PAGE,
    PAID,
    PLAIN,
    REJECTED,
    THROTTLED,
    http,
    outgoing,
    provider,
    refusal_of_send,
    send,
    sim,
    whatsapp,
)
from tests.sandbox_process import SandboxProcess, eventually

__all__ = ["http", "provider", "sim", "whatsapp"]


def test_it_is_registered() -> None:
    assert PROVIDERS["zender"] is ZenderProvider
    assert ZenderProvider.label == "smsenlinea (Zender)"


# The account and its lines


def test_it_tells_the_package_and_its_quota(provider: ZenderProvider) -> None:
    account = provider.check()
    assert account.label == "Sandbox"
    assert account.quota["wa_accounts"] == {"used": 2, "limit": None}


def test_it_passes_the_check_with_a_key_that_may_not_see_the_package(
    provider: ZenderProvider, sandbox: SandboxProcess
) -> None:
    sandbox.control("deny", {"account": "zender", "endpoints": ["get/subscription"]})
    assert provider.check().label == "smsenlinea (Zender)"


def test_it_fails_the_check_with_a_wrong_key(provider: ZenderProvider, http: Http) -> None:
    stranger = ZenderProvider(base_url=provider.base_url, credentials={"secret": "not-a-key"}, http=http)
    with pytest.raises(AccountRejected) as caught:
        stranger.check()
    assert caught.value.reason is Reason.BAD_CREDENTIALS


def test_it_fails_the_check_without_a_package(sandbox: SandboxProcess, http: Http) -> None:
    account = sandbox.new_account("zender", "Expired", settings={"no_subscription": True})
    expired = ZenderProvider(base_url=account["base_url"], credentials=account["credentials"], http=http)
    with pytest.raises(AccountRejected) as caught:
        expired.check()
    assert caught.value.reason is Reason.SUBSCRIPTION_EXPIRED


def test_it_lists_numbers_sims_and_paid_gateways_as_lines(provider: ZenderProvider) -> None:
    lines = provider.fetch_lines()
    assert {line.label for line in lines} == {
        "WhatsApp +5215550001001",
        "WhatsApp +5215550001002",
        "Sandbox Phone SIM 1",
        "Sandbox Phone SIM 2",
        "Sandbox SMPP",
        "Sandbox Instant",
    }
    assert all(line.is_connected for line in lines)


def test_it_lists_a_logged_out_number_with_the_gateways_word(provider: ZenderProvider, sandbox: SandboxProcess) -> None:
    sandbox.control("disconnect", {"account": "zender", "number": "+5215550001001"})
    (line,) = [line for line in provider.fetch_lines() if line.phone == "+5215550001001"]
    assert (line.is_connected, line.note) == (False, "disconnected")


def test_it_lists_whatsapp_lines_with_a_key_for_nothing_else(provider: ZenderProvider, sandbox: SandboxProcess) -> None:
    sandbox.control("deny", {"account": "zender", "endpoints": ["get/devices", "get/rates"]})
    assert [line.route.kind for line in provider.fetch_lines()] == ["whatsapp", "whatsapp"]


def test_it_says_so_when_the_key_may_see_no_line_at_all(provider: ZenderProvider, sandbox: SandboxProcess) -> None:
    sandbox.control("deny", {"account": "zender", "endpoints": ["get/devices", "get/rates", "get/wa.accounts"]})
    with pytest.raises(AccountRejected) as caught:
        provider.fetch_lines()
    assert caught.value.reason is Reason.NO_PERMISSION


# Sending


@pytest.mark.parametrize("way", ["whatsapp", "sim", "paid"])
def test_it_delivers_over_each_kind_of_line(
    provider: ZenderProvider, sandbox: SandboxProcess, whatsapp: Route, sim: Route, way: str
) -> None:
    route = {"whatsapp": whatsapp, "sim": sim, "paid": PAID}[way]
    assert send(provider, outgoing(route))
    (delivery,) = sandbox.deliveries(to=PLAIN)
    assert delivery["text"] == "La función empieza a las 8"


def test_it_writes_to_a_whatsapp_group(provider: ZenderProvider, sandbox: SandboxProcess, whatsapp: Route) -> None:
    group = "5215550001001-1700000001@g.us"
    send(provider, outgoing(whatsapp, group, is_group=True))
    assert len(sandbox.deliveries(to=group)) == 1


PICTURE = Media(kind="image", content=b"\x89PNG\r\n", filename="cartel.png", mime_type="image/png")


@pytest.mark.parametrize(
    "attachment",
    [
        PICTURE,
        Media(kind="video", url="https://example.com/corto.mp4"),
        Media(kind="document", content=b"%PDF-1.4", filename="menu.pdf", mime_type="application/pdf"),
        Media(kind="document", url="https://example.com/menu.pdf"),
    ],
    ids=["uploaded image", "linked video", "uploaded document", "linked document"],
)
def test_it_sends_media(provider: ZenderProvider, sandbox: SandboxProcess, whatsapp: Route, attachment: Media) -> None:
    assert send(provider, outgoing(whatsapp, attachment=attachment))
    assert len(sandbox.deliveries(to=PLAIN)) == 1


def test_it_refuses_what_the_gateway_cannot_carry_without_asking_it(
    provider: ZenderProvider, sandbox: SandboxProcess, whatsapp: Route, sim: Route
) -> None:
    place = Location(latitude=19.43, longitude=-99.13)
    notes = Media(kind="document", content=b"hola", filename="notas.txt", mime_type="text/plain")
    problems = [
        refusal_of_send(provider, outgoing(whatsapp, attachment=place)),
        refusal_of_send(provider, outgoing(whatsapp, attachment=notes)),
        refusal_of_send(provider, outgoing(sim, attachment=PICTURE)),
    ]
    assert [(type(problem), problem.reason) for problem in problems] == [
        (MessageRejected, Reason.NOT_SUPPORTED),
        (MessageRejected, Reason.MEDIA_INVALID),
        (MessageRejected, Reason.NOT_SUPPORTED),
    ]
    assert sandbox.received_by() == {}


@pytest.mark.parametrize(
    ("to", "means", "reason"),
    [
        (REJECTED, MessageRejected, Reason.INVALID_NUMBER),
        (THROTTLED, NotSent, Reason.THROTTLED),
        (DROPPED, OutcomeUnknown, Reason.GATEWAY_ERROR),
        (ERROR_PAGE, OutcomeUnknown, Reason.GATEWAY_ERROR),
    ],
)
def test_it_says_what_became_of_a_send_that_went_wrong(
    provider: ZenderProvider, whatsapp: Route, to: str, means: type[ProviderError], reason: Reason
) -> None:
    problem = refusal_of_send(provider, outgoing(whatsapp, to))
    assert (type(problem), problem.reason) == (means, reason)


def test_it_stops_the_line_when_the_number_is_logged_out(
    provider: ZenderProvider, sandbox: SandboxProcess, whatsapp: Route
) -> None:
    sandbox.control("disconnect", {"account": "zender", "number": whatsapp.address})
    problem = refusal_of_send(provider, outgoing(whatsapp))
    assert isinstance(problem, AccountRejected)
    assert (problem.reason, problem.is_line) == (Reason.LINE_DISCONNECTED, True)


def test_it_stops_the_line_when_the_gateway_does_not_know_it(provider: ZenderProvider) -> None:
    gone = Route(channel="whatsapp", kind="whatsapp", address="0" * 72)
    problem = refusal_of_send(provider, outgoing(gone))
    assert isinstance(problem, AccountRejected)
    assert (problem.reason, problem.is_line) == (Reason.LINE_MISSING, True)


@pytest.mark.parametrize(("way", "reason"), [("whatsapp", Reason.QUOTA_REACHED), ("paid", Reason.NO_CREDIT)])
def test_it_stops_when_nothing_is_left_to_send_with(
    provider: ZenderProvider, sandbox: SandboxProcess, whatsapp: Route, way: str, reason: Reason
) -> None:
    sandbox.control("credit", {"account": "zender", "left": False})
    problem = refusal_of_send(provider, outgoing(whatsapp if way == "whatsapp" else PAID))
    assert isinstance(problem, AccountRejected)
    assert problem.reason is reason


# Linking


def test_it_links_a_number_by_qr(provider: ZenderProvider, sandbox: SandboxProcess) -> None:
    offer = provider.link()
    assert offer.qr
    assert provider.link_state(offer.token).state == "waiting"
    sandbox.control("scan", {"qr": offer.qr, "phone": "+5215550007001"})
    state = provider.link_state(offer.token)
    assert (state.state, state.phone) == ("linked", "+5215550007001")
    assert state.address in {line.route.address for line in provider.fetch_lines()}


def test_it_links_a_known_number_again(provider: ZenderProvider, sandbox: SandboxProcess, whatsapp: Route) -> None:
    sandbox.control("disconnect", {"account": "zender", "number": whatsapp.address})
    offer = provider.relink(whatsapp.address)
    sandbox.control("scan", {"token": offer.token})
    assert provider.link_state(offer.token).address == whatsapp.address


def test_it_says_when_a_link_has_expired(provider: ZenderProvider, sandbox: SandboxProcess) -> None:
    offer = provider.link()
    sandbox.control("options", {"token_seconds": 0})
    assert provider.link_state(offer.token).state == "expired"


# Numbers and mirrors


def test_it_checks_whether_a_number_is_on_whatsapp(provider: ZenderProvider, whatsapp: Route) -> None:
    assert provider.check_number(whatsapp, PLAIN) is True
    assert provider.check_number(whatsapp, REJECTED) is False


@pytest.mark.parametrize("kind", ZenderProvider.capabilities.mirrors)
def test_it_mirrors_each_kind(provider: ZenderProvider, sandbox: SandboxProcess, sim: Route, kind: str) -> None:
    sandbox.control("options", {"step_seconds": 30 if kind.endswith("_pending") else 0.02})
    provider.client.send_ussd(code="*133#", sim=1, device=sim.address)
    provider.client.send_sms_bulk(
        mode="devices", campaign="Enero", message="Hola", numbers=[PLAIN], device=sim.address, sim=1
    )
    account = provider.client.get_wa_accounts()[0]["unique"]
    provider.client.send_whatsapp_bulk(account=account, campaign="Febrero", message="Hola", recipients=[PLAIN])
    objects = eventually(lambda: list(provider.iterate_mirror(kind)))
    assert objects
    assert all(each.kind == kind and each.remote_id and each.name for each in objects)
    assert len({each.remote_id for each in objects}) == len(objects)


def test_it_mirrors_groups_with_their_members(provider: ZenderProvider) -> None:
    groups = {each.remote_id: each for each in provider.iterate_mirror("whatsapp_group")}
    neighbours: RemoteObject = groups["5215550001001-1700000001@g.us"]
    assert neighbours.name == "Neighbours"
    assert neighbours.raw["members"] == ["+5215550003001", "+5215550003002"]
    assert len(groups) == 4


def test_it_mirrors_every_contact_though_the_gateways_pages_skip_rows(provider: ZenderProvider) -> None:
    group = provider.client.get_groups()[0]["id"]
    for index in range(620):
        provider.client.create_contact(phone=f"+52155560{index:05d}", name=f"Persona {index}", groups=[group])
    mirrored = [each.raw["phone"] for each in provider.iterate_mirror("contact")]
    assert {f"+52155560{index:05d}" for index in range(620)} <= set(mirrored)
