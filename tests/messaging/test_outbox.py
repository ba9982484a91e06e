"""A message's life against the sandbox: what is sent, what is tried again, and what nobody repeats on a guess."""

import itertools
import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from contacts import consent
from contacts.models import ConsentEvent
from contacts.refusal import Refused
from messaging import outbox
from messaging.lease import make_token
from messaging.models import Account, Exchange, Incident, Line, Message, MessageEvent
from messaging.outbox.claiming import claim, lease_line
from messaging.outbox.pump import Pump
from messaging.outbox.queueing import confirm_sent, drop
from messaging.providers.errors import Reason
from tests.sandbox_process import SandboxProcess
from tests.world import ask_now, make_account, phone, reaches, recover, send, whatsapp_line

pytestmark = pytest.mark.django_db(transaction=True)
S = Message.Status


@pytest.fixture
def account(sandbox: SandboxProcess) -> Account:
    return make_account(sandbox)


@pytest.fixture
def line(account: Account) -> Line:
    return whatsapp_line(account)


def test_it_sends_a_message_and_follows_it(sandbox: SandboxProcess, line: Line) -> None:
    message = send(line, phone(1), "Hello Ana")
    assert (message.status, message.attempts) == (S.ACCEPTED, 1)
    assert [row["text"] for row in sandbox.deliveries(to=phone(1))] == ["Hello Ana"]
    reaches(message, S.SENT)
    assert [event.status for event in message.events.all()] == [S.ACCEPTED, S.SENT]


def test_it_keeps_the_exchange_without_the_key(line: Line) -> None:
    message = send(line, phone(1))
    exchange = Exchange.objects.get(events__message=message)
    kept = f"{exchange.url} {exchange.request} {exchange.response}"
    assert line.account.credentials["secret"] not in kept
    assert "send/whatsapp" in exchange.url


def test_it_takes_the_same_key_for_the_same_message(sandbox: SandboxProcess, line: Line) -> None:
    first, is_new = outbox.queue(line=line, to=phone(1), body="Once", idempotency_key="order 7")
    again, is_new_again = outbox.queue(line=line, to=phone(1), body="Once", idempotency_key="order 7")
    Pump(seconds=2).run()
    assert (first.pk, is_new, is_new_again) == (again.pk, True, False)
    assert sandbox.received_by() == {phone(1): 1}


def test_it_fails_what_the_gateway_rejects_and_says_why(line: Line) -> None:
    message = send(line, phone(1, "91"))
    assert (message.status, message.reason) == (S.FAILED, Reason.INVALID_NUMBER)


def test_it_tries_again_what_was_certainly_not_sent(sandbox: SandboxProcess, line: Line) -> None:
    message = send(line, phone(1, "93"))
    assert message.status in (S.QUEUED, S.ACCEPTED)
    Line.objects.update(next_free_at=timezone.now())
    Message.objects.filter(status=S.QUEUED).update(next_attempt_at=timezone.now())
    Pump(seconds=2).run()
    message.refresh_from_db()
    assert (message.status, message.attempts) == (S.ACCEPTED, 2)
    assert sandbox.received_by() == {phone(1, "93"): 1}


@pytest.mark.parametrize("story", ["94", "95"])
def test_it_never_repeats_what_may_have_been_taken(sandbox: SandboxProcess, line: Line, story: str) -> None:
    message = send(line, phone(1, story))
    assert message.status == S.UNKNOWN
    Pump(seconds=1).run()
    assert sandbox.received_by() == {phone(1, story): 1}


def test_it_finds_an_unknown_message_at_the_gateway(sandbox: SandboxProcess, line: Line) -> None:
    message = send(line, phone(1, "94"), "Only you")
    ask_now(line.account)
    message.refresh_from_db()
    assert message.status in (S.ACCEPTED, S.SENT)
    assert message.remote_id


def test_it_leaves_to_a_person_what_the_gateway_cannot_tell(sandbox: SandboxProcess, line: Line) -> None:
    sandbox.control("options", {"lose_rate": 1.0})
    message = send(line, phone(1))
    for _look in range(5):
        ask_now(line.account)
    message.refresh_from_db()
    assert (message.status, message.ask_at) == (S.UNKNOWN, None)
    assert sandbox.received_by() == {}


