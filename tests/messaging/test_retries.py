"""What is certainly not sent is tried again: later each time, so often and no more; what is not about the message does not count."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from messaging import outbox, pace
from messaging.models import Account, Incident, Line, Message
from messaging.outbox.pump import Pump
from messaging.providers.errors import Reason
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, phone, whatsapp_line

pytestmark = pytest.mark.django_db(transaction=True)
S = Message.Status


@pytest.fixture
def line(sandbox: SandboxProcess) -> Line:
    return whatsapp_line(make_account(sandbox))


def try_once(message: Message) -> Message:
    """One more attempt, as if its time had come."""
    now = timezone.now()
    Line.objects.update(next_free_at=now, waits_for="")
    Message.objects.filter(pk=message.pk, status=S.QUEUED).update(next_attempt_at=now)
    Pump(seconds=1).run()
    message.refresh_from_db()
    return message


def rest_of(message: Message) -> float:
    """Seconds from the last word about it to the next attempt."""
    return (message.next_attempt_at - message.status_at).total_seconds()


def test_it_waits_longer_each_time_and_then_gives_up(sandbox: SandboxProcess, line: Line, settings: Settings) -> None:
    settings.MESSAGE_ATTEMPTS = 5
    sandbox.reset(throttle_rate=1.0)
    line = whatsapp_line(make_account(sandbox, name="Throttled"))
    message, _is_new = outbox.queue(line=line, to=phone(1), body="Hello")
    rests = []
    for attempt in range(1, 5):
        try_once(message)
        assert (message.status, message.reason, message.attempts) == (S.QUEUED, Reason.THROTTLED, attempt)
        rests.append(rest_of(message))
    assert rests == pytest.approx([1, 2, 4, 8], abs=0.2)
    try_once(message)
    assert (message.status, message.reason) == (S.FAILED, Reason.ATTEMPTS_EXHAUSTED)
    try_once(message)
    assert message.attempts == 5
    assert sandbox.received_by() == {}


def test_it_waits_as_long_as_the_gateway_says(sandbox: SandboxProcess) -> None:
    sandbox.reset(throttle_rate=1.0, retry_after_seconds=90)
    line = whatsapp_line(make_account(sandbox))
    message, _is_new = outbox.queue(line=line, to=phone(1), body="Hello")
    assert rest_of(try_once(message)) == pytest.approx(90, abs=1)


def test_a_gateway_that_is_away_uses_no_attempt_up_and_rests_longer_each_time(line: Line, settings: Settings) -> None:
    settings.MESSAGE_ATTEMPTS = 2
    Account.objects.update(base_url="http://127.0.0.1:9/zender")
    message, _is_new = outbox.queue(line=line, to=phone(1), body="Hello")
    rests = []
    for _attempt in range(4):
        try_once(message)
        line.refresh_from_db()
        rests.append((line.next_free_at - message.status_at).total_seconds())
    assert (message.status, message.attempts) == (S.QUEUED, 0)
    assert rests == pytest.approx([1, 2, 4, 8], abs=0.3)
    assert Incident.objects.get(closed_at=None).kind == Incident.Kind.UNREACHABLE


def test_no_rest_is_longer_than_five_minutes() -> None:
    assert pace.backoff(1) == timedelta(seconds=1)
    assert pace.backoff(10_000) == timedelta(minutes=5)
