"""What the page of one message tells: planned, held, tried on which line, what came of it, answered, and from whom it is known."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from messaging import outbox, threads
from messaging.models import Batch, Conversation, Line, Message
from messaging.outbox.pump import Pump
from messaging.providers.errors import Reason
from messaging.timeline import timeline
from tests.messaging.desk_world import make_shop, write
from tests.sandbox_process import SandboxProcess, eventually
from tests.world import make_account, phone, reaches, send, whatsapp_line

pytestmark = pytest.mark.django_db(transaction=True)
S = Message.Status


@pytest.fixture
def line(transactional_db: None) -> Line:
    return make_shop()


def told(message: Message) -> list[tuple[str, str]]:
    """What happened and who says so, oldest first."""
    message = Message.objects.select_related("line__account", "batch").get(pk=message.pk)
    return [(f"{moment.words} {moment.detail}".strip(), moment.source) for moment in timeline(message)]


def queued(line: Line, **more: object) -> Message:
    message, _is_new = outbox.queue(line=line, to=phone(1), body="Hello")
    Message.objects.filter(pk=message.pk).update(**more)
    return message


def test_it_tells_the_line_of_each_try_and_the_answer(sandbox: SandboxProcess) -> None:
    line = whatsapp_line(make_account(sandbox, "wablas"))
    message = reaches(send(line, phone(1, "90")), "read")
    write(line, 1, "not this one, it is somebody else's")
    Message.objects.filter(direction="in").delete()
    Message.objects.create(
        account=line.account, line=line, direction="in", channel="whatsapp", phone=message.phone,
        phone_key=message.phone_key, body="Yes please", status="received", remote_id="in-1",
    )  # fmt: skip
    sayings = told(message)
    assert sayings[:3] == [
        ("It was put into the outbox.", "Carillon"),
        (f"It was tried on {line}.", "Carillon"),
        ("The gateway took it.", "sending"),
    ]
    assert sayings[-2][0] == "The person has read it."
    assert sayings[-1] == ("The person answered: “Yes please”", "the gateway")


def test_each_try_has_its_line_and_its_moment(sandbox: SandboxProcess) -> None:
    line = whatsapp_line(make_account(sandbox))
    message = send(line, phone(1, "93"))  # the first try is told to come back later

    def is_taken() -> bool:
        Pump(seconds=1).run()
        message.refresh_from_db()
        return message.status == S.ACCEPTED

    eventually(is_taken, within=20)
    moments = timeline(message)
    tried = [moment for moment in moments if moment.words == f"It was tried on {line}."]
    assert (len(tried), "went back into the queue" in moments[2].words) == (2, True)
    assert [moment.at for moment in moments] == sorted(moment.at for moment in moments)


def test_what_came_after_another_message_of_ours_is_no_answer_to_this_one(line: Line, bob: User) -> None:
    talk = write(line, 1, "Hello")
    first, second = (threads.reply(talk, body=body, key=body, user=bob) for body in ("One", "Two"))
    Message.objects.filter(direction="out").update(status=S.SENT, attempted_at=timezone.now() - timedelta(minutes=1))
    write(line, 1, "Thanks")
    answered = [[words for words, _source in told(each) if "answered" in words] for each in (first, second)]
    assert answered == [[], ["The person answered: “Thanks”"]]


def test_what_waits_says_why_and_until_when(line: Line) -> None:
    later = timezone.now() + timedelta(hours=2)
    held = queued(line, next_attempt_at=later, reason=Reason.WINDOW)
    moment = timeline(Message.objects.select_related("line__account").get(pk=held.pk))[-1]
    assert (moment.words, moment.until, moment.source) == ("It is held.", later, "Carillon")
    assert "outside the hours" in moment.detail
    Message.objects.filter(pk=held.pk).update(reason="")
    assert told(held)[-1] == ("It is planned.", "Carillon")
    Message.objects.filter(pk=held.pk).update(next_attempt_at=timezone.now())
    assert told(held)[-1] == ("It waits for its turn on Front desk.", "Carillon")


def test_what_waits_for_its_line_or_its_campaign_says_so(line: Line) -> None:
    message = queued(line)
    Line.objects.update(next_free_at=timezone.now() + timedelta(hours=1), waits_for="per_day")
    assert told(message)[-1][0] == "It is held, because Front desk waits. The limit per day is reached."
    Line.objects.update(state=Line.State.DISCONNECTED, reason=Reason.LINE_DISCONNECTED)
    assert told(message)[-1][0].startswith("It is held until Front desk can send again. This number is disconnected")
    Message.objects.update(batch=Batch.objects.create(label="Spring", is_held=True))
    assert told(message)[-1][0] == "It is held: “Spring” is not running."


def test_a_message_that_is_sent_waits_for_nothing(line: Line) -> None:
    assert "held" not in " ".join(words for words, _source in told(queued(line, status=S.SENT, reason=Reason.WINDOW)))


def test_the_thread_says_why_a_queued_answer_waits(bob_client: Client, line: Line, bob: User) -> None:
    talk: Conversation = write(line, 1, "Hello")
    message = threads.reply(talk, body="Yes", key="k", user=bob)
    Message.objects.filter(pk=message.pk).update(reason=Reason.WINDOW)
    page = bob_client.get(reverse("messaging:conversation", args=[talk.pk])).content.decode()
    assert "outside the hours in which this person may be written to" in page
    assert "Do not send it" in page


def test_what_crossed_the_wire_is_for_those_who_may_see_it(
    alice_client: Client, marta_client: Client, sandbox: SandboxProcess
) -> None:
    message = send(whatsapp_line(make_account(sandbox, "wablas")), phone(1))
    url = reverse("messaging:message", args=[message.pk])
    seen = alice_client.get(url).content.decode()
    assert "What crossed the wire" in seen
    assert "HTTP 200" in seen
    hidden = marta_client.get(url).content.decode()
    assert "The gateway took it." in hidden
    assert "What crossed the wire" not in hidden
    assert "HTTP 200" not in hidden
