"""What became of Wablas messages, and what the gateway keeps, against the sandbox."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from messaging.providers.errors import NotSent, Reason
from messaging.providers.http import Http
from messaging.providers.shapes import Accepted, CannotTell, Found, NotFound, Outgoing, RemoteObject
from messaging.providers.wablas import WablasProvider
from tests.messaging.wablas_world import (
    LONG_AGO,
    OTHER,
    PHONE,
    WAITING,
    accepted,
    account_with,
    http,
    message,
    provider,
    words,
)
from tests.sandbox_process import SandboxProcess, eventually

__all__ = ["http", "provider"]


def statuses(provider: WablasProvider, *messages: Outgoing) -> dict[str, str]:
    return {report.remote_id: report.status for report in provider.fetch_reports(messages)}


@pytest.mark.parametrize(
    ("to", "status"),
    [(PHONE, "delivered"), ("+6281230000090", "read"), ("+6281230000092", "failed"), (WAITING, "accepted")],
)
def test_it_reports_what_became_of_a_message(provider: WablasProvider, to: str, status: str) -> None:
    (sent,) = accepted(provider, message(1, to=to))
    eventually(lambda: statuses(provider, sent) == {sent.remote_id: status})


def test_it_asks_one_by_one_for_what_is_not_from_today(provider: WablasProvider) -> None:
    today, older = accepted(provider, message(1), message(2, to=OTHER))
    older = replace(older, attempted_at=datetime.now(UTC) - timedelta(days=3))
    eventually(lambda: statuses(provider, today, older) == {today.remote_id: "delivered", older.remote_id: "delivered"})


def test_it_leaves_out_what_the_report_does_not_mention(provider: WablasProvider) -> None:
    assert provider.fetch_reports([message(1, remote_id="nobody-knows-this", attempted_at=LONG_AGO)]) == []


def test_it_keeps_what_it_learned_when_the_report_is_throttled(sandbox: SandboxProcess, http: Http) -> None:
    provider = account_with(sandbox, http, report_throttled=True)
    (sent,) = accepted(provider, message(1))
    lost = message(2, remote_id="nobody-knows-this")
    eventually(lambda: statuses(provider, sent, lost) == {sent.remote_id: "delivered"})
    with pytest.raises(NotSent) as caught:
        provider.fetch_reports([lost])
    assert caught.value.reason is Reason.THROTTLED


def test_it_finds_what_was_taken_though_the_answer_was_lost(provider: WablasProvider) -> None:
    lost = message(77, to="+6281230000094")
    provider.send([lost])
    found = provider.find(replace(lost, attempted_at=datetime.now(UTC)))
    assert isinstance(found, Found)
    assert found.remote_id


def test_it_is_sure_that_an_old_message_is_not_there(provider: WablasProvider) -> None:
    assert provider.find(message(78, attempted_at=LONG_AGO)) == NotFound()


@pytest.mark.parametrize("is_attempted", [False, True])
def test_it_is_not_sure_about_a_young_one(provider: WablasProvider, is_attempted: bool) -> None:
    attempted_at = datetime.now(UTC) if is_attempted else None
    assert isinstance(provider.find(message(79, attempted_at=attempted_at)), CannotTell)


def test_it_says_when_the_report_cannot_be_had_now(sandbox: SandboxProcess, http: Http) -> None:
    provider = account_with(sandbox, http, report_throttled=True)
    with pytest.raises(NotSent) as caught:
        provider.find(message(80, attempted_at=LONG_AGO))
    assert caught.value.reason is Reason.THROTTLED


def test_it_cancels_what_has_not_left(provider: WablasProvider, sandbox: SandboxProcess) -> None:
    waiting, gone = accepted(provider, message(1, to=WAITING), message(2))
    eventually(lambda: statuses(provider, gone) == {gone.remote_id: "delivered"})
    outcomes = provider.cancel([gone, waiting, message(3)])
    assert words(outcomes) == [Reason.REJECTED, Accepted, Reason.REJECTED]
    assert statuses(provider, waiting) == {waiting.remote_id: "cancelled"}


# Mirrors


def test_it_mirrors_contacts_page_by_page(provider: WablasProvider) -> None:
    phones = [f"62812300{n:05d}" for n in range(250)]
    for start in range(0, 250, 100):
        provider.client.add_contacts([{"phone": phone, "name": phone} for phone in phones[start : start + 100]])
    contacts = list(provider.iterate_mirror("contact"))
    assert len(contacts) == len({contact.remote_id for contact in contacts}) == 251
    assert contacts[-1].name == phones[-1]


def test_it_mirrors_replies_servers_and_messages(provider: WablasProvider) -> None:
    provider.client.create_autoreply(keyword="horario", response="De 9 a 14 h")
    (sent,) = accepted(provider, message(1))
    assert [row.name for row in provider.iterate_mirror("autoreply")] == ["horario"]
    assert next(provider.iterate_mirror("server")) == RemoteObject(kind="server", remote_id="sandbox", name="sandbox")
    assert [(row.remote_id, row.name) for row in provider.iterate_mirror("wa_sent")] == [(sent.remote_id, "Hola")]


def test_it_keeps_no_mirror_it_does_not_promise(provider: WablasProvider) -> None:
    with pytest.raises(ValueError, match="keeps no ussd"):
        provider.fetch_mirror("ussd")
