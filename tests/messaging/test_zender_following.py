"""What Zender knows about messages afterwards: reports, what came in, lost answers, cancelling. Against the sandbox."""

from datetime import UTC, datetime, timedelta

import pytest

from messaging.providers.errors import (
    AccountRejected,
    MessageRejected,
    Reason,
)
from messaging.providers.shapes import Accepted, CannotTell, Channel, Found, Outgoing, Route, StatusReport
from messaging.providers.zender import ZenderProvider
from tests.messaging.zender_world import (
    DROPPED,
    ERROR_PAGE,
    FAILS,
    PAID,
    PLAIN,
    SILENT,
    STOP,
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

# What became of them


def final_report(provider: ZenderProvider, message: Outgoing, status: str) -> StatusReport:
    def look() -> StatusReport | None:
        reports = provider.fetch_reports([message])
        return next((report for report in reports if report.status == status), None)

    report = eventually(look)
    assert report is not None
    return report


@pytest.mark.parametrize(
    ("way", "to", "status"),
    [
        ("whatsapp", PLAIN, "sent"),
        ("whatsapp", FAILS, "failed"),
        ("whatsapp", SILENT, "accepted"),
        ("sim", PLAIN, "delivered"),
        ("sim", FAILS, "failed"),
        ("paid", PLAIN, "sent"),
    ],
)
def test_it_reports_how_far_a_message_got(
    provider: ZenderProvider, whatsapp: Route, sim: Route, way: str, to: str, status: str
) -> None:
    route = {"whatsapp": whatsapp, "sim": sim, "paid": PAID}[way]
    remote_id = send(provider, outgoing(route, to))
    report = final_report(provider, outgoing(route, to, remote_id=remote_id), status)
    assert (report.remote_id, report.reference) == (remote_id, "71")
    assert report.reason is (Reason.NOT_DELIVERED if status == "failed" else None)
    assert report.at is not None
    assert datetime.now(UTC) - report.at < timedelta(minutes=1)


def test_it_leaves_out_a_message_the_gateway_no_longer_knows(provider: ZenderProvider, whatsapp: Route) -> None:
    assert provider.fetch_reports([outgoing(whatsapp, remote_id="1")]) == []


def test_it_finds_an_sms_that_the_phone_has_taken_and_no_list_shows(
    provider: ZenderProvider, sandbox: SandboxProcess, sim: Route
) -> None:
    sandbox.reset(step_seconds=0.6)
    remote_id = send(provider, outgoing(sim))
    assert eventually(lambda: provider.client.get_sms_pending() == [])
    (report,) = provider.fetch_reports([outgoing(sim, remote_id=remote_id)])
    assert report.raw["status"] == "pending"
    assert report.status == "accepted"


# What came in


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
def test_it_fetches_what_people_wrote(provider: ZenderProvider, sandbox: SandboxProcess, channel: Channel) -> None:
    row = {"account": "zender", "from": PLAIN, "text": "¿Hay lugar?", "channel": channel}
    told = sandbox.control("incoming", row)
    (message,) = provider.fetch_incoming(datetime.now(UTC) - timedelta(minutes=5))
    assert (message.channel, message.sender, message.body) == (channel, PLAIN, "¿Hay lugar?")
    prefix = "wa" if channel == "whatsapp" else "sms"
    assert message.remote_id == f"{prefix}:{told['id']}"
    expected = "+5215550001001" if channel == "whatsapp" else told["line"]
    assert message.line_hint == expected


def test_it_fetches_a_reply(provider: ZenderProvider, whatsapp: Route) -> None:
    send(provider, outgoing(whatsapp, STOP))
    (message,) = eventually(lambda: provider.fetch_incoming(None))
    assert (message.sender, message.body) == (STOP, "STOP")


def test_it_fetches_one_channel_when_the_key_may_not_read_the_other(
    provider: ZenderProvider, sandbox: SandboxProcess
) -> None:
    sandbox.control("incoming", {"account": "zender", "from": PLAIN, "text": "Hola"})
    sandbox.control("deny", {"account": "zender", "endpoints": ["get/sms.received"]})
    assert [message.body for message in provider.fetch_incoming(None)] == ["Hola"]
    sandbox.control("deny", {"account": "zender", "endpoints": ["get/sms.received", "get/wa.received"]})
    with pytest.raises(AccountRejected):
        provider.fetch_incoming(None)


# Unknown outcomes


@pytest.mark.parametrize("way", ["whatsapp", "sim"])
@pytest.mark.parametrize("to", [DROPPED, ERROR_PAGE])
def test_it_finds_a_message_whose_answer_was_lost(
    provider: ZenderProvider, whatsapp: Route, sim: Route, way: str, to: str
) -> None:
    message = outgoing(whatsapp if way == "whatsapp" else sim, to, "Su mesa está lista\nLo esperamos ")
    refusal_of_send(provider, message)
    found = eventually(lambda: result if isinstance(result := provider.find(message), Found) else None)
    assert found is not None
    (report,) = provider.fetch_reports([outgoing(message.route, to, remote_id=found.remote_id)])
    assert report.raw["message"].startswith("Su mesa")


def test_it_cannot_tell_between_two_alike(provider: ZenderProvider, whatsapp: Route) -> None:
    message = outgoing(whatsapp, SILENT)
    send(provider, message)
    send(provider, message)
    result = provider.find(message)
    assert isinstance(result, CannotTell)
    assert "2 messages" in result.note


@pytest.mark.parametrize(
    "other",
    [
        {"to": PLAIN},
        {"body": "Otra cosa"},
        {"attempted_at": datetime.now(UTC) + timedelta(days=1)},
        {"attempted_at": None},
    ],
    ids=["other number", "other text", "long before", "never attempted"],
)
def test_it_never_says_that_a_message_is_certainly_absent(
    provider: ZenderProvider, whatsapp: Route, other: dict[str, object]
) -> None:
    send(provider, outgoing(whatsapp, SILENT))
    looked_for: dict[str, object] = {"to": SILENT, **other}
    assert isinstance(provider.find(outgoing(whatsapp, **looked_for)), CannotTell)  # type: ignore[arg-type]


# Cancelling


@pytest.mark.parametrize("way", ["whatsapp", "sim"])
def test_it_cancels_what_still_waits(
    provider: ZenderProvider, sandbox: SandboxProcess, whatsapp: Route, sim: Route, way: str
) -> None:
    sandbox.reset(step_seconds=60)
    route = whatsapp if way == "whatsapp" else sim
    message = outgoing(route, remote_id=send(provider, outgoing(route)))
    (outcome,) = provider.cancel([message])
    assert isinstance(outcome, Accepted)
    assert provider.fetch_reports([message]) == []


def test_it_does_not_claim_to_cancel_what_has_gone(provider: ZenderProvider, whatsapp: Route) -> None:
    message = outgoing(whatsapp, remote_id=send(provider, outgoing(whatsapp)))
    final_report(provider, message, "sent")
    unknown = outgoing(whatsapp, remote_id="1")
    nameless = outgoing(whatsapp)
    outcomes = provider.cancel([message, unknown, nameless])
    assert [type(outcome) for outcome in outcomes] == [MessageRejected] * 3
    assert len(provider.fetch_reports([message])) == 1
