"""The review page: what nobody knows is decided by a person, once, and shown with its history."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts import consent
from contacts.models import ConsentEvent
from messaging import deciding
from messaging.models import Account, Batch, Exchange, Line, Message, MessageEvent
from messaging.outbox.applying import Update, apply
from tests.world import phone

pytestmark = pytest.mark.django_db
S = Message.Status


@pytest.fixture
def line() -> Line:
    account = Account.objects.create(
        name="Shop", provider="zender", base_url="https://gateway.example", credentials={}, region="MX", state="ready"
    )
    return Line.objects.create(account=account, channel="whatsapp", kind="whatsapp", address="u", label="Shop line")


def unknown(line: Line, number: int, reason: str = "timeout", **more: object) -> Message:
    return Message.objects.create(
        account=line.account, line=line, direction="out", channel="whatsapp", phone=phone(number),
        phone_key=phone(number)[1:], body=f"text {number}", status=S.UNKNOWN, reason=reason, attempts=1,
        attempted_at=timezone.now(), **more
    )  # fmt: skip


def decide(client: Client, **data: object) -> None:
    assert client.post(reverse("messaging:review_decide"), data).status_code == 302


def status(message: Message) -> tuple[str, int]:
    """Its status, and how often it was sent again."""
    message.refresh_from_db()
    return message.status, message.resends.count()


def test_it_shows_who_why_and_the_promise(marta_client: Client, line: Line) -> None:
    unknown(line, 1, "crashed")
    unknown(line, 2, ask_at=timezone.now())
    response = marta_client.get(reverse("messaging:review"))
    page = response.content.decode()
    assert "Never twice without your say" in page
    assert "The program was interrupted while sending this" in page
    assert [row["message"].body for row in response.context["rows"]] == ["text 1"]
    assert [row["message"].body for row in response.context["looked_into"]] == ["text 2"]


@pytest.mark.parametrize(
    ("verdict", "after"), [("arrived", (S.SENT, 0)), ("again", (S.FAILED, 1)), ("drop", (S.FAILED, 0))]
)
def test_it_decides_one(marta_client: Client, line: Line, verdict: str, after: tuple[str, int]) -> None:
    message, other = unknown(line, 1), unknown(line, 2)
    decide(marta_client, one=f"{verdict}:{message.pk}")
    decide(marta_client, one=f"{verdict}:{message.pk}")
    assert status(message) == after
    assert status(other) == (S.UNKNOWN, 0)
    assert message.events.get().user is not None


def test_it_decides_all_that_are_ticked(marta_client: Client, line: Line) -> None:
    messages = [unknown(line, n) for n in range(1, 4)]
    decide(marta_client, message=[messages[0].pk, messages[2].pk], verdict="drop")
    assert [status(message)[0] for message in messages] == [S.FAILED, S.UNKNOWN, S.FAILED]


def test_it_decides_all_that_are_alike(marta_client: Client, line: Line) -> None:
    batch = Batch.objects.create(label="Spring")
    alike = [unknown(line, n, "crashed", batch=batch) for n in range(1, 4)]
    others = [unknown(line, 4, "timeout", batch=batch), unknown(line, 5, "crashed")]
    (group, *_rest) = deciding.alike()
    assert (group.count, group.batch) == (3, batch)
    decide(marta_client, alike=group.key, verdict="again")
    assert [status(message) for message in alike] == [(S.FAILED, 1)] * 3
    assert [status(message) for message in others] == [(S.UNKNOWN, 0)] * 2


def test_it_decides_many_in_slices(line: Line, marta_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "AT_ONCE", 2)
    messages = [unknown(line, n) for n in range(1, 6)]
    decide(marta_client, alike=deciding.alike()[0].key, verdict="arrived")
    assert [status(message)[0] for message in messages] == [S.SENT, S.SENT, S.UNKNOWN, S.UNKNOWN, S.UNKNOWN]
    assert "3 more are alike" in marta_client.get(reverse("messaging:review")).content.decode()


def test_it_leaves_alone_what_was_settled_meanwhile(marta_client: Client, line: Line) -> None:
    message = unknown(line, 1)
    apply([Update(message_id=message.pk, status=S.DELIVERED)], source=MessageEvent.Source.CALLBACK)
    decide(marta_client, one=f"again:{message.pk}")
    assert status(message) == (S.DELIVERED, 0)


def test_a_message_that_was_sent_again_says_so_and_leads_to_the_new_one(marta_client: Client, line: Line) -> None:
    message = unknown(line, 1)
    decide(marta_client, one=f"again:{message.pk}")
    new = message.resends.get()
    page = marta_client.get(reverse("messaging:message", args=[message.pk])).content.decode()
    assert "It was sent again as a new message." in page
    assert "decided not to send it again" not in page
    assert reverse("messaging:message", args=[new.pk]) in page


def test_it_does_not_send_again_to_people_who_opted_out(marta_client: Client, line: Line) -> None:
    message = unknown(line, 1)
    consent.opt_out(phone_key=message.phone_key, source=ConsentEvent.Source.REPLY, evidence="STOP")
    decide(marta_client, one=f"again:{message.pk}")
    assert status(message) == (S.UNKNOWN, 0)
    assert "has opted out" in marta_client.get(reverse("messaging:review")).content.decode()


@pytest.mark.once
@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"verdict": "burn", "message": "1"},
        {"verdict": "again"},
        {"alike": "x:y:z", "verdict": "again"},
        {"one": "again:x"},
    ],
)
def test_it_does_nothing_for_an_unclear_decision(marta_client: Client, line: Line, asked: dict[str, str]) -> None:
    message = unknown(line, 1)
    decide(marta_client, **asked)
    assert status(message) == (S.UNKNOWN, 0)


def test_it_lets_only_those_decide_who_may(bob_client: Client, line: Line) -> None:
    message = unknown(line, 1)
    assert bob_client.get(reverse("messaging:review")).status_code == 403
    assert bob_client.post(reverse("messaging:review_decide"), {"one": f"again:{message.pk}"}).status_code == 403
    assert "It arrived</button>" not in bob_client.get(reverse("messaging:message", args=[message.pk])).content.decode()


def test_it_decides_on_the_page_of_the_message(marta_client: Client, line: Line) -> None:
    message = unknown(line, 1)
    assert "Did it arrive?" in marta_client.get(reverse("messaging:message", args=[message.pk])).content.decode()
    asked = {"message": message.pk, "message_page": message.pk, "verdict": "arrived"}
    response = marta_client.post(reverse("messaging:review_decide"), asked)
    assert response.headers["Location"] == reverse("messaging:message", args=[message.pk])


def test_it_tells_a_message_in_sentences_and_shows_the_wire_to_few(
    alice_client: Client, marta_client: Client, line: Line
) -> None:
    message = unknown(line, 1)
    exchange = Exchange.objects.create(
        account=line.account, method="POST", url="https://gateway.example/send", status_code=502
    )
    MessageEvent.objects.create(message=message, status=S.UNKNOWN, reason="timeout", source="send", exchange=exchange)
    apply([Update(message_id=message.pk, status=S.DELIVERED)], source=MessageEvent.Source.POLL)
    url = reverse("messaging:message", args=[message.pk])
    manager, marketer = alice_client.get(url).content.decode(), marta_client.get(url).content.decode()
    for words in ("It was put into the outbox.", "Nobody knows whether it was sent.", "It arrived on the phone."):
        assert words in marketer
    assert "https://gateway.example/send" in manager
    assert "https://gateway.example/send" not in marketer


def test_it_counts_what_needs_a_person_in_the_side_bar(marta_client: Client, line: Line) -> None:
    for n in range(130):
        unknown(line, n)
    assert (
        '<span class="count" id="nav-messaging-review">99+</span>'
        in marta_client.get(reverse("messaging:lines")).content.decode()
    )
