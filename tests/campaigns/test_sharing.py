"""A person who knows one of a campaign's lines hears from that one, while it has room; the others take turns."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from campaigns import sharing
from campaigns.models import Campaign, Recipient
from contacts.models import Contact
from messaging.models import Account, Line, Message
from tests.campaigns.desk import a_campaign, a_line, set_going
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, make_campaign, make_people, send, start, work

pytestmark = pytest.mark.django_db


def talked(line: Line, person: Contact, *, days_ago: float = 1, **more: object) -> Message:
    details = {"direction": "out", "status": "delivered", **more}
    return Message.objects.create(
        account=line.account, line=line, channel=line.channel, phone=person.phone, phone_key=person.phone_key,
        created_at=timezone.now() - timedelta(days=days_ago), **details,
    )  # fmt: skip


def line_of(campaign: Campaign, person: Contact) -> Line:
    message = Recipient.objects.get(campaign=campaign, contact=person).message
    assert message
    assert message.line
    return message.line


@pytest.mark.django_db(transaction=True)
def test_it_writes_over_the_line_a_person_knows(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    first, second = account.lines.filter(channel="whatsapp", state="ready").order_by("id")[:2]
    people = make_people(6)
    for person in people[:4]:
        send(second, person.phone)
    campaign = work(work(start(make_campaign([first, second]))))  # a pump takes one line without a pace at a time
    assert [line_of(campaign, person) for person in people[:4]] == [second] * 4
    assert sandbox.received_by() == {p.phone: 2 if n < 4 else 1 for n, p in enumerate(people)}


def test_an_answer_counts_and_the_newest_word_wins() -> None:
    first, second = a_line(1), a_line(2)
    people = make_people(2)
    for person in people:
        talked(first, person)
    talked(second, people[0], direction="in", status="received", remote_id="in-1")
    campaign = set_going(a_campaign(first, second))
    assert [line_of(campaign, person) for person in people] == [second, first]


@pytest.mark.parametrize("more", [{"days_ago": 91}, {"status": "failed"}])
def test_what_is_long_ago_or_never_arrived_does_not_count(more: dict[str, object]) -> None:
    first, second = a_line(1), a_line(2)
    person = make_people(1)[0]
    talked(second, person, **more)  # type: ignore[arg-type]
    assert line_of(set_going(a_campaign(first, second)), person) == first


def test_a_line_that_cannot_send_is_passed_over() -> None:
    first, second = a_line(1), a_line(2)
    person = make_people(1)[0]
    talked(second, person)
    campaign = a_campaign(first, second)
    Line.objects.filter(pk=second.pk).update(state="disconnected")
    assert line_of(set_going(campaign), person) == first


def test_who_finds_no_room_on_their_line_gets_another() -> None:
    first, second = a_line(1), a_line(2)
    people = [Recipient(pk=n, phone_key=str(n)) for n in range(1, 5)]
    shared = sharing.share(people, {first: 2, second: 2}, {str(n): second.pk for n in range(1, 5)})
    assert shared == [second, second, first, first]


def test_two_accounts_are_looked_at_with_one_question(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    first, second = a_line(1, account="Shop"), a_line(2, account="Desk")
    assert Account.objects.count() == 2
    people = [Recipient(pk=n, phone_key=person.phone_key) for n, person in enumerate(make_people(5))]
    with django_assert_num_queries(1):
        assert sharing.last_lines(people, [first, second]) == {}
    with django_assert_num_queries(0):
        assert sharing.last_lines(people, [first]) == {}


def test_a_line_gets_as_many_as_its_pace_lets_it_send_soon() -> None:
    quick, slow = a_line(1, gap_seconds=1), a_line(2, gap_seconds=10)
    make_people(60)
    set_going(a_campaign(quick, slow))
    counts = {line: Message.objects.filter(line=line).count() for line in (quick, slow)}
    assert counts == {quick: 30, slow: 3}  # half a minute of work each
