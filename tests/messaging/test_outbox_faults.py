"""What the engine does when something beside the gateway goes wrong: races, a lost word of the database, faults of our own."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_django import Settings

from messaging import outbox
from messaging.lease import make_token
from messaging.models import Line, Message, MessageEvent
from messaging.outbox.calling import Load, carry, open_work
from messaging.outbox.claiming import claim, lease_line
from messaging.outbox.pump import Pump
from messaging.providers.errors import NotSent, Reason
from messaging.signals import message_changed
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, phone, recover, whatsapp_line

pytestmark = pytest.mark.django_db(transaction=True)
S = Message.Status


@pytest.fixture
def line(sandbox: SandboxProcess) -> Line:
    return whatsapp_line(make_account(sandbox))


def in_a_thread(work: Callable[[], object]) -> None:
    """Do it on a connection of its own, to the end."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def test_a_message_claimed_in_this_moment_is_not_withdrawn(line: Line) -> None:
    message, _ = outbox.queue(line=line, to=phone(1), body="Hello")
    token = make_token()
    lease_line(line, token, now=timezone.now())
    claims = iter([lambda: claim(line.pk, token, wanted=1)])

    def claimed_after_the_look(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        result = execute(sql, *rest)
        if sql.startswith("SELECT") and (work := next(claims, None)):
            in_a_thread(work)
        return result

    with connection.execute_wrapper(claimed_after_the_look):
        withdrawn = outbox.withdraw([message.pk])
    message.refresh_from_db()
    assert (withdrawn, message.status) == (0, S.SENDING)


def test_an_old_claim_says_nothing_about_a_message_that_another_one_holds(line: Line) -> None:
    message, _ = outbox.queue(line=line, to=phone(1), body="Hello")
    token = make_token()
    lease_line(line, token, now=timezone.now())
    claim(line.pk, token, wanted=1)
    stale = outbox.Update(message_id=message.pk, status=S.UNKNOWN, reason=Reason.CRASHED, claim="an older one")
    assert outbox.apply([stale], source=MessageEvent.Source.ENGINE) == []


def test_nobody_gets_two_when_the_database_loses_its_own_word(
    sandbox: SandboxProcess, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gateway was busy, that is written, but the answer to COMMIT never comes, and meanwhile the message is due."""
    message, _ = outbox.queue(line=line, to=phone(1, "93"), body="Hello")
    commit, told = connection.commit, list[bool]()

    def look() -> None:
        if Message.objects.filter(pk=message.pk, status=S.QUEUED, reason=Reason.THROTTLED).exists():
            told.append(False)
            _make_due(line)

    def lose_the_word() -> None:
        commit()
        if not told:
            in_a_thread(look)
            if told:
                raise OperationalError("the server went away")

    monkeypatch.setattr(connection, "commit", lose_the_word)
    Pump(seconds=2).run()
    _make_due(line)
    Pump(seconds=2).run()
    message.refresh_from_db()
    assert (told, message.status) == ([False], S.ACCEPTED)
    assert sandbox.received_by() == {phone(1, "93"): 1}


def _make_due(line: Line) -> None:
    Line.objects.filter(pk=line.pk).update(next_free_at=timezone.now())
    Message.objects.filter(status=S.QUEUED).update(next_attempt_at=timezone.now())


def test_an_outcome_that_cannot_be_written_takes_no_other_with_it(sandbox: SandboxProcess, line: Line) -> None:
    messages = [outbox.queue(line=line, to=phone(number), body="Hello")[0] for number in range(6)]

    def break_for_one(changes: Any, **_kwargs: Any) -> None:
        if any(change.message_id == messages[2].pk and change.after == S.ACCEPTED for change in changes):
            raise ValueError("a fault of ours")

    message_changed.connect(break_for_one)
    try:
        Pump(seconds=2).run()
    finally:
        message_changed.disconnect(break_for_one)
    assert recover() == 1
    statuses = dict(Message.objects.values_list("id", "status"))
    assert statuses == {message.pk: S.UNKNOWN if message == messages[2] else S.ACCEPTED for message in messages}
    assert sandbox.received_by() == {message.phone: 1 for message in messages}


def test_what_was_sent_is_written_when_a_fault_ends_the_slice(sandbox: SandboxProcess, line: Line) -> None:
    sandbox.control("options", {"latency_ms": 50})  # so that some are under way, and some are not written yet
    for number in range(30):
        outbox.queue(line=line, to=phone(number), body="Hello")
    claims = iter([False, True])

    def break_the_second_claim(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        is_claim = (
            sql.startswith("UPDATE") and '"lease_until"' in sql and '"lease_token" =' in sql.partition("WHERE")[2]
        )
        if is_claim and next(claims, False):
            raise ValueError("a fault of ours")
        return execute(sql, *rest)

    with pytest.raises(ValueError, match="a fault of ours"), connection.execute_wrapper(break_the_second_claim):
        Pump(seconds=2).run()
    sent = len(sandbox.deliveries())
    assert sent
    assert Message.objects.filter(status=S.ACCEPTED).count() == sent
    assert not Message.objects.filter(status=S.SENDING).exists()


def test_nothing_leaves_that_cannot_be_noted(sandbox: SandboxProcess, line: Line, settings: Settings) -> None:
    outbox.queue(line=line, to=phone(1), body="Hello")
    token = make_token()
    journals = Path(settings.VAR_DIR) / "outbox"
    journals.mkdir(parents=True, exist_ok=True)
    (journals / token.replace(":", "-")).symlink_to("/dev/full")
    lease_line(line, token, now=timezone.now())
    work = open_work(line, token)
    (outcome,) = carry(Load(work, claim(line.pk, token, wanted=1).messages)).outcomes
    work.provider.close()
    work.journal.close()
    assert isinstance(outcome, NotSent)
    assert sandbox.deliveries() == []
