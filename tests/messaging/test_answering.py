"""Answering together: drafts, who else writes, answers that crossed, canned replies, and taking messages back."""

from datetime import date, time
from threading import Thread

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.models import Contact
from contacts.people import save_contact
from messaging import canned, drafts, threads, withdrawing
from messaging.automation import firing
from messaging.automation.reminders import save_reminder
from messaging.models import Batch, CannedReply, Conversation, Draft, Line, Message, Reminder
from messaging.outbox.pump import Pump
from tests.conftest import signed_in
from tests.messaging.desk_world import make_shop, write
from tests.sandbox_process import SandboxProcess, eventually
from tests.world import make_account, phone, reaches, send, whatsapp_line

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def line(transactional_db: None) -> Line:
    return make_shop()


@pytest.fixture
def talk(line: Line) -> Conversation:
    save_contact(phone=phone(1), name="Ana Vega", fields={"city": "Puebla"}, region="MX")
    return write(line, 1, "Is it still on?")


def page_of(client: Client, talk: Conversation) -> str:
    return client.get(reverse("messaging:conversation", args=[talk.pk])).content.decode()


def news_of(client: Client, talk: Conversation) -> str:
    """What the page asks for every few seconds."""
    url = reverse("messaging:conversation", args=[talk.pk])
    return client.get(url, headers={**HTMX, "HX-Target": "talk"}).content.decode()


def reply(
    client: Client, talk: Conversation, body: str, *, key: str = "k1", seen: int | None = None
) -> tuple[int, str]:
    given = {"body": body, "key": key, **({} if seen is None else {"seen": seen})}
    response = client.post(reverse("messaging:conversation_reply", args=[talk.pk]), given, headers=HTMX)
    return response.status_code, response.content.decode()


def type_in(client: Client, talk: Conversation, body: str, key: str = "k1") -> None:
    url = reverse("messaging:conversation_draft", args=[talk.pk])
    assert client.post(url, {"body": body, "key": key}).status_code == 204


def test_a_draft_waits_on_the_server_for_its_writer_alone(
    bob_client: Client, marta_client: Client, talk: Conversation
) -> None:
    type_in(bob_client, talk, "Half an ans")
    assert "Half an ans</textarea>" in page_of(bob_client, talk)
    assert "Half an ans" not in page_of(marta_client, talk)


def test_colleagues_see_who_writes(bob_client: Client, marta_client: Client, talk: Conversation) -> None:
    type_in(bob_client, talk, "Half")
    assert "Bob is writing here" in news_of(marta_client, talk)
    assert "is writing here" not in news_of(bob_client, talk)
    Draft.objects.update(typed_at=timezone.now() - drafts.WRITING)
    assert "Bob has begun an answer" in news_of(marta_client, talk)
    type_in(bob_client, talk, "  ")
    assert "Bob" not in news_of(marta_client, talk)


def test_a_sent_answer_leaves_no_draft_behind(bob_client: Client, talk: Conversation) -> None:
    type_in(bob_client, talk, "Yes")
    reply(bob_client, talk, "Yes")
    type_in(bob_client, talk, "Yes")  # was under way when the answer left
    assert not Draft.objects.exists()


def test_an_answer_that_crossed_is_shown_before_mine_is_sent(
    bob_client: Client, marta_client: Client, talk: Conversation
) -> None:
    seen = threads.newest_id(talk)
    reply(marta_client, talk, "Yes, until Sunday.", key="m", seen=seen)
    status, part = reply(bob_client, talk, "No.", seen=seen)
    assert (status, Message.objects.filter(body="No.").exists()) == (422, False)
    assert "A colleague answered while you were writing" in part
    assert "Marta: “Yes, until Sunday.”" in part
    assert "No.</textarea>" in part
    assert reply(bob_client, talk, "No.", seen=threads.newest_id(talk))[0] == 200
    assert Message.objects.filter(body="No.").count() == 1


def press(user: User, talk: Conversation, body: str, seen: int, got: list[int]) -> None:
    """Somebody presses Send, with a connection of their own."""
    try:
        got.append(reply(signed_in(user), talk, body, key=body, seen=seen)[0])
    finally:
        connection.close()