def test_it_sends_again_only_by_a_persons_word(sandbox: SandboxProcess, line: Line) -> None:
    sandbox.control("options", {"lose_rate": 1.0})
    message = send(line, phone(1))
    sandbox.control("options", {"lose_rate": 0})
    new = outbox.resend(message, user=None)
    Pump(seconds=2).run()
    new.refresh_from_db()
    message.refresh_from_db()
    assert (message.status, message.reason) == (S.FAILED, Reason.RESENT)
    assert (new.status, new.resend_of_id) == (S.ACCEPTED, message.pk)
    with pytest.raises(Refused):
        outbox.resend(message, user=None)


def test_it_lets_a_person_settle_an_unknown_outcome(line: Line) -> None:
    first, second = send(line, phone(1, "94"), "one"), send(line, phone(2, "94"), "two")
    drop(first, user=None)
    confirm_sent(second, user=None)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.reason, second.status) == (S.FAILED, Reason.DROPPED, S.SENT)


def test_it_keeps_messages_queued_while_the_gateway_is_away(line: Line) -> None:
    Account.objects.update(base_url="http://127.0.0.1:9/zender")
    message = send(line, phone(1))
    line.refresh_from_db()
    assert (message.status, message.attempts, message.reason) == (S.QUEUED, 0, Reason.UNREACHABLE)
    assert line.waits_for == Reason.UNREACHABLE


def test_it_stops_an_account_whose_key_is_refused(line: Line) -> None:
    account = line.account
    account.credentials = {"secret": "not the key"}
    account.save()
    message = send(line, phone(1))
    account.refresh_from_db()
    assert (message.status, account.state, account.reason) == (S.QUEUED, Account.State.BLOCKED, Reason.BAD_CREDENTIALS)
    assert Incident.objects.get(closed_at=None).kind == Incident.Kind.ACCOUNT_BLOCKED
    Pump(seconds=1).run()
    message.refresh_from_db()
    assert message.attempts == 0


def test_it_stops_a_line_whose_number_is_disconnected(sandbox: SandboxProcess, line: Line) -> None:
    sandbox.control("disconnect", {"account": "zender", "number": line.phone})
    message = send(line, phone(1))
    line.refresh_from_db()
    assert (message.status, line.state) == (S.QUEUED, Line.State.DISCONNECTED)


def test_it_refuses_a_message_to_a_person_who_opted_out(line: Line) -> None:
    consent.opt_out(phone_key="522220000100", source=ConsentEvent.Source.STAFF)
    with pytest.raises(Refused):
        outbox.queue(line=line, to=phone(1), body="Hello")


def test_it_drops_at_the_claim_those_who_opted_out_meanwhile(sandbox: SandboxProcess, line: Line) -> None:
    message, _ = outbox.queue(line=line, to=phone(1), body="Hello")
    consent.opt_out(phone_key=message.phone_key, source=ConsentEvent.Source.REPLY)
    Pump(seconds=1).run()
    message.refresh_from_db()
    assert (message.status, message.reason) == (S.CANCELLED, Reason.OPTED_OUT)
    assert sandbox.received_by() == {}


def test_it_does_not_send_late(sandbox: SandboxProcess, line: Line) -> None:
    message = send(line, phone(1), send_before=timezone.now() - timedelta(seconds=1))
    assert (message.status, message.reason) == (S.EXPIRED, Reason.LATE)
    assert sandbox.received_by() == {}


def test_it_sends_urgent_messages_first(sandbox: SandboxProcess, line: Line) -> None:
    Line.objects.filter(pk=line.pk).update(gap_seconds=0.01)
    for number in range(3):
        outbox.queue(line=line, to=phone(number), body="later", priority=Message.Priority.CAMPAIGN)
    outbox.queue(line=line, to=phone(9), body="now", priority=Message.Priority.URGENT)
    Pump(seconds=3).run()
    assert next(row["text"] for row in sandbox.deliveries()) == "now"


def test_one_person_gets_messages_in_their_order(sandbox: SandboxProcess, line: Line) -> None:
    texts = [f"Part {number}" for number in range(12)]
    for text in texts:
        outbox.queue(line=line, to=phone(1), body=text)
    Pump(seconds=10).run()
    assert [row["text"] for row in sandbox.deliveries()] == texts


