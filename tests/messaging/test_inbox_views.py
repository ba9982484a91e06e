"""The inbox in the test client: threads, answers, folders, searches, and what opted-out people are spared."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contacts import consent
from contacts.models import ConsentEvent
from contacts.people import save_contact
from messaging import desk, inbox, threads
from messaging.models import Account, Conversation, Line, Message
from messaging.providers.shapes import Incoming
from tests.world import phone

pytestmark = pytest.mark.django_db
S = Message.Status
HTMX = {"HX-Request": "true"}
MOST_QUERIES = 20  # of a page, however much there is


@pytest.fixture
def account() -> Account:
    return Account.objects.create(
        name="Shop", provider="zender", base_url="https://gateway.example", credentials={}, region="MX", state="ready"
    )


@pytest.fixture
def line(account: Account) -> Line:
    return make_line(account, "unique-1")


@pytest.fixture
def talk(account: Account, line: Line) -> Conversation:
    return write(account, 1, "Is it still on?")


def make_line(account: Account, address: str, **more: str) -> Line:
    return Line.objects.create(
        account=account, channel="whatsapp", kind="whatsapp", address=address, label=f"Line {address}", **more
    )


def write(account: Account, number: int, text: str, *, line: str = "unique-1", sender: str = "") -> Conversation:
    """Somebody writes to us; their conversation."""
    item = Incoming(
        channel="whatsapp", sender=sender or phone(number), body=text, at=timezone.now(), line_hint=line, remote_id=f"{number}:{text}"
    )  # fmt: skip
    (message,) = inbox.receive(account, [item])
    return Conversation.objects.get(account=account, phone_key=message.phone_key)


def page_of(client: Client, name: str, *args: object, **query: str) -> str:
    response = client.get(reverse(f"messaging:{name}", args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def reply(client: Client, talk: Conversation, body: str, key: str = "k1", *, htmx: bool = True) -> tuple[int, str]:
    url = reverse("messaging:conversation_reply", args=[talk.pk])
    response = client.post(url, {"body": body, "key": key}, headers=HTMX if htmx else {})
    return response.status_code, response.content.decode()


def test_its_folders_count_what_waits_for_a_decision_and_follow_it(
    marta_client: Client, bob_client: Client, account: Account, line: Line, talk: Conversation
) -> None:
    news = {**HTMX, "HX-Target": "conversations"}
    assert "Maybe opt-outs" in page_of(bob_client, "inbox")
    before = marta_client.get(reverse("messaging:inbox"), headers=news).content.decode()
    assert 'id="folder-doubts" hx-swap-oob="true"></span>' in before
    assert 'id="folder-review" hx-swap-oob="true"></span>' in before
    write(account, 1, "STOP this bill")
    Message.objects.create(
        account=account, line=line, direction="out", channel="whatsapp", phone=talk.phone, phone_key=talk.phone_key,
        body="x", status=S.UNKNOWN,
    )  # fmt: skip
    after = marta_client.get(reverse("messaging:inbox"), headers=news).content.decode()
    assert 'id="folder-doubts" hx-swap-oob="true">1</span>' in after
    assert 'id="folder-review" hx-swap-oob="true">1</span>' in after
    assert 'id="nav-messaging-review" hx-swap-oob="true">1</span>' in after
    assert "folder-review" not in bob_client.get(reverse("messaging:inbox"), headers=news).content.decode()


def test_it_lists_who_wrote_last_first(charlie_client: Client, account: Account, line: Line) -> None:
    for number, text in [(1, "first"), (2, "second"), (1, "third")]:
        write(account, number, text)
    shown = charlie_client.get(reverse("messaging:inbox")).context["page"].items
    assert [(each.snippet, each.unread) for each in shown] == [("third", 2), ("second", 1)]


def test_it_is_read_once_somebody_who_answers_opens_it(
    bob_client: Client, charlie_client: Client, talk: Conversation
) -> None:
    page_of(charlie_client, "conversation", talk.pk)
    assert threads.unread_count() == 1
    assert "Is it still on?" in page_of(bob_client, "conversation", talk.pk)
    assert threads.unread_count() == 0
    assert "Everything is read" in page_of(bob_client, "inbox", folder="unread")


def test_it_answers_on_the_line_that_talked_last(bob_client: Client, account: Account, talk: Conversation) -> None:
    make_line(account, "unique-0")
    status, part = reply(bob_client, talk, "Yes, until Sunday.")
    message = Message.objects.get(direction="out")
    assert (status, message.line.address if message.line else "") == (200, "unique-1")
    assert (message.status, message.priority, message.created_by) == (S.QUEUED, 1, message.created_by)
    talk.refresh_from_db()
    assert (talk.snippet, talk.is_last_incoming) == ("Yes, until Sunday.", False)
    assert "Yes, until Sunday." not in part  # the box is empty again


def test_it_answers_on_a_ready_line_when_that_one_is_down(
    bob_client: Client, account: Account, talk: Conversation
) -> None:
    Line.objects.update(state=Line.State.DISCONNECTED)
    other = make_line(account, "unique-2")
    reply(bob_client, talk, "Yes")
    assert Message.objects.get(direction="out").line == other


def test_it_says_that_an_answer_waits_when_no_line_is_ready(bob_client: Client, talk: Conversation) -> None:
    Line.objects.update(state=Line.State.DISCONNECTED)
    assert "Your answer waits until it is back." in page_of(bob_client, "conversation", talk.pk)


def test_it_sends_once_however_often_send_is_pressed(bob_client: Client, talk: Conversation) -> None:
    reply(bob_client, talk, "Yes", "same")
    reply(bob_client, talk, "Yes", "same")
    reply(bob_client, talk, "Yes", "another")
    assert Message.objects.filter(direction="out").count() == 2


def test_it_keeps_a_refused_text_in_the_box(bob_client: Client, talk: Conversation) -> None:
    consent.opt_out(phone_key=talk.phone_key, source=ConsentEvent.Source.STAFF, evidence="called")
    status, part = reply(bob_client, talk, "But wait")
    assert (status, Message.objects.filter(direction="out").count()) == (422, 0)
    assert "has opted out" in part
    status, part = reply(bob_client, write_to_reply(talk), "   \n")
    assert status == 422
    assert "Write a text" in part


def write_to_reply(talk: Conversation) -> Conversation:
    """Another person's thread on the same account, who has not opted out."""
    return write(talk.account, 9, "hello")