def are_waiting(count: int) -> bool:
    """Whether so many others wait for a lock of ours; SQLite does not tell."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees the same again and again
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0] == count)


def test_of_two_who_press_in_the_same_instant_one_is_asked(talk: Conversation, bob: User, marta: User) -> None:
    seen, got = threads.newest_id(talk), list[int]()
    people = [Thread(target=press, args=(user, talk, user.username, seen, got)) for user in (bob, marta)]
    with transaction.atomic():
        Conversation.objects.select_for_update().get(pk=talk.pk)
        Conversation.objects.update(unread=1)  # something else writes to it right now
        for each in people:
            each.start()
        eventually(lambda: are_waiting(2), within=20)
    for each in people:
        each.join()
    assert (sorted(got), Message.objects.filter(direction="out").count()) == ([200, 422], 1)


def test_a_second_press_of_what_is_sent_is_asked_nothing(
    bob_client: Client, marta_client: Client, talk: Conversation
) -> None:
    seen = threads.newest_id(talk)
    reply(bob_client, talk, "Yes", key="b", seen=seen)
    reply(marta_client, talk, "Sure", key="m", seen=threads.newest_id(talk))
    assert reply(bob_client, talk, "Yes", key="b", seen=seen)[0] == 200
    assert Message.objects.filter(direction="out").count() == 2


def test_a_reminder_is_no_colleagues_answer(bob_client: Client, talk: Conversation, line: Line, marta: User) -> None:
    seen = threads.newest_id(talk)
    person = Contact.objects.get()
    reminder = save_reminder(
        reminder=None, name="Rent", line=line, contact=person, group=None, body="Rent is due", repeat="daily",
        starts_on=date(2026, 1, 1), ends_on=None, at=time(9), time_zone="UTC", every=1, weekdays=[], field="",
        offset_days=0, is_yearly=True, is_day_first=True, user=marta,
    )  # fmt: skip
    Reminder.objects.filter(pk=reminder.pk).update(next_fire_at=timezone.now())
    firing.work()
    assert Message.objects.latest("id").body == "Rent is due"
    assert reply(bob_client, talk, "Yes", seen=seen)[0] == 200


def test_what_is_sent_again_is_an_answer(bob_client: Client, talk: Conversation, line: Line, bob: User) -> None:
    failed = threads.reply(talk, body="Until Sunday", key="k", user=bob)
    Message.objects.filter(pk=failed.pk).update(status="failed")
    write(line, 1, "Hello?")
    bob_client.post(reverse("messaging:message_resend", args=[failed.pk]))
    talk.refresh_from_db()
    assert (talk.waiting_since, talk.unread, talk.snippet) == (None, 0, "Until Sunday")


@pytest.mark.parametrize("more", ["batch", "reminder"])
def test_a_campaign_that_is_sent_again_is_no_answer(
    bob_client: Client, talk: Conversation, line: Line, bob: User, more: str
) -> None:
    made = (
        {"batch": Batch.objects.create(label="Spring")} if more == "batch" else {"priority": Message.Priority.CAMPAIGN}
    )
    failed = Message.objects.create(
        account=line.account, line=line, direction="out", channel="whatsapp", phone=talk.phone, phone_key=talk.phone_key,
        body="Sale", status="failed", **made,
    )  # fmt: skip
    bob_client.post(reverse("messaging:message_resend", args=[failed.pk]))
    talk.refresh_from_db()
    assert (talk.waiting_since is None, talk.unread, talk.snippet) == (False, 1, "Is it still on?")
    assert Message.objects.filter(resend_of=failed).exists()


def test_what_they_wrote_meanwhile_holds_nobody_up(bob_client: Client, line: Line, talk: Conversation) -> None:
    seen = threads.newest_id(talk)
    write(line, 1, "Hello?")
    assert reply(bob_client, talk, "Yes", seen=seen)[0] == 200


def test_a_canned_reply_is_suggested_and_filled_in(bob_client: Client, talk: Conversation, bob: User) -> None:
    canned.save(name="/Hours", body='Hi {{ first_name }} from {{ city|default:"afar" }}, 9 to 18. {{ agent }}')
    url = reverse("messaging:canned_suggestions", args=[talk.pk])
    assert "Hi Ana from Puebla, 9 to 18. Bob" in bob_client.get(url, {"q": "HO"}).content.decode()
    assert "option" not in bob_client.get(url, {"q": "x"}).content.decode()


def test_slash_and_name_alone_is_filled_in_and_not_sent(bob_client: Client, talk: Conversation) -> None:
    canned.save(name="hours", body="9 to 18")
    status, part = reply(bob_client, talk, " /hours ")
    assert (status, Message.objects.filter(direction="out").exists()) == (200, False)
    assert "9 to 18</textarea>" in part


def test_canned_replies_are_kept_on_a_page(bob_client: Client, charlie_client: Client) -> None:
    url = reverse("messaging:canned")
    bob_client.post(url, {"name": "hours", "body": "9 to 18"})
    assert "There is already" in bob_client.post(url, {"name": "HOURS", "body": "x"}).content.decode()
    assert "no merge field" in bob_client.post(url, {"name": "bad", "body": "{{ first name? }}"}).content.decode()
    kept = CannedReply.objects.get()
    assert "9 to 18" in charlie_client.get(url).content.decode()
    for name, args in [("canned", []), ("canned_edit", [kept.pk]), ("canned_delete", [kept.pk])]:
        given = {"name": "mine", "body": "mine"}
        assert charlie_client.post(reverse(f"messaging:{name}", args=args), given).status_code == 403
    bob_client.post(reverse("messaging:canned_edit", args=[kept.pk]), {"name": "times", "body": "9 to 19"})
    bob_client.post(reverse("messaging:canned_delete", args=[kept.pk]))
    assert not CannedReply.objects.exists()


# Taking back


def take_back(client: Client, message: Message, means: str) -> None:
    client.post(reverse("messaging:message_take_back", args=[message.pk]), {"means": means})
    message.refresh_from_db()


def test_a_queued_answer_is_cancelled_in_the_thread(bob_client: Client, talk: Conversation, bob: User) -> None:
    message = threads.reply(talk, body="Oops", key="k", user=bob)
    assert "Do not send it" in page_of(bob_client, talk)
    take_back(bob_client, message, "queue")
    assert message.status == "cancelled"
    Pump(seconds=0.2).run()
    message.refresh_from_db()
    assert message.attempts == 0


def test_a_viewer_takes_nothing_back(charlie_client: Client, talk: Conversation, bob: User) -> None:
    message = threads.reply(talk, body="Oops", key="k", user=bob)
    url = reverse("messaging:message_take_back", args=[message.pk])
    assert charlie_client.post(url, {"means": "queue"}).status_code == 403


def test_a_sent_message_is_revoked_where_the_gateway_can(bob_client: Client, sandbox: SandboxProcess) -> None:
    line = whatsapp_line(make_account(sandbox, "wablas"))
    talk = write(line, 1, "Hi")
    message = reaches(send(line, phone(1), "Wrong price"), "delivered")
    assert withdrawing.means_for(message) == ["revoke"]
    take_back(bob_client, message, "revoke")
    assert "Bob took a message back from the phone: “Wrong price”" in page_of(bob_client, talk)
    assert withdrawing.means_for(message) == []


def test_a_gateway_deletes_its_record_where_it_can(bob_client: Client, sandbox: SandboxProcess) -> None:
    line = whatsapp_line(make_account(sandbox))
    talk = write(line, 1, "Hi")
    message = reaches(send(line, phone(1), "Hello"), "sent")
    assert withdrawing.means_for(message) == ["delete"]
    take_back(bob_client, message, "delete")
    assert "Bob deleted a message at the gateway: “Hello”" in page_of(bob_client, talk)
    assert message.status == "sent"


def test_what_cannot_be_done_is_refused(bob_client: Client, line: Line, talk: Conversation) -> None:
    message = Message.objects.create(
        account=line.account, line=line, direction="out", channel="whatsapp", phone=talk.phone, phone_key=talk.phone_key,
        body="x", status="sent", remote_id="7",
    )  # fmt: skip
    take_back(bob_client, message, "revoke")
    assert message.status == "sent"