def test_a_claim_takes_nothing_for_people_whose_last_message_is_under_way(line: Line) -> None:
    for text, number in (("A1", 1), ("A2", 1), ("B1", 2)):
        outbox.queue(line=line, to=phone(number), body=text)
    token = make_token()
    lease_line(line, token, now=timezone.now())
    first = claim(line.pk, token, wanted=10).messages
    assert [message.body for message in first] == ["A1", "B1"]
    waiting = claim(line.pk, token, wanted=10, talking={message.phone_key for message in first})
    assert waiting.messages == []
    assert waiting.waits_until is not None  # the line is looked at again, not let go
    assert [message.body for message in claim(line.pk, token, wanted=10).messages] == ["A2"]


def test_it_has_one_drainer_per_line(line: Line) -> None:
    mine, theirs = make_token(), make_token()
    assert lease_line(line, mine, now=timezone.now())
    line.refresh_from_db()
    assert not lease_line(line, theirs, now=timezone.now())
    assert claim(line.pk, theirs, wanted=1).is_held is False


def test_it_shows_as_unknown_what_a_dead_process_was_sending(line: Line) -> None:
    message, _ = outbox.queue(line=line, to=phone(1), body="Hello")
    token = make_token()
    lease_line(line, token, now=timezone.now())
    assert [m.pk for m in claim(line.pk, token, wanted=5).messages] == [message.pk]
    Line.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert recover() == 1
    message.refresh_from_db()
    assert (message.status, message.reason) == (S.UNKNOWN, Reason.CRASHED)


def test_it_does_not_touch_what_a_living_drainer_is_sending(line: Line) -> None:
    outbox.queue(line=line, to=phone(1), body="Hello")
    token = make_token()
    lease_line(line, token, now=timezone.now())
    claim(line.pk, token, wanted=5)
    assert recover() == 0


def test_it_keeps_only_forward_news(line: Line) -> None:
    message = send(line, phone(1))
    for status in (S.READ, S.DELIVERED, S.SENT, S.FAILED, S.QUEUED):
        outbox.apply([outbox.Update(message_id=message.pk, status=status)], source=MessageEvent.Source.CALLBACK)
    message.refresh_from_db()
    assert message.status == S.READ


def test_it_takes_an_id_the_gateway_gives_twice(line: Line) -> None:
    first, second = send(line, phone(1)), send(line, phone(2), body="two")
    third, _ = outbox.queue(line=line, to=phone(3), body="three")
    Message.objects.filter(pk=third.pk).update(status=S.SENDING)
    outbox.apply(
        [outbox.Update(message_id=third.pk, status=S.ACCEPTED, remote_id=first.remote_id)],
        source=MessageEvent.Source.SEND,
    )
    third.refresh_from_db()
    assert (third.status, third.remote_id) == (S.ACCEPTED, "")
    assert second.remote_id != first.remote_id


def test_it_keeps_the_caps_of_a_line(sandbox: SandboxProcess, line: Line) -> None:
    Line.objects.filter(pk=line.pk).update(per_minute=3)
    for number in range(6):
        outbox.queue(line=line, to=phone(number), body="Hello")
    Pump(seconds=2).run()
    line.refresh_from_db()
    assert len(sandbox.deliveries()) == 3
    assert line.waits_for == "per_minute"


def test_it_keeps_the_gap_of_a_line(sandbox: SandboxProcess, line: Line) -> None:
    Line.objects.filter(pk=line.pk).update(gap_seconds=0.2, jitter_seconds=0.05)
    for number in range(5):
        outbox.queue(line=line, to=phone(number), body="Hello")
    Pump(seconds=5).run()
    times = [row["at"] for row in sandbox.deliveries()]
    assert len(times) == 5
    assert min(b - a for a, b in itertools.pairwise(times)) > 0.12


def test_two_pumps_share_the_work_and_nobody_gets_two(sandbox: SandboxProcess, account: Account) -> None:
    lines = list(account.lines.filter(channel="whatsapp"))
    for number in range(40):
        outbox.queue(line=lines[number % len(lines)], to=phone(number), body="Hello")
    pumps = [threading.Thread(target=_pump) for _ in range(2)]
    for pump in pumps:
        pump.start()
    for pump in pumps:
        pump.join()
    assert sandbox.received_by() == {phone(number): 1 for number in range(40)}


def _pump() -> None:
    from django.db import connection

    try:
        Pump(seconds=4).run()
    finally:
        connection.close()