def test_it_shows_no_box_for_people_who_opted_out(bob_client: Client, account: Account, line: Line) -> None:
    talk = write(account, 3, "STOP")
    page = page_of(bob_client, "conversation", talk.pk)
    assert "has opted out" in page
    assert "reply-body" not in page


def test_it_shows_no_box_for_senders_without_a_number(bob_client: Client, account: Account, line: Line) -> None:
    talk = write(account, 4, "Low balance", sender="TELCEL")
    page = page_of(bob_client, "conversation", talk.pk)
    assert "not a phone number" in page
    assert "reply-body" not in page


def test_it_shows_no_box_to_viewers(charlie_client: Client, talk: Conversation) -> None:
    assert "reply-body" not in page_of(charlie_client, "conversation", talk.pk)
    assert reply(charlie_client, talk, "Hi")[0] == 403


def test_it_works_without_script(bob_client: Client, talk: Conversation) -> None:
    assert reply(bob_client, talk, "Yes", htmx=False)[0] == 302
    assert "Yes" in page_of(bob_client, "conversation", talk.pk)


def test_it_returns_the_talk_alone_and_keeps_its_beginning(
    bob_client: Client, account: Account, talk: Conversation
) -> None:
    for n in range(40):
        write(account, 1, f"line {n}")
    url = reverse("messaging:conversation", args=[talk.pk])
    first = bob_client.get(url).context["thread"]
    write(account, 1, "one more")
    part = bob_client.get(url, {"since": first.first}, headers={**HTMX, "HX-Target": "talk"})
    assert part.content.decode().lstrip().startswith('<div id="talk"')
    shown = [entry.message.body for day in part.context["thread"].days for entry in day.entries]
    assert (len(shown), shown[0], shown[-1]) == (31, "line 10", "one more")
    before = bob_client.get(reverse("messaging:conversation_earlier", args=[talk.pk]), {"before": first.first})
    assert "line 9<" in before.content.decode()
    assert "Is it still on?" in before.content.decode()


def test_it_parts_the_days(bob_client: Client, account: Account, talk: Conversation) -> None:
    Message.objects.update(created_at=timezone.now() - timedelta(days=1))
    write(account, 1, "today")
    assert len(bob_client.get(reverse("messaging:conversation", args=[talk.pk])).context["thread"].days) == 2


