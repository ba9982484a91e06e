"""Any news in any order, as often as it likes: a message's status moves forward, and everything kept beside it agrees."""

import itertools
from collections import Counter
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from contacts.refusal import Refused
from messaging import outbox
from messaging.lease import make_token
from messaging.models import Line, Message, MessageEvent, Tally
from messaging.outbox.claiming import claim, lease_line, release_line
from messaging.outbox.queueing import confirm_sent, drop
from tests.campaigns.desk import a_line
from tests.world import phone

pytestmark = pytest.mark.django_db
S = Message.Status

FINAL = (S.READ, S.FAILED, S.CANCELLED, S.EXPIRED)
STEPS = (S.ACCEPTED, S.SENT, S.DELIVERED, S.READ)  # a report may skip some; none is ever taken back
UNDECIDED = (S.QUEUED, S.SENDING, S.UNKNOWN)  # between these a message may go to and fro
QUICK = settings(
    max_examples=12,
    stateful_step_count=15,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # a shrunk failure would take minutes; the steps printed are enough to replay it
    suppress_health_check=list(HealthCheck),
)

places = st.integers(0, 5)
statuses = st.sampled_from([status for status in S if status not in (S.SENDING, S.RECEIVED)])
remote_ids = st.sampled_from(["", "", "1", "2", "3"])
claims = st.sampled_from(["", "somebody else's", "mine"])
sources = st.sampled_from(MessageEvent.Source.values)
news = st.lists(st.tuples(places, statuses, remote_ids, claims), min_size=1, max_size=6)


def may_follow(before: str, after: str) -> bool:
    """What "forward" means, said a second time and without a look at the engine's own table."""
    if before == after:
        return True
    if before in FINAL:
        return False
    if before in UNDECIDED:
        return True
    if before == S.DELIVERED:
        return after == S.READ
    return after in (S.FAILED, S.CANCELLED) or (after in STEPS and STEPS.index(after) > STEPS.index(before))


