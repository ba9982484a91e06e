"""The contacts list: keyset pages, search, and a number of queries that does not grow."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from contacts import consent
from contacts.groups import add_to_group, create_group
from contacts.models import Contact, Group
from contacts.paging import keyset
from contacts.people import save_contact
from contacts.refusal import Refused
from contacts.search import list_contacts

pytestmark = pytest.mark.django_db


def make_people(count: int) -> None:
    now = timezone.now()
    Contact.objects.bulk_create(
        Contact(
            phone=f"+5255{n:08}",
            phone_key=f"5255{n:08}",
            name=f"Person {n % 7}",
            created_at=now - timedelta(days=n % 3),
        )
        for n in range(count)
    )


@pytest.mark.parametrize("by", [("-id",), ("name", "id"), ("-name", "id"), ("-created_at", "-id"), ("phone",)])
def test_it_shows_every_row_once_over_all_pages(by: tuple[str, ...]) -> None:
    make_people(50)
    cursor, seen = None, []
    while True:
        page = keyset(Contact.objects.all(), cursor=cursor, size=7, by=by)
        seen += page.items
        cursor = page.next
        if cursor is None:
            break
    assert seen == list(Contact.objects.order_by(*by))


def test_it_does_not_slip_when_rows_are_added_meanwhile() -> None:
    make_people(10)
    first = keyset(Contact.objects.all(), cursor=None, size=5)
    save_contact(phone="+34600111222", region="")
    second = keyset(Contact.objects.all(), cursor=first.next, size=5)
    assert len({*first.items, *second.items}) == 10
    assert second.next is None


@pytest.mark.parametrize("cursor", ["nonsense", "1", "a:b:c", "WzFd", "\x00", "é" * 50])
def test_it_refuses_a_broken_cursor(cursor: str) -> None:
    with pytest.raises(Refused) as refused:
        keyset(Contact.objects.all(), cursor=cursor, size=5)
    assert refused.value.field == "cursor"


def test_it_refuses_the_cursor_of_another_list() -> None:
    make_people(10)
    cursor = keyset(Contact.objects.all(), cursor=None, size=5, by=("name", "id")).next
    with pytest.raises(Refused):
        keyset(Contact.objects.all(), cursor=cursor, size=5)


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("ana", {"Ana López", "Mariana"}),
        ("Lóp", {"Ana López"}),
        ("  mari ", {"Mariana"}),
        ("+52 1 55 1234 5678", {"Ana López"}),
        ("5512345678", {"Ana López"}),
        ("600 111", {"Mariana"}),
        ("4x4", {"4x4 Club"}),
        ("%", set()),
        ("\x00", {"Ana López", "Mariana", "4x4 Club"}),
        ("", {"Ana López", "Mariana", "4x4 Club"}),
    ],
)
def test_it_finds_people_by_a_piece_of_name_or_number(q: str, names: set[str]) -> None:
    for phone, name in [("+525512345678", "Ana López"), ("+34600111222", "Mariana"), ("+442071838750", "4x4 Club")]:
        save_contact(phone=phone, name=name, region="")
    assert {row.contact.name for row in list_contacts(q=q).items} == names


def test_it_lists_a_group_with_groups_and_consent() -> None:
    make_people(3)
    vip, last = create_group(name="VIP"), Contact.objects.order_by("-id")[0]
    add_to_group(group=vip, contacts=Contact.objects.filter(pk=last.pk))
    consent.record(phone_key=last.phone_key, channel="sms", state="opted-in", source="staff")
    (row,) = list_contacts(group=vip).items
    assert row.contact == last
    assert row.groups == [vip]
    assert row.consent == {"sms": "opted-in", "whatsapp": "unknown"}


@pytest.mark.parametrize("count", [3, 120])
def test_it_asks_three_queries_whatever_the_size(count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_people(count)
    add_to_group(group=create_group(name="All"), contacts=Contact.objects.all())
    group = Group.objects.get()
    with django_assert_num_queries(3):
        page = list_contacts(q="Person", group=group, size=100)
    assert len(page.items) == min(count, 100)
