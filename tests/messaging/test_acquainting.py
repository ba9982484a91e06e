"""Conversations with people who became contacts after they first wrote, or got another name since."""

import pytest
from django.test import Client
from django.urls import reverse

from contacts import people
from contacts.models import Contact
from contacts.people import save_contact
from messaging import canned, clock, searching, tasks
from messaging.models import AutoReplyRule, Conversation, Line, Message
from tests.messaging.desk_world import make_shop, write
from tests.world import phone, run_tasks

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(db: None) -> Line:
    return make_shop()


def add(name: str) -> Contact:
    return save_contact(phone=phone(1), name=name, language="es", region="MX")[0]


def call(contact: Contact, name: str) -> None:
    """Give them another name, as the form does."""
    people.change_contact(
        contact=contact, phone=contact.phone, name=name, groups=[], fields={}, language="", time_zone="", region="MX"
    )  # fmt: skip


def found(client: Client, text: str) -> list[str]:
    """Whom a search of the inbox finds, by phone."""
    shown = client.get(reverse("messaging:inbox"), {"q": text}).context["page"].items
    return [each.phone for each in shown]


def tick() -> None:
    """What the clock has done about it, in time."""
    _seconds, chore = clock._CHORES["people"]
    chore()
    run_tasks()


@pytest.fixture
def few_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if thousands had written since."""
    monkeypatch.setattr(searching, "NEWEST", 0)


def test_it_knows_them_when_they_write_again(line: Line) -> None:
    write(line, 1, "Hello")
    ana = add("Ana Vega")
    talk = write(line, 1, "Hello again")
    assert talk.contact == ana
    assert Message.objects.latest("id").contact == ana


def test_it_answers_them_in_their_language(line: Line) -> None:
    write(line, 1, "Hello")
    add("Ana Vega")
    AutoReplyRule.objects.create(
        name="Spanish", account=line.account, kind="any", language="es", body="Hola {{ name }}", is_on=True
    )
    write(line, 1, "Anybody?")
    assert Message.objects.latest("id").body == "Hola Ana Vega"


def test_it_knows_them_when_somebody_opens_it(bob_client: Client, line: Line, few_new_ones: None) -> None:
    talk = write(line, 1, "Hello")
    add("Ana Vega")
    page = bob_client.get(reverse("messaging:conversation", args=[talk.pk])).content.decode()
    assert "Ana Vega" in page
    talk.refresh_from_db()
    bob = bob_client.get(reverse("messaging:inbox")).context["user"]
    canned.save(name="hours", body="Hi {{ name }}")
    assert canned.expand("/hours", conversation=talk, user=bob) == "Hi Ana Vega"
    assert found(bob_client, "vega") == [phone(1)]


def test_the_clock_links_those_who_do_not_write_again(bob_client: Client, line: Line, few_new_ones: None) -> None:
    write(line, 1, "Hello")
    write(line, 2, "Hello")
    ana = add("Ana Vega")
    tick()
    assert list(Conversation.objects.order_by("id").values_list("contact", flat=True)) == [ana.pk, None]
    assert found(bob_client, "vega") == [phone(1)]


def test_it_is_found_by_a_name_they_got_later(bob_client: Client, line: Line, few_new_ones: None) -> None:
    ana = add("Ana Vega")
    write(line, 1, "Hello")
    call(ana, "Ana Robles")
    tick()
    assert found(bob_client, "robles") == [phone(1)]


def test_what_is_settled_costs_the_clock_no_writes(line: Line) -> None:
    add("Ana Vega")
    write(line, 1, "Hello")
    tick()
    assert tasks.meet_strangers() == tasks.learn_names() == 0
