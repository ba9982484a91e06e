"""People and groups: made, changed, merged and deleted, with group sizes that stay right."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections
from pytest_django import DjangoAssertNumQueries

from contacts.groups import (
    add_to_group,
    count_again,
    create_group,
    find_group,
    find_groups,
    find_or_create_groups,
    remove_from_group,
    rename_group,
)
from contacts.models import Contact, Group, Membership
from contacts.people import change_contact, delete_contacts, merge, save_contact
from contacts.refusal import Refused
from messaging.models import Account, Conversation

pytestmark = pytest.mark.django_db


def person(number: int, *, groups: tuple[Group, ...] = (), **details: Any) -> Contact:
    contact, _created = save_contact(phone=f"+5255{number:08}", region="MX", groups=groups, **details)
    return contact


def sizes() -> dict[str, int]:
    return dict(Group.objects.values_list("name", "size"))


def real_sizes() -> dict[str, int]:
    return {group.name: Membership.objects.filter(group=group).count() for group in Group.objects.all()}


def test_it_makes_a_person_known() -> None:
    contact, created = save_contact(
        phone="55 1234 5678",
        name="  Ana   López ",
        fields={"Ciudad": " León ", "Age": 33, "empty": ""},
        language="ES_mx",
        time_zone="America/Mexico_City",
        region="MX",
    )
    contact.refresh_from_db()
    assert created
    assert (contact.phone, contact.name, contact.language) == ("+525512345678", "Ana López", "es-mx")
    assert contact.fields == {"ciudad": "León", "age": "33"}


def test_it_recognises_a_person_in_another_spelling_and_keeps_what_blanks_do_not_say() -> None:
    first = person(1, name="Ana", language="es", fields={"city": "León", "plan": "gold"})
    again, created = save_contact(phone="+5215500000001", fields={"city": "Puebla"}, region="")
    assert not created
    again.refresh_from_db()
    assert (again.pk, again.phone, again.name, again.language) == (first.pk, "+525500000001", "Ana", "es")
    assert again.fields == {"city": "Puebla", "plan": "gold"}


@pytest.mark.once
@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"phone": "12"}, "phone"),
        ({"name": "x" * 201}, "name"),
        ({"language": "español"}, "language"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"fields": {"¿?": "x"}}, "fields"),
        ({"fields": {"note": "x" * 501}}, "fields"),
        ({"fields": {f"f{n}": "x" for n in range(51)}}, "fields"),
    ],
)
def test_it_says_which_detail_is_wrong(details: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        save_contact(**{"phone": "+525512345678", "region": "MX", **details})
    assert refused.value.field == field
    assert not Contact.objects.exists()


def test_it_keeps_group_sizes_in_step() -> None:
    vip, new = find_or_create_groups(["VIP", "New"])
    person(1, groups=(vip, new))
    person(1, groups=(vip,))
    person(2, groups=(vip,))
    assert sizes() == real_sizes() == {"VIP": 2, "New": 1}
    assert add_to_group(group=new, contacts=Contact.objects.all()) == 1
    assert remove_from_group(group=vip, contacts=Contact.objects.filter(phone__endswith="1")) == 1
    assert remove_from_group(group=vip, contacts=Contact.objects.filter(phone__endswith="1")) == 0
    assert sizes() == real_sizes() == {"VIP": 1, "New": 2}
    assert delete_contacts(Contact.objects.filter(phone__endswith="2")) == 1
    assert sizes() == real_sizes() == {"VIP": 0, "New": 1}


def test_it_puts_right_a_size_that_drifted() -> None:
    vip, new = find_or_create_groups(["VIP", "New"])
    person(1, groups=(vip,))
    Group.objects.filter(pk=vip.pk).update(size=7)
    assert count_again(Group.objects.all()) == 1
    assert sizes() == {"VIP": 1, "New": 0}
    assert new.size == 0


def test_it_adds_many_people_with_few_queries(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    Contact.objects.bulk_create(Contact(phone=f"+{n}", phone_key=str(n)) for n in range(3000))
    group = create_group(name="All")
    with django_assert_max_num_queries(60):
        assert add_to_group(group=group, contacts=Contact.objects.all()) == 3000
    assert sizes() == {"All": 3000}


def at_once(*calls: Callable[[], object]) -> None:
    """Run these at the same time, each on a connection of its own; errors are raised here."""

    def run(call: Callable[[], object]) -> None:
        try:
            call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        for result in [pool.submit(run, call) for call in calls]:
            result.result()


@pytest.mark.django_db(transaction=True)
def test_it_keeps_sizes_right_while_several_change_one_group() -> None:
    Contact.objects.bulk_create(Contact(phone=f"+{n}", phone_key=str(n)) for n in range(100, 400))
    one, two = find_or_create_groups(["One", "Two"])
    everybody, odd = Contact.objects.all(), Contact.objects.filter(phone__endswith="1")
    at_once(
        lambda: add_to_group(group=one, contacts=everybody),
        lambda: add_to_group(group=one, contacts=odd),
        lambda: remove_from_group(group=one, contacts=odd),
        lambda: add_to_group(group=two, contacts=everybody),
        lambda: delete_contacts(Contact.objects.filter(phone__endswith="2")),
    )
    assert sizes() == real_sizes()


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_person_of_two_calls_at_the_same_time() -> None:
    vip = create_group(name="VIP")
    at_once(*[lambda: person(7, groups=(vip,), fields={"city": "León"})] * 4)
    assert Contact.objects.count() == 1
    assert sizes() == real_sizes() == {"VIP": 1}


def test_it_changes_a_person_to_what_a_form_says() -> None:
    vip, new = find_or_create_groups(["VIP", "New"])
    contact = person(1, name="Ana", groups=(vip,), fields={"city": "León"})
    change_contact(
        contact=contact,
        phone="+5255 0000 0009",
        name="",
        groups=[new],
        fields={},
        language="",
        time_zone="",
        region="MX",
    )
    contact.refresh_from_db()
    assert (contact.phone, contact.phone_key, contact.name) == ("+525500000009", "525500000009", "")
    assert contact.fields == {}
    assert sizes() == real_sizes() == {"VIP": 0, "New": 1}


def test_it_refuses_a_number_that_belongs_to_somebody_else() -> None:
    person(1, name="Ana")
    ben = person(2, name="Ben")
    with pytest.raises(Refused, match="already belongs to Ana") as refused:
        change_contact(
            contact=ben, phone="+5215500000001", name="Ben", groups=[], fields={}, language="", time_zone="", region=""
        )
    assert refused.value.field == "phone"


def test_it_merges_two_entries_of_one_person() -> None:
    vip, new = find_or_create_groups(["VIP", "New"])
    keep = person(1, name="Ana", groups=(vip,), fields={"city": "León"})
    other = person(2, name="Ana L.", groups=(vip, new), language="es", fields={"city": "Puebla", "plan": "gold"})
    account = Account.objects.create(provider="zender", name="Main", base_url="http://127.0.0.1:9")
    talk = Conversation.objects.create(account=account, phone=other.phone, phone_key=other.phone_key, contact=other)
    kept = merge(keep=keep, other=other)
    assert (kept.name, kept.language) == ("Ana", "es")
    assert kept.fields == {"city": "León", "plan": "gold", "other_phone": "+525500000002"}
    assert sizes() == real_sizes() == {"VIP": 1, "New": 1}
    talk.refresh_from_db()
    assert talk.contact == kept
    assert list(Contact.objects.all()) == [kept]


def test_it_does_not_merge_a_person_with_themselves() -> None:
    contact = person(1)
    with pytest.raises(Refused):
        merge(keep=contact, other=contact)


def test_it_finds_groups_whatever_the_case() -> None:
    create_group(name="Niños")
    assert find_group("niños").name == "Niños"
    assert [group.name for group in find_or_create_groups(["NIÑOS", "Padres", "padres "])] == ["Niños", "Padres"]


def test_it_names_the_groups_that_do_not_exist() -> None:
    create_group(name="VIP")
    with pytest.raises(Refused, match="“Gold”, “New”"):
        find_groups(["VIP", "Gold", "New"])


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "vip"])
def test_it_refuses_a_group_name_that_cannot_be(name: str) -> None:
    create_group(name="VIP")
    with pytest.raises(Refused) as refused:
        create_group(name=name)
    assert refused.value.field == "name"


def test_it_refuses_to_rename_a_group_to_a_taken_name() -> None:
    create_group(name="VIP")
    with pytest.raises(Refused):
        rename_group(group=create_group(name="New"), name="Vip")
    assert connection.needs_rollback is False
