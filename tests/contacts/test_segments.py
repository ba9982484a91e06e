"""Segments: each condition finds whom it says, on every database; a wrong rule is refused and never means everybody."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from contacts import consent
from contacts.groups import create_group
from contacts.models import Contact, Group, Reach, Segment
from contacts.people import save_contact
from contacts.refusal import Refused
from contacts.segments import keeping, rules
from contacts.segments.values import days_of_the_year

pytestmark = pytest.mark.django_db


def day(offset: int) -> date:
    return timezone.localdate() + timedelta(days=offset)


@pytest.fixture
def people() -> None:
    """Ana, Ben, Cem and Dia; who has what is in the table below."""
    cache.clear()
    vip = create_group(name="VIP")
    ana = {"city": "Puebla", "points": "12", "born": f"1990-{day(3):%m-%d}", "due": day(2).isoformat()}
    ben = {"city": "puebla 2", "points": "7.5", "born": f"{day(40):%d/%m}/1985", "due": day(-2).isoformat()}
    cem = {"city": "100%_x", "points": "many", "born": f"{day(0).day}.{day(0).month}", "due": "soon"}
    save_contact(phone="+525512345678", name="Ana", groups=[vip], fields=ana, language="es", region="")
    save_contact(phone="+14165550123", name="Ben", groups=[vip], fields=ben, language="pt-br", region="")
    save_contact(phone="+12125550123", name="Cem", fields=cem, language="pt", region="")
    dia, _ = save_contact(phone="+77011234567", name="", region="")
    Contact.objects.filter(pk=dia.pk).update(created_at=timezone.now() - timedelta(days=30))
    consent.opt_out(phone_key="525512345678", source="staff")
    Reach.objects.create(phone_key="14165550123", channel="whatsapp", is_reached=False)
    Reach.objects.create(phone_key="12125550123", channel="whatsapp", is_reached=True)


def names(condition: Any) -> str:
    """Initials of those found; “-” for the one without a name."""
    found = Contact.objects.filter(condition).order_by("name").values_list("name", flat=True)
    return "".join(name[:1] or "-" for name in found)


def field(name: str, op: str, value: object = "") -> dict[str, str]:
    return {"fact": "field", "of": name, "op": op, "value": str(value)}


def fact(key: str, op: str, value: object = "", of: str = "") -> dict[str, str]:
    return {"fact": key, "of": of, "op": op, "value": str(value)}


CONDITIONS: list[tuple[Callable[[], dict[str, str]], str]] = [
    (lambda: field("city", "is", "PUEBLA"), "A"),
    (lambda: field("city", "is_not", "puebla"), "-BC"),
    (lambda: field("city", "contains", "ebla"), "AB"),
    (lambda: field("city", "contains", "%_"), "C"),
    (lambda: field("city", "begins", "pue"), "AB"),
    (lambda: field("city", "has"), "ABC"),
    (lambda: field("city", "has_not"), "-"),
    (lambda: field("points", "above", 7.5), "A"),
    (lambda: field("points", "at_least", 7.5), "AB"),
    (lambda: field("points", "below", 12), "B"),
    (lambda: field("points", "at_most", 12), "AB"),
    (lambda: field("born", "birthday", 7), "AC"),
    (lambda: field("born", "birthday", 60), "ABC"),
    (lambda: field("born", "before", "1986-12-31"), "B"),
    (lambda: field("due", "on", day(2)), "A"),
    (lambda: field("due", "after", day(0)), "A"),
    (lambda: field("due", "before", day(0)), "B"),
    (lambda: field("due", "in_next", 2), "A"),
    (lambda: field("due", "in_last", 1), ""),
    (lambda: field("due", "in_last", 2), "B"),
    (lambda: fact("name", "begins", "a"), "A"),
    (lambda: fact("name", "has_not"), "-"),
    (lambda: fact("language", "is", "pt"), "BC"),
    (lambda: fact("language", "is_not", "pt"), "-A"),
    (lambda: fact("language", "has"), "ABC"),
    (lambda: fact("country", "is", "MX"), "A"),
    (lambda: fact("country", "is", "CA"), "B"),
    (lambda: fact("country", "is", "US"), "C"),
    (lambda: fact("country", "is", "KZ"), "-"),
    (lambda: fact("country", "is_not", "US"), "-AB"),
    (lambda: fact("group", "in", of=str(Group.objects.get().pk)), "AB"),
    (lambda: fact("group", "not_in", of=str(Group.objects.get().pk)), "-C"),
    (lambda: fact("consent", "is", "opted-out", of="sms"), "A"),
    (lambda: fact("consent", "is", "unknown", of="sms"), "-BC"),
    (lambda: fact("consent", "is_not", "opted-out", of="whatsapp"), "-BC"),
    (lambda: fact("reach", "yes"), "C"),
    (lambda: fact("reach", "no"), "B"),
    (lambda: fact("reach", "unknown"), "-A"),
    (lambda: fact("added", "in_last", 7), "ABC"),
    (lambda: fact("added", "not_in_last", 7), "-"),
    (lambda: fact("added", "before", day(-10)), "-"),
    (lambda: fact("added", "after", day(-10)), "ABC"),
]


@pytest.mark.usefixtures("people")
def test_each_condition_finds_whom_it_says_and_its_opposite_all_the_others() -> None:
    wrong = {}
    for make, expected in CONDITIONS:
        condition = rules.compile_rules({"match": "all", "conditions": [make()]})
        others = "".join(letter for letter in "-ABC" if letter not in expected)
        if (found := (names(condition), names(~rules.is_true(condition)))) != (expected, others):
            wrong[str(make())] = found
    assert wrong == {}


@pytest.mark.usefixtures("people")
def test_it_puts_conditions_together_once() -> None:
    either = {"match": "any", "conditions": [field("city", "is", "puebla"), fact("reach", "yes")]}
    assert names(rules.compile_rules(either)) == "AC"
    both = {"match": "all", "conditions": [fact("country", "is", "US"), either]}
    assert names(rules.compile_rules(both)) == "C"
    with pytest.raises(Refused, match="once, not twice"):
        rules.compile_rules({"match": "all", "conditions": [both]})


@pytest.mark.once
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({}, "all or any"),
        ({"match": "all", "conditions": []}, "at least one condition"),
        ({"match": "all", "conditions": [{"fact": "field", "sql": "1=1"}]}, "has the parts"),
        ({"match": "all", "conditions": [fact("shoe size", "is", "9")]}, "nothing that can be asked"),
        ({"match": "all", "conditions": [fact("name", "sounds like", "x")]}, "cannot be said of"),
        ({"match": "all", "conditions": [fact("name", "is", "  ")]}, "what to compare"),
        ({"match": "all", "conditions": [field("gone", "has_not")]}, "No contact has a field “gone”"),
        ({"match": "all", "conditions": [fact("group", "not_in", of="9999")]}, "group that was deleted"),
        ({"match": "all", "conditions": [fact("country", "is_not", "Mars")]}, "not a country"),
        ({"match": "all", "conditions": [field("city", "above", "nan")]}, "not a number"),
        ({"match": "all", "conditions": [field("city", "on", "tomorrow")]}, "not a date"),
        ({"match": "all", "conditions": [field("city", "in_last", "0")]}, "number of days"),
        ({"match": "all", "conditions": [fact("name", "has")] * 31}, "at most 30"),
    ],
)
@pytest.mark.usefixtures("people")
def test_it_refuses_a_wrong_rule(wrong: Any, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence) as refused:
        keeping.save_segment(name="X", rules=wrong)
    assert refused.value.field == "rules"
    assert not Segment.objects.exists()


@pytest.mark.usefixtures("people")
def test_it_names_the_segment_that_asks_for_a_deleted_group() -> None:
    group = Group.objects.get()
    outside = fact("group", "not_in", of=str(group.pk))
    segment = keeping.save_segment(name="Others", rules={"match": "all", "conditions": [outside]})
    assert segment.size == 2
    group.delete()
    with pytest.raises(Refused, match="“Others” cannot be used: It asks for a group that was deleted"):
        keeping.people_of(segment)


def test_a_birthday_on_a_leap_day_is_kept_on_the_28th() -> None:
    assert days_of_the_year(date(2027, 2, 27), 3) == ["02-27", "02-28", "02-29", "03-01"]
    assert days_of_the_year(date(2028, 2, 27), 2) == ["02-27", "02-28"]