class News(RuleBasedStateMachine):
    """Messages on two lines of one gateway, and everybody who has something to say about them."""

    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.seen: dict[int, Message] = {}
        self.may_go_back: set[int] = set()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    @initialize()
    def queue(self) -> None:
        self.lines = list(Line.objects.order_by("id"))
        for number in range(6):
            outbox.queue(line=self.lines[number % 2], to=phone(number), body="Hello")

    @rule(which=st.integers(0, 1), wanted=st.integers(1, 3))
    def send(self, which: int, wanted: int) -> None:
        line, token = self.lines[which], make_token()
        Message.objects.filter(status=S.QUEUED).update(next_attempt_at=timezone.now())
        line.refresh_from_db()
        assert lease_line(line, token, now=timezone.now())
        claim(line.pk, token, wanted=wanted)
        release_line(line.pk, token)

    @rule(told=news, source=sources)
    def hear(self, told: list[tuple[int, str, str, str]], source: str) -> None:
        self.tell(told, source)

    @rule(told=news, source=sources)
    def hear_twice(self, told: list[tuple[int, str, str, str]], source: str) -> None:
        self.tell(told, source)
        self.tell([each for each in told if each[1] != S.QUEUED], source)

    @rule(place=places)
    def decide_to_drop(self, place: int) -> None:
        drop(self.at(place), user=None)

    @rule(place=places)
    def decide_that_it_arrived(self, place: int) -> None:
        confirm_sent(self.at(place), user=None)

    @rule(place=places)
    def take_back(self, place: int) -> None:
        outbox.withdraw([self.at(place).pk])

    @rule(place=places)
    def send_again(self, place: int) -> None:
        message = self.at(place)
        try:
            outbox.resend(message, user=None)
        except Refused:
            has_ended = message.status in (S.FAILED, S.CANCELLED, S.EXPIRED, S.UNKNOWN)
            assert not has_ended or message.resends.exists()

    def at(self, place: int) -> Message:
        return Message.objects.order_by("id")[place]

    def tell(self, told: list[tuple[int, str, str, str]], source: str) -> None:
        updates = []
        for place, status, remote_id, word in told:
            message = self.at(place)
            is_mine = word == "mine" and bool(message.lease_token)
            if is_mine and status == S.QUEUED:
                self.may_go_back.add(message.pk)
            token = message.lease_token if is_mine else word.replace("mine", "")
            updates.append(outbox.Update(message_id=message.pk, status=status, remote_id=remote_id, claim=token))
        outbox.apply(updates, source=source)

    @invariant()
    def moves_forward(self) -> None:
        for message in Message.objects.all():
            before = self.seen.get(message.pk)
            if before is not None:
                assert may_follow(before.status, message.status), f"{before.status} → {message.status}"
                if before.status in (S.SENDING, S.UNKNOWN) and message.status == S.QUEUED:
                    assert message.pk in self.may_go_back
                if before.status == S.QUEUED and message.status in STEPS:
                    assert before.attempts, "what never left is taken by nobody"
                assert before.remote_id in ("", message.remote_id)
            self.seen[message.pk] = message
        self.may_go_back.clear()

    @invariant()
    def shares_no_id_within_a_line(self) -> None:
        known = Message.objects.exclude(remote_id="").values_list("line_id", "remote_id")
        assert max(Counter(known).values(), default=1) == 1

    @invariant()
    def tells_its_history_as_it_was(self) -> None:
        for message in Message.objects.prefetch_related("events"):
            told = [event.status for event in message.events.all()]
            assert all(may_follow(before, after) for before, after in itertools.pairwise(told)), told
            last = told[-1] if told else S.QUEUED
            assert last == (S.QUEUED if message.status == S.SENDING else message.status)  # a claim is not news

    @invariant()
    def counts_the_day(self) -> None:
        counted: Counter[str] = Counter()
        for message in Message.objects.prefetch_related("events"):
            told = [event.status for event in message.events.all()]
            furthest = max((STEPS.index(status) for status in told if status in STEPS), default=-1)
            counted.update(str(step) for step in STEPS[: furthest + 1])
            if message.status in (S.FAILED, S.CANCELLED, S.EXPIRED):
                counted[message.status] += 1
        kept: Counter[str] = Counter()
        for key, count in Tally.objects.filter(scope__startswith="day:").values_list("key", "count"):
            kept[key] += count
        assert +kept == counted


def test_it_moves_forward_whatever_the_news() -> None:
    for number in (1, 2):
        a_line(number, gap_seconds=0)
    run_state_machine_as_test(News, settings=QUICK)


@pytest.mark.parametrize("end", FINAL)
def test_it_leaves_no_final_state(end: str) -> None:
    message = _ended(a_line(), end)
    everything: list[Any] = [outbox.Update(message_id=message.pk, status=status, claim="mine") for status in S]
    assert outbox.apply(everything, source=MessageEvent.Source.CALLBACK) == []
    message.refresh_from_db()
    assert message.status == end


def test_it_keeps_an_id_where_it_is_when_news_of_both_come_together() -> None:
    line = a_line()
    first, second = (outbox.queue(line=line, to=phone(number), body="Hello")[0] for number in (1, 2))
    Message.objects.update(status=S.SENDING)
    outbox.apply([outbox.Update(message_id=first.pk, status=S.FAILED, remote_id="7")], source="send")
    news = [outbox.Update(message_id=each.pk, status=S.ACCEPTED, remote_id="7") for each in (first, second)]
    outbox.apply(news, source="callback")
    assert list(Message.objects.order_by("id").values_list("status", "remote_id")) == [
        (S.FAILED, "7"),
        (S.ACCEPTED, ""),
    ]


def _ended(line: Line, end: str) -> Message:
    message, _ = outbox.queue(line=line, to=phone(1), body="Hello")
    Message.objects.filter(pk=message.pk).update(status=end, lease_token="mine")
    return message
