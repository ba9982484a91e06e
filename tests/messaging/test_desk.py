"""What a team does with conversations: states that come back by themselves, hand-overs, labels, notes, waiting times."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.refusal import Refused
from messaging import clock, desk, folders, inbox, threads
from messaging.models import Conversation, ConversationEvent, Draft, Label, Line, Message
from tests.messaging.desk_world import make_shop, write
from tests.world import phone

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def line(db: None) -> Line:
    return make_shop()


@pytest.fixture
def talk(line: Line) -> Conversation:
    return write(line, 1, "Is it still on?")


def kinds(talk: Conversation) -> list[str]:
    return list(talk.events.order_by("id").values_list("kind", flat=True))


def state_of(talk: Conversation) -> tuple[str, bool]:
    talk.refresh_from_db()
    return talk.state, talk.snoozed_until is not None


def test_it_comes_back_by_itself_when_its_time_has_come(talk: Conversation, bob: User) -> None:
    desk.snooze(talk, until=timezone.now() + timedelta(hours=1), user=bob)
    assert desk.wake_due() == 0
    Conversation.objects.update(snoozed_until=timezone.now())
    assert desk.wake_due() == 1
    assert state_of(talk) == ("open", False)
    assert kinds(talk) == ["snoozed", "woke"]


def test_the_clock_looks_after_the_snoozed_ones() -> None:
    assert {"snoozed", "folders"} <= set(clock._CHORES)


@pytest.mark.parametrize(
    "act", [desk.close, lambda talk, user: desk.snooze(talk, until=timezone.now() + timedelta(days=1), user=user)]
)
def test_it_comes_back_with_a_new_message(talk: Conversation, line: Line, bob: User, act: object) -> None:
    act(talk, user=bob)  # type: ignore[operator]
    write(line, 1, "Hello?")
    assert state_of(talk) == ("open", False)
    assert kinds(talk)[-1] == "reopened"


def test_it_is_not_snoozed_into_the_past(talk: Conversation, bob: User) -> None:
    with pytest.raises(Refused, match="still to come"):
        desk.snooze(talk, until=timezone.now(), user=bob)


def test_the_database_refuses_a_snooze_without_an_end(talk: Conversation) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Conversation.objects.update(state="snoozed")


def test_it_is_handed_to_those_who_may_answer(talk: Conversation, bob: User, marta: User, charlie: User) -> None:
    desk.assign(talk, to=marta, user=bob)
    assert talk.assignee == marta
    desk.assign(talk, to=marta, user=bob)  # once is enough for the thread
    with pytest.raises(Refused, match="may not answer"):
        desk.assign(talk, to=charlie, user=bob)
    desk.assign(talk, to=None, user=bob)
    assert kinds(talk) == ["assigned", "unassigned"]
    assert {bob, marta} <= set(desk.agents())
    assert charlie not in desk.agents()


def test_the_thread_says_who_did_what(bob_client: Client, talk: Conversation, bob: User, marta: User) -> None:
    desk.assign(talk, to=marta, user=bob)
    desk.prioritise(talk, priority=2, user=bob)
    desk.label(talk, labels=[desk.make_label(name="Refund", tone="bad")], user=bob)
    page = bob_client.get(reverse("messaging:conversation", args=[talk.pk])).content.decode()
    assert "Bob gave this to Marta." in page
    assert "Bob made this urgent." in page
    assert "Bob added the label “Refund”." in page


def test_the_wait_begins_with_the_first_unanswered_message(talk: Conversation, line: Line, bob: User) -> None:
    began = talk.waiting_since
    write(line, 1, "Anybody?")
    talk.refresh_from_db()
    assert talk.waiting_since == began
    threads.reply(talk, body="Yes", key="k", user=bob)
    talk.refresh_from_db()
    assert talk.waiting_since is None


def test_an_answer_nobody_gave_does_not_end_the_wait(talk: Conversation, line: Line) -> None:
    automatic = Message.objects.create(
        account=line.account, line=line, direction="out", channel="whatsapp", phone=talk.phone, phone_key=talk.phone_key,
        body="We are closed", status="queued",
    )  # fmt: skip
    inbox.note_reply(automatic)
    talk.refresh_from_db()
    assert (talk.waiting_since is None, talk.unread, talk.snippet) == (False, 1, "We are closed")


def test_nobody_waits_who_wants_nothing_more(line: Line) -> None:
    assert write(line, 7, "STOP").waiting_since is None


def test_a_note_is_seen_and_never_sent(bob_client: Client, charlie_client: Client, talk: Conversation) -> None:
    url = reverse("messaging:conversation_note", args=[talk.pk])
    bob_client.post(url, {"text": "Careful: <b>angry</b>"}, headers=HTMX)
    page = charlie_client.get(reverse("messaging:conversation", args=[talk.pk])).content.decode()
    assert "Note by Bob, not sent" in page
    assert "Careful: &lt;b&gt;angry" in page
    assert not Message.objects.filter(direction="out").exists()


def test_a_label_is_made_once_whatever_its_case(bob_client: Client, talk: Conversation) -> None:
    url = reverse("messaging:conversation_labels", args=[talk.pk])
    bob_client.post(url, {"new": "Refund", "tone": "bad"}, headers=HTMX)
    kept = Label.objects.get()
    part = bob_client.post(url, {"label": str(kept.pk), "new": "refund", "tone": "good"}, headers=HTMX).content.decode()
    assert (Label.objects.get().tone, list(talk.labels.all())) == ("bad", [kept])
    assert part.lstrip().startswith('<header class="talk-head"')
    bob_client.post(url, {}, headers=HTMX)
    assert kinds(talk) == ["labelled", "unlabelled"]


@pytest.mark.once
@pytest.mark.parametrize("name", ["assign", "state", "priority", "labels", "note", "draft"])
def test_viewers_only_read(charlie_client: Client, talk: Conversation, name: str) -> None:
    assert charlie_client.post(reverse(f"messaging:conversation_{name}", args=[talk.pk])).status_code == 403
    assert not ConversationEvent.objects.exists()


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "given"),
    [("assign", {"to": "999999"}), ("state", {"state": "snoozed", "until": "soon"}), ("priority", {"priority": "9"}), ("note", {"text": " "})],
)  # fmt: skip
def test_it_changes_nothing_for_what_makes_no_sense(
    bob_client: Client, talk: Conversation, name: str, given: dict[str, str]
) -> None:
    response = bob_client.post(reverse(f"messaging:conversation_{name}", args=[talk.pk]), given)
    assert response.status_code in (302, 404)
    assert not ConversationEvent.objects.exists()


def test_it_works_without_script(bob_client: Client, talk: Conversation, bob: User) -> None:
    response = bob_client.post(reverse("messaging:conversation_assign", args=[talk.pk]), {"to": "me"})
    assert response.headers["Location"] == reverse("messaging:conversation", args=[talk.pk])
    talk.refresh_from_db()
    assert talk.assignee == bob


# Folders and their counters


def in_folder(client: Client, folder: str) -> list[str]:
    page = client.get(reverse("messaging:inbox"), {"folder": folder}).context["page"]
    return [each.snippet for each in page.items]


def test_every_folder_has_its_own(bob_client: Client, line: Line, bob: User) -> None:
    mine, _free, later, done = (write(line, n, f"talk {n}") for n in range(4))
    desk.assign(mine, to=bob, user=bob)
    desk.snooze(later, until=timezone.now() + timedelta(hours=1), user=bob)
    desk.close(done, user=bob)
    shown = {name: in_folder(bob_client, name) for name in folders.FOLDERS}
    assert shown == {
        "mine": ["talk 0"], "unassigned": ["talk 1"], "all": ["talk 1", "talk 0"], "unread": ["talk 1", "talk 0"],
        "snoozed": ["talk 2"], "closed": ["talk 3"],
    }  # fmt: skip
    counts = folders.counts(bob)
    assert {name: counts[name] for name in shown} == {name: len(found) for name, found in shown.items()}
    assert folders.recount() == 0


def test_the_counters_follow_every_move(bob_client: Client, line: Line, bob: User, marta: User) -> None:
    talk = write(line, 1, "one")
    write(line, 1, "two")
    bob_client.get(reverse("messaging:conversation", args=[talk.pk]))  # read
    desk.assign(talk, to=bob, user=bob)
    desk.assign(talk, to=marta, user=bob)
    desk.close(talk, user=bob)
    write(line, 1, "three")
    assert (folders.counts(marta)["mine"], folders.counts(bob)["mine"], folders.counts(bob)["unread"]) == (1, 0, 1)
    assert folders.recount() == 0


def test_a_colleague_who_leaves_is_corrected_for(talk: Conversation, bob: User, marta: User) -> None:
    desk.assign(talk, to=marta, user=bob)
    marta.delete()
    assert folders.recount() == 2  # theirs, and the unassigned ones
    assert (folders.counts(bob)["unassigned"], folders.recount()) == (1, 0)


def test_the_page_lists_by_label(bob_client: Client, line: Line, bob: User) -> None:
    kept = desk.make_label(name="Refund")
    desk.label(write(line, 1, "money back"), labels=[kept], user=bob)
    write(line, 2, "hello")
    page = bob_client.get(reverse("messaging:inbox"), {"label": str(kept.pk)})
    assert [each.snippet for each in page.context["page"].items] == ["money back"]


# Search


def found(client: Client, q: str, **more: str) -> list[str]:
    page = client.get(reverse("messaging:inbox"), {"q": q, **more}).context["page"]
    return [each.phone for each in page.items]


@pytest.mark.parametrize("q", ["refund", "REFUND please", "ple refu", phone(1)[-5:], phone(1)[1:8], phone(1)[3:]])
def test_a_search_reaches_old_words_and_either_end_of_a_number(
    charlie_client: Client, line: Line, monkeypatch: pytest.MonkeyPatch, q: str
) -> None:
    monkeypatch.setattr("messaging.searching.NEWEST", 0)  # as if it were far down the table
    write(line, 1, "Refund, please!")
    write(line, 1, "never mind")
    write(line, 77777, "something else")
    assert found(charlie_client, q) == [phone(1)]


def test_a_search_finds_closed_ones_too(charlie_client: Client, line: Line, bob: User) -> None:
    desk.close(write(line, 1, "Refund"), user=bob)
    assert found(charlie_client, "refund") == [phone(1)]
    assert found(charlie_client, "refund", folder="unread") == []


@pytest.mark.parametrize("q", ["%", "_", "😀", "'; --", "\x00", "a" * 100, "ñandú 北京"])
def test_no_search_is_too_odd(charlie_client: Client, talk: Conversation, q: str) -> None:
    assert found(charlie_client, q) in ([], [talk.phone])


def test_a_draft_is_kept_without_what_no_database_keeps(bob_client: Client, talk: Conversation) -> None:
    address = reverse("messaging:conversation_draft", args=[talk.pk])
    assert bob_client.post(address, {"body": "Half\x00 an answer", "key": "k\x001"}).status_code == 204
    assert Draft.objects.get().body == "Half an answer"
