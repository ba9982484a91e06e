"""Automatic answers: which rule, to whom, how often, and never for ever."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from contacts import consent
from contacts.people import save_contact
from contacts.refusal import Refused
from messaging import limits
from messaging.automation import answering, copying, rules
from messaging.models import Account, AutoReply, AutoReplyRule, Message
from tests.messaging.mirror_world import panel, sync
from tests.messaging.talking import answers, make_shop, says
from tests.messaging.test_pace import take
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, phone

pytestmark = pytest.mark.django_db
K = AutoReplyRule.Kind
OFFICE = [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "18:00"}]
# Far ahead: what is made before the clock is moved must not lie in its future.
SUNDAY, MONDAY = datetime(2036, 11, 23, 12, tzinfo=UTC), datetime(2036, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def shop() -> Account:
    return make_shop()


def make_rule(account: Account, kind: str = K.ANY, **changes: Any) -> AutoReplyRule:
    details: dict[str, Any] = {
        "name": f"Rule {kind}", "words": [], "language": "", "windows": [], "time_zone": "", "body": "We will call you",
        "position": 100, "rest_minutes": 60, "per_day": 3, "is_on": True, "user": None,
    } | changes  # fmt: skip
    return rules.save_rule(rule=None, account=account, kind=kind, **details)


def outcomes() -> list[str]:
    return list(AutoReply.objects.order_by("id").values_list("outcome", flat=True))


def earlier(minutes: int) -> None:
    """As if so many minutes had passed since the answers."""
    for reply in AutoReply.objects.all():
        AutoReply.objects.filter(pk=reply.pk).update(created_at=reply.created_at - timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("kind", "text", "answers_it"),
    [
        (K.KEYWORD, "¿Qué PRECIO tiene?", True),
        (K.KEYWORD, "precioso", False),
        (K.KEYWORD, "the opening hours please", True),
        (K.FIRST_WORD, "Precio!", True),
        (K.FIRST_WORD, "el precio", False),
        (K.ANY, "👍", True),
    ],
)
def test_it_answers_to_what_fits(shop: Account, kind: str, text: str, answers_it: bool) -> None:
    make_rule(shop, kind, words=["Precio", "opening  HOURS"])
    says(shop, text)
    assert answers() == (["We will call you"] if answers_it else [])


@pytest.mark.parametrize(("now", "answers_it"), [(SUNDAY, True), (MONDAY, False)])
def test_it_answers_outside_hours_in_the_rules_zone(shop: Account, now: datetime, answers_it: bool) -> None:
    rule = make_rule(shop, K.OUTSIDE_HOURS, windows=OFFICE, time_zone="Europe/Madrid")
    assert (rules.choose([rule], "Hello", language="", now=now) == rule) is answers_it
    assert rules.choose([rule], "Hello", language="", now=MONDAY.replace(hour=17)) == rule  # 18:00 in Madrid


@pytest.mark.parametrize("basis", ["line", "person"])
def test_it_says_outside_hours_although_the_line_is_closed(shop: Account, basis: str) -> None:
    line = limits.set_limits(shop.lines.get(), windows=OFFICE, window_basis=basis)
    make_rule(shop, K.OUTSIDE_HOURS, windows=OFFICE, body="We open at nine")
    with time_machine.travel(SUNDAY, tick=False):
        says(shop, "Hello")
        assert [message.body for message in take(line).messages] == ["We open at nine"]


def test_words_come_before_hours_and_hours_before_anything(shop: Account) -> None:
    anything = make_rule(shop, K.ANY, position=1)
    hours = make_rule(shop, K.OUTSIDE_HOURS, windows=OFFICE, position=2)
    word = make_rule(shop, K.KEYWORD, words=["price"], position=3)
    own = make_rule(shop, K.KEYWORD, words=["price"], position=4, language="es")
    everything = [anything, hours, word, own]
    assert rules.choose(everything, "price?", language="", now=SUNDAY) == word
    assert rules.choose(everything, "price?", language="es-MX", now=SUNDAY) == own
    assert rules.choose(everything, "hello", language="es", now=SUNDAY) == hours
    assert rules.choose(everything, "hello", language="es", now=MONDAY) == anything


def test_it_fills_in_who_is_answered(shop: Account) -> None:
    save_contact(phone=phone(1), name="Ana Cruz", fields={"city": "Puebla"}, region="MX")
    make_rule(shop, body="Hi {{ first_name }} in {{ city|default:'town' }}")
    says(shop, "Hello")
    says(shop, "Hello", number=2)
    assert answers() == ["Hi Ana in Puebla", "Hi  in town"]


def test_it_answers_an_incoming_id_once(shop: Account) -> None:
    make_rule(shop, rest_minutes=1)
    says(shop, "Hello", remote_id="one")
    earlier(5)
    says(shop, "Hello", remote_id="one")
    answering.answer(Message.objects.get(direction="in"))
    assert outcomes() == ["answered"]


def test_it_rests_per_person_and_rule(shop: Account) -> None:
    make_rule(shop, rest_minutes=30)
    make_rule(shop, K.KEYWORD, words=["price"], body="10")
    says(shop, "Hello")
    says(shop, "Are you there?")
    says(shop, "Hello", number=2)
    says(shop, "What price?")
    earlier(31)
    says(shop, "Hello?")
    assert outcomes() == ["answered", "resting", "answered", "answered", "answered"]


def test_it_answers_a_person_so_often_a_day(shop: Account) -> None:
    make_rule(shop, rest_minutes=1, per_day=2)
    for _time in range(3):
        says(shop, "Hello")
        earlier(2)
    assert outcomes() == ["answered", "answered", "daily"]


def test_it_does_not_answer_what_is_old_our_own_or_said_in_a_group(shop: Account) -> None:
    make_rule(shop)
    says(shop, "Hello", minutes_ago=16)
    says(shop, "Hello", is_own=True)
    says(shop, "Hello", is_group=True)
    says(shop, "Hello", sender="120363041234567890@g.us", is_group=True)
    says(shop, "Your code is 1234", sender="BANK")
    assert outcomes() == ["old", "no_line"]
    assert "We will call you" not in answers()


def test_it_does_not_answer_who_has_opted_out_or_may_have(shop: Account) -> None:
    make_rule(shop)
    consent.opt_out(phone_key=phone(1)[1:], source="staff")
    says(shop, "Hello")
    says(shop, "STOP this bill", number=2)
    says(shop, "STOP", number=3)
    assert outcomes() == ["opted_out"]
    assert "We will call you" not in answers()


def test_two_machines_that_answer_each_other_stop_by_themselves() -> None:
    """Two installations, each with an eager rule: everything one of them sends arrives at the other."""
    here, there = make_shop("Here", number="+5215500000001"), make_shop("There", number="+5215500000002")
    for account in (here, there):
        make_rule(account, rest_minutes=1, per_day=1000, body="Thank you for writing to {{ name|default:'us' }}")
    carried: set[int] = set()
    says(here, "Hello", sender=there.lines.get().phone)
    for _round in range(100):
        earlier(2)  # no rest holds them back
        going = list(Message.objects.filter(direction="out").exclude(pk__in=carried).select_related("account"))
        for message in going:
            carried.add(message.pk)
            to, sender = (there, here) if message.account == here else (here, there)
            says(to, message.body, sender=sender.lines.get().phone)
        if not going:
            break
    assert len(carried) == 2 * answering.LOOP_COUNT
    assert outcomes()[-1] == "loop"
    earlier(60)
    says(here, "Hello again", sender=there.lines.get().phone)
    assert outcomes()[-1] == "loop"


def test_it_keeps_an_incoming_message_that_it_cannot_answer(shop: Account) -> None:
    shop.lines.all().delete()
    make_rule(shop)
    says(shop, "Hello")
    assert (outcomes(), Message.objects.filter(direction="in").count()) == (["no_line"], 1)


def test_a_rule_that_is_off_is_silent(shop: Account) -> None:
    rules.switch(make_rule(shop), on=False)
    says(shop, "Hello")
    assert outcomes() == []


def test_it_tries_out_without_sending(shop: Account) -> None:
    rule = make_rule(shop, body="Hi {{ name|default:'friend' }}")
    trial = answering.try_out(shop, "Hello", language="")
    assert (trial.rule, trial.text, answers()) == (rule, "Hi friend", [])
    assert answering.try_out(shop, "STOP", language="").verdict == "yes"
    assert answering.try_out(shop, "STOP", language="").rule is None


@pytest.mark.once
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": K.KEYWORD, "words": ["!"]}, "words"),
        ({"kind": K.OUTSIDE_HOURS}, "windows"),
        ({"body": "  "}, "body"),
        ({"body": "Hi {{ name | upper }}"}, "body"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"name": " "}, "name"),
    ],
)
def test_it_refuses_what_makes_no_sense(shop: Account, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        make_rule(shop, **changes)
    assert refused.value.field == field


# At a gateway that answers by itself


def test_the_gateways_replies_are_copied_once_and_stay_off(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox, "wablas")
    with panel(account) as provider:
        provider.client.create_autoreply(keyword="Hours", response="From nine to two")
    sync(account)
    assert [copying.copy_from_gateway(account, user=None) for _time in range(2)] == [(1, 0), (0, 0)]
    rule = AutoReplyRule.objects.get()
    assert (rule.words, rule.body, rule.is_on) == (["hours"], "From nine to two", False)


def test_a_rule_is_given_to_the_gateway_once_and_silent_here(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox, "wablas")
    rule = make_rule(account, K.KEYWORD, words=["hours", "open"], body="From nine to two")
    for _time in range(2):
        assert copying.push_to_gateway(rule, user=None) == []
    with panel(account) as provider:
        there = provider.client.get_autoreplies()["data"]
    assert sorted(row["keyword"] for row in there) == ["hours", "open"]
    rule.refresh_from_db()
    assert not rule.is_on


def test_what_changed_at_the_gateway_changes_the_copy_that_nobody_touched(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox, "wablas")
    with panel(account) as provider:
        for keyword in ("Hours", "Price"):
            provider.client.create_autoreply(keyword=keyword, response="Old")
        sync(account)
        copying.copy_from_gateway(account, user=None)
        rules.switch(AutoReplyRule.objects.get(name="Price"), on=True)
        for row in provider.client.get_autoreplies()["data"]:
            provider.client.update_autoreply(id=row["id"], keyword=row["keyword"], response="New")
    sync(account)
    assert copying.copy_from_gateway(account, user=None) == (0, 1)
    assert dict(AutoReplyRule.objects.values_list("name", "body")) == {"Hours": "New", "Price": "Old"}


def replies_there(account: Account) -> dict[str, str]:
    with panel(account) as provider:
        rows = provider.client.get_autoreplies()["data"]
    assert len({row["keyword"] for row in rows}) == len(rows), "two replies to one word"
    return {row["keyword"]: row["response"] for row in rows}


def test_a_rule_that_changed_changes_its_replies_at_the_gateway(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox, "wablas")
    rule = make_rule(account, K.KEYWORD, words=["hours", "open"], body="From nine to two")
    copying.push_to_gateway(rule, user=None)
    rule.body, rule.words = "From ten to three", ["hours", "closed"]
    rule.save()
    assert copying.push_to_gateway(rule, user=None) == []
    assert replies_there(account) == {"hours": "From ten to three", "closed": "From ten to three"}


def test_what_was_deleted_at_the_gateway_is_made_there_again(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox, "wablas")
    rule = make_rule(account, K.KEYWORD, words=["hours"], body="From nine to two")
    copying.push_to_gateway(rule, user=None)
    with panel(account) as provider:
        provider.client.delete_autoreply(id=provider.client.get_autoreplies()["data"][0]["id"])
    sync(account)
    copying.push_to_gateway(rule, user=None)
    assert replies_there(account) == {"hours": "From nine to two"}


@pytest.mark.parametrize(("first", "is_on"), [(["hours"], False), ([], True)])
def test_a_refused_word_leaves_one_side_that_answers(sandbox: SandboxProcess, first: list[str], is_on: bool) -> None:
    account = make_account(sandbox, "wablas")
    rule = make_rule(account, K.KEYWORD, words=[*first, "x" * 201], body="From nine to two")
    with pytest.raises(Refused, match="200 characters"):
        copying.push_to_gateway(rule, user=None)
    rule.refresh_from_db()
    assert (list(replies_there(account)), rule.is_on) == (first, is_on)


@pytest.mark.parametrize(("kind", "body"), [(K.ANY, "Hello"), (K.KEYWORD, "Hi {{ name }}"), (K.KEYWORD, "{Hi|Hello}")])
def test_a_gateway_is_not_given_what_it_cannot_do(kind: str, body: str) -> None:
    rule = make_rule(make_shop(provider="wablas"), kind, words=["hi"], body=body)
    with pytest.raises(Refused):
        copying.push_to_gateway(rule, user=None)
    rule.refresh_from_db()
    assert rule.is_on


def test_only_gateways_that_answer_by_themselves_are_offered(shop: Account) -> None:
    with pytest.raises(Refused):
        copying.push_to_gateway(make_rule(shop, K.KEYWORD, words=["hi"]), user=None)
    assert list(copying.accounts()) == []
