"""Whom WhatsApp reaches: learned from what becomes of messages, from who writes, and by asking the gateway."""

import pytest

from contacts import reach
from contacts.models import Job, Reach
from contacts.refusal import Refused
from messaging import checking, outbox
from messaging.models import Message, MirrorJob
from messaging.providers.errors import Reason
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, make_people, phone, run_tasks, send, whatsapp_line

pytestmark = pytest.mark.django_db(transaction=True)
M = Message.Status


def known() -> dict[str, bool]:
    return dict(Reach.objects.values_list("phone_key", "is_reached"))


def test_what_becomes_of_messages_tells_who_is_reached(sandbox: SandboxProcess) -> None:
    line = whatsapp_line(make_account(sandbox))
    message = send(line, phone(1))
    assert known() == {}
    outbox.apply([outbox.Update(message_id=message.pk, status=M.FAILED, reason=Reason.NOT_ON_WHATSAPP)], source="poll")
    assert known() == {message.phone_key: False}
    later = send(line, phone(1))
    outbox.apply([outbox.Update(message_id=later.pk, status=M.DELIVERED)], source="poll")
    assert known() == {message.phone_key: True}


def test_it_is_written_only_where_it_is_new() -> None:
    assert reach.note(["5255", "5256", "12345@g.us"], is_reached=True) == 2
    assert reach.note(["5255", "5257"], is_reached=True) == 1
    assert reach.note(["5255"], is_reached=False) == 1
    assert known() == {"5255": False, "5256": True, "5257": True}


def test_a_gateway_is_asked_about_numbers_in_the_background(sandbox: SandboxProcess) -> None:
    line = whatsapp_line(make_account(sandbox))
    there = make_people(2)
    (missing,) = make_people(1, story="91", first=8)
    ids = [person.pk for person in (*there, missing)]
    job = checking.start(lines=[line], contact_ids=ids, label="Spring", user=None)
    with pytest.raises(Refused, match="still under way"):
        checking.start(lines=[line], contact_ids=ids, label="Spring", user=None)
    run_tasks()
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == (Job.State.DONE, 3, 3)
    assert known() == {there[0].phone_key: True, there[1].phone_key: True, missing.phone_key: False}
    assert checking.newest("Spring") == job
    assert MirrorJob.objects.get().work == MirrorJob.Work.CHECK
