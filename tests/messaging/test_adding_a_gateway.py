"""A fifth gateway takes one folder (tests/messaging/pigeon) and one line in PROVIDERS; everything else follows."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from config.models import ApiToken
from contacts.models import ConsentEvent
from contacts.refusal import Refused
from messaging import accounts, callbacks, capabilities, outbox, understanding
from messaging.models import Account, Line, Message
from messaging.outbox.pump import Pump
from messaging.providers import PROVIDERS
from messaging.providers.errors import Reason
from tests.messaging.pigeon import PigeonProvider
from tests.messaging.toy_gateway import KEY, RINGS, Dovecote
from tests.world import ask_now, make_campaign, make_people, phone, reaches, send, start, work

pytestmark = pytest.mark.django_db(transaction=True)
S = Message.Status


@pytest.fixture(autouse=True)
def _one_line_in_providers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROVIDERS, PigeonProvider.slug, PigeonProvider)


@pytest.fixture
def dovecote() -> Iterator[Dovecote]:
    with Dovecote() as running:
        yield running


@pytest.fixture
def account(dovecote: Dovecote) -> Account:
    made = accounts.create_account(
        provider="pigeon", name="Our pigeons", base_url=dovecote.url, credentials={"key": KEY}, region="MX"
    )
    assert accounts.check_account(made).ok
    accounts.look_after(made.pk)
    return made


@pytest.fixture
def line(account: Account) -> Line:
    found = account.lines.order_by("id").first()
    assert found is not None
    return found


def call_from(dovecote: Dovecote, account: Account, body: dict[str, Any], *, feather: str = KEY[::-1]) -> int:
    """The gateway calls us, and the worker reads it; the HTTP status we answered with."""
    address = callbacks.url_for(account)
    response = Client().post(address, json.dumps(body), "application/json", headers={"x-feather": feather})
    understanding.work_waiting()
    return response.status_code


# The account


def test_its_form_asks_for_what_it_needs_and_tests_the_account(dovecote: Dovecote, alice_client: Client) -> None:
    assert "Pigeon post" in alice_client.get("/accounts/add/").content.decode()
    form = alice_client.get("/accounts/add/?gateway=pigeon").content.decode()
    assert "Key of the dovecote" in form
    assert "Which side." in form
    sent = {"name": "Ours", "key": KEY, "loft": "west", "base_url": dovecote.url, "region": "MX"}
    page = alice_client.post("/accounts/add/?gateway=pigeon", sent, follow=True).content.decode()
    account = Account.objects.get()
    assert (account.state, account.label) == (Account.State.READY, "Dovecote by the sea")
    assert account.credentials == {"key": KEY, "loft": "west"}
    assert KEY not in page
    assert callbacks.url_for(account) in page


def test_its_form_names_what_is_missing(alice_client: Client) -> None:
    page = alice_client.post("/accounts/add/?gateway=pigeon", {"name": "Ours", "region": "MX"})
    assert page.status_code == 422
    assert not Account.objects.exists()


def test_a_wrong_key_is_a_sentence(dovecote: Dovecote) -> None:
    account = accounts.create_account(
        provider="pigeon", name="Ours", base_url=dovecote.url, credentials={"key": "crumbs"}
    )
    result = accounts.check_account(account)
    assert (result.ok, result.reason) == (False, Reason.BAD_CREDENTIALS)
    assert result.sentence.startswith("The gateway does not accept our key.")


def test_its_lines_appear(account: Account) -> None:
    lines = account.lines.values_list("label", "phone", "state", "kind")
    assert set(lines) == {(f"Pigeon {ring}", number, "ready", "paid") for ring, number in RINGS.items()}


def test_its_page_shows_it(account: Account, alice_client: Client) -> None:
    page = alice_client.get(f"/accounts/{account.pk}/").content.decode()
    assert "Pigeon red" in page
    assert "Pigeon post" in page


def test_the_table_of_capabilities_has_a_column_for_it() -> None:
    head, _rule, *rows = capabilities.table(PROVIDERS).splitlines()
    assert head.endswith("| SMSGateway24 | Pigeon post |")
    assert [row for row in rows if row.startswith("| Longest text") and row.endswith("| 60 characters |")]


# Sending


def test_the_pump_sends_in_flights_of_its_size(dovecote: Dovecote, line: Line) -> None:
    for number in range(7):
        outbox.queue(line=line, to=phone(number), body="Hello")
    Pump(seconds=2).run()
    assert sorted(letter.to for letter in dovecote.letters) == [phone(number) for number in range(7)]
    assert max(dovecote.flights) == 3
    assert set(Message.objects.values_list("status", flat=True)) == {S.ACCEPTED}


def test_a_refused_letter_does_not_hold_up_the_others(dovecote: Dovecote, line: Line) -> None:
    bad, good = (outbox.queue(line=line, to=to, body="Hello")[0] for to in (phone(1, "91"), phone(2)))
    Pump(seconds=2).run()
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.status, bad.reason, good.status) == (S.FAILED, Reason.INVALID_NUMBER, S.ACCEPTED)


def test_its_limit_is_told_before_sending(line: Line) -> None:
    with pytest.raises(Refused, match="at most 60 characters"):
        outbox.queue(line=line, to=phone(1), body="coo" * 21)


def test_a_lost_answer_is_looked_up_and_nothing_is_sent_twice(dovecote: Dovecote, line: Line) -> None:
    message = send(line, phone(1, "94"))
    assert message.status == S.UNKNOWN
    ask_now(line.account)
    message.refresh_from_db()
    assert (message.status, message.remote_id) == (S.ACCEPTED, "p1")
    assert len(dovecote.letters) == 1


def test_a_campaign_runs_over_it(dovecote: Dovecote, line: Line) -> None:
    make_people(20)
    campaign = work(start(make_campaign([line])), seconds=8)
    assert campaign.state == "finished"
    assert len({letter.to for letter in dovecote.letters}) == len(dovecote.letters) == 20


# News


def test_reports_are_asked_for(dovecote: Dovecote, line: Line) -> None:
    message = send(line, phone(1))
    dovecote.land()
    reaches(message, S.DELIVERED)


def test_a_letter_that_went_astray_says_why(dovecote: Dovecote, line: Line) -> None:
    message = send(line, phone(1))
    dovecote.land("astray")
    assert reaches(message, S.FAILED).reason == Reason.NOT_DELIVERED


def test_what_came_in_is_asked_for_and_a_stop_is_heard(dovecote: Dovecote, line: Line) -> None:
    dovecote.reply(phone(1), "STOP")
    ask_now(line.account)
    ask_now(line.account)
    assert [message.body for message in Message.objects.filter(direction="in")] == ["STOP"]
    assert {event.source for event in ConsentEvent.objects.all()} == {ConsentEvent.Source.REPLY}
    with pytest.raises(Refused, match="opted out"):
        outbox.queue(line=line, to=phone(1), body="Hello again")


def test_its_calls_bring_reports_and_replies(dovecote: Dovecote, line: Line) -> None:
    message = send(line, phone(1))
    report = {"id": "p1", "mark": str(message.pk), "state": "landed"}
    reply = {"id": "r9", "number": phone(2), "text": "Thanks", "at": 1_790_000_000}
    assert [call_from(dovecote, line.account, body) for body in (report, reply)] == [200, 200]
    message.refresh_from_db()
    assert message.status == S.DELIVERED
    assert Message.objects.get(direction="in").body == "Thanks"


def test_a_strangers_call_is_turned_away(dovecote: Dovecote, account: Account) -> None:
    assert call_from(dovecote, account, {"id": "p1", "mark": "1", "state": "landed"}, feather="a crow's") == 403
    assert not account.callbacks.exists()


def test_the_rest_api_takes_it_as_any_other(dovecote: Dovecote, alice: User) -> None:
    asked = {"provider": "pigeon", "name": "Ours", "base_url": dovecote.url, "credentials": {"key": KEY}}
    token = {"authorization": f"Bearer {ApiToken.issue(user_id=alice.pk, name='a test')}"}
    made = Client().post("/api/v1/accounts", asked, "application/json", headers=token)
    assert made.status_code == 201
    checked = Client().post(f"/api/v1/accounts/{made.json()['id']}/check", headers=token)
    assert checked.json()["ok"] is True