@pytest.mark.parametrize("q", ["Ana", phone(1)[-6:], phone(1), "+52 1 " + phone(1)[3:], "still on", "earlier words"])
def test_it_finds_a_conversation(charlie_client: Client, account: Account, line: Line, q: str) -> None:
    save_contact(phone=phone(1), name="Ana Vega", region="MX")
    write(account, 1, "my earlier words")
    write(account, 1, "Is it still on?")
    write(account, 2, "somebody else")
    found = charlie_client.get(reverse("messaging:inbox"), {"q": q}).context["page"].items
    assert [str(each.contact) for each in found] == ["Ana Vega"]


def test_it_escapes_what_people_write(charlie_client: Client, account: Account, line: Line) -> None:
    talk = write(account, 1, "<script>alert(1)</script>")
    assert "<script>alert" not in page_of(charlie_client, "conversation", talk.pk)


def test_it_links_only_attachments_with_a_web_address(
    charlie_client: Client, account: Account, talk: Conversation
) -> None:
    Message.objects.update(attachment={"type": "media", "kind": "image", "url": "javascript:alert(1)"})
    page = page_of(charlie_client, "conversation", talk.pk)
    assert "javascript:" not in page
    assert "attached file" in page


def outgoing(line: Line, number: int, status: str, **more: object) -> Message:
    return Message.objects.create(
        account=line.account, line=line, direction="out", channel="whatsapp", phone=phone(number),
        phone_key=phone(number)[1:], body=f"text {number}", status=status, **more
    )  # fmt: skip


def test_it_has_folders_for_sent_and_failed(bob_client: Client, line: Line) -> None:
    outgoing(line, 1, S.DELIVERED)
    outgoing(line, 2, S.FAILED, reason="not_on_whatsapp")
    assert len(bob_client.get(reverse("messaging:folder", args=["sent"])).context["rows"]) == 2
    page = page_of(bob_client, "folder", "failed")
    assert "Try an SMS line." in page
    assert "text 1" not in page


def test_it_sends_a_failed_one_again_once(bob_client: Client, line: Line) -> None:
    message = outgoing(line, 2, S.FAILED, reason="not_delivered")
    url = reverse("messaging:message_resend", args=[message.pk])
    bob_client.post(url)
    bob_client.post(url)
    assert [new.body for new in message.resends.all()] == ["text 2"]
    assert "Sent again as" in page_of(bob_client, "message", message.pk)


def test_it_does_not_send_an_unknown_one_again_from_here(bob_client: Client, line: Line) -> None:
    message = outgoing(line, 2, S.UNKNOWN)
    assert bob_client.post(reverse("messaging:message_resend", args=[message.pk])).status_code == 403
    assert not message.resends.exists()


def test_it_does_not_follow_a_foreign_way_back(bob_client: Client, line: Line) -> None:
    message = outgoing(line, 2, S.FAILED)
    url = reverse("messaging:message_resend", args=[message.pk])
    response = bob_client.post(url, {"next": "https://evil.example/"})
    assert response.headers["Location"].startswith("/messages/")


@pytest.fixture(params=["inbox", "conversation", "sent", "failed", "review"])
def crowded(request: pytest.FixtureRequest, account: Account, talk: Conversation, line: Line) -> tuple[str, str]:
    """A page's address and its name."""
    name = str(request.param)
    args: list[object] = [talk.pk] if name == "conversation" else [name] if name in ("sent", "failed") else []
    return reverse(f"messaging:{'folder' if name in ('sent', 'failed') else name}", args=args), name


def test_it_asks_as_often_for_many_as_for_few(
    marta_client: Client, marta: User, line: Line, crowded: tuple[str, str]
) -> None:
    url, _name = crowded
    counts = []
    for start, stop in ((10, 13), (13, 40)):
        for n in range(start, stop):
            write(line.account, n, f"hello {n}")
            write(line.account, 1, f"again {n}")
            one = Conversation.objects.order_by("-id")[0]
            desk.assign(one, to=marta, user=marta)
            desk.label(one, labels=[desk.make_label(name=f"Label {n}")], user=marta)
            desk.note(Conversation.objects.earliest("id"), text=f"note {n}", user=marta)
            outgoing(line, n, S.FAILED, reason="rejected")
            outgoing(line, n, S.UNKNOWN, reason="timeout")
        marta_client.get(url)
        with CaptureQueriesContext(connection) as captured:
            marta_client.get(url)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= MOST_QUERIES
