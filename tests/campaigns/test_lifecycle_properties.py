"""Any history of moves and messages: a campaign goes only where it may, every move is written down, and nobody is lost."""

from collections import Counter

import pytest
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from hypothesis import HealthCheck, Phase
from hypothesis import settings as how_often
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from pytest_django import Settings

from campaigns import lifecycle, runner
from campaigns.models import Campaign, CampaignEvent, Recipient
from contacts import consent
from contacts.models import Consent, ConsentEvent, ConsentState, Contact
from contacts.refusal import Refused
from messaging import outbox, tally
from messaging.lease import make_token
from messaging.models import Line, Message, MessageEvent
from messaging.outbox.claiming import claim, lease_line, release_line
from messaging.providers.errors import Reason
from tests.campaigns.desk import a_campaign, a_line
from tests.world import make_people

pytestmark = pytest.mark.django_db
S = Campaign.State
M = Message.Status

PEOPLE = 6
AGAIN = (M.FAILED, M.CANCELLED, M.EXPIRED, M.UNKNOWN)
HELD = (S.PAUSED, S.STOPPING, S.CANCELLED)
QUICK = how_often(
    max_examples=8,
    stateful_step_count=15,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # a shrunk failure would take minutes; the steps printed are enough to replay it
    suppress_health_check=list(HealthCheck),
)

states = st.sampled_from(S.values)
statuses = st.sampled_from([M.ACCEPTED, M.SENT, M.DELIVERED, M.READ, M.FAILED, M.UNKNOWN, M.CANCELLED, M.QUEUED])
reasons = st.sampled_from(["", Reason.NOT_ON_WHATSAPP, Reason.ATTEMPTS_EXHAUSTED])
places = st.integers(0, PEOPLE - 1)


class Undone(RuleBasedStateMachine):
    """Each run starts from the rows of the test and leaves none behind."""

    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    @property
    def campaign(self) -> Campaign:
        return Campaign.objects.select_related("batch").get()

    @invariant()
    def holds_its_messages_when_it_rests(self) -> None:
        campaign = self.campaign
        assert campaign.batch is None or campaign.batch.is_held == (campaign.state in HELD)


class Moves(Undone):
    """Everybody tries to move a campaign everywhere, some with an old picture of it."""

    @initialize()
    def look(self) -> None:
        self.stale = self.campaign

    @rule(to=states, is_stale=st.booleans())
    def move(self, to: str, is_stale: bool) -> None:
        before, events = self.campaign.state, CampaignEvent.objects.count()
        seen = Campaign.objects.get(pk=self.stale.pk)
        seen.state = self.stale.state if is_stale else before
        try:
            lifecycle.transition(seen, to)
        except Refused:
            assert to not in lifecycle.MAY_BECOME[before]
            assert (self.campaign.state, CampaignEvent.objects.count()) == (before, events)
            return
        assert to in lifecycle.MAY_BECOME[before]
        assert (self.campaign.state, CampaignEvent.objects.count()) == (to, events + 1)
        last = CampaignEvent.objects.latest("id")
        assert (last.before, last.after) == (before, to)

    @rule()
    def prepare(self) -> None:
        before = self.campaign.state
        lifecycle.prepare(self.campaign.pk)
        assert self.campaign.state == (S.RUNNING if before == S.PREPARING else before)

    @invariant()
    def has_ended_when_it_says_so(self) -> None:
        campaign = self.campaign
        assert (campaign.finished_at is not None) == (campaign.state in (S.FINISHED, S.CANCELLED))


class Histories(Undone):
    """A campaign that goes out, with all that people, gateways and the clock do meanwhile."""

    @initialize(is_hasty=st.booleans())
    def begin(self, is_hasty: bool) -> None:
        lifecycle.start(self.campaign)
        if is_hasty:
            self.steer(lifecycle.resume)
        lifecycle.prepare(self.campaign.pk)
        runner.run(self.campaign.pk)

    @rule(wanted=st.integers(1, PEOPLE))
    def send(self, wanted: int) -> None:
        Message.objects.filter(status=M.QUEUED).update(next_attempt_at=timezone.now())
        for line in Line.objects.all():
            token = make_token()
            assert lease_line(line, token, now=timezone.now())
            claim(line.pk, token, wanted=wanted)
            release_line(line.pk, token)

    @rule(number=st.integers(0, 2), state=st.sampled_from([Line.State.READY, Line.State.DISCONNECTED]))
    def switch_a_line(self, number: int, state: str) -> None:
        Line.objects.filter(pk=Line.objects.order_by("id")[number].pk).update(state=state)

    @rule(
        status=statuses, chosen=st.lists(places, min_size=1), remote_id=st.sampled_from(["", "1", "2"]), reason=reasons
    )
    def hear(self, status: str, chosen: list[int], remote_id: str, reason: str) -> None:
        messages = list(Message.objects.order_by("id"))
        told = [messages[place] for place in chosen if place < len(messages)]
        asked = timezone.now() if status == M.UNKNOWN else None
        updates = [
            outbox.Update(
                message_id=each.pk,
                status=status,
                remote_id=remote_id,
                reason=reason,
                claim=each.lease_token,
                ask_at=asked,
            )
            for each in told
            if status != M.QUEUED or each.status != M.UNKNOWN or each.ask_at  # nobody else finds out that it did not go
        ]
        outbox.apply(updates, source=MessageEvent.Source.CALLBACK)

    @rule()
    def find_out_no_more(self) -> None:
        Message.objects.filter(status=M.UNKNOWN).update(ask_at=None)

    @rule(place=places)
    def send_again(self, place: int) -> None:
        message = Message.objects.order_by("-id")[place : place + 1].first()
        may_be_sent_again = message is not None and message.status in AGAIN and not message.resends.exists()
        if message is None or self.campaign.state in HELD:
            return
        try:
            outbox.resend(message, user=None)
        except Refused:
            is_out = Consent.objects.filter(phone_key=message.phone_key, state=ConsentState.OPTED_OUT).exists()
            assert is_out or not may_be_sent_again

    @rule(move=st.sampled_from([lifecycle.pause, lifecycle.resume, lifecycle.resume, lifecycle.cancel]))
    def steer(self, move: object) -> None:
        try:
            move(self.campaign)  # type: ignore[operator]
        except Refused:
            assert self.campaign.state != S.RUNNING or move is lifecycle.resume

    @rule(place=places)
    def opt_out(self, place: int) -> None:
        key = Contact.objects.order_by("id")[place].phone_key
        consent.opt_out(phone_key=key, source=ConsentEvent.Source.REPLY)

    @rule()
    def bring_on(self) -> None:
        runner.run(self.campaign.pk)

    @invariant()
    def loses_nobody(self) -> None:
        campaign = Campaign.objects.get()
        rows = list(Recipient.objects.select_related("message"))
        kept = {state: count for state, count in tally.totals(campaign.tally_scope).items() if count}
        assert kept == dict(Counter(row.state for row in rows))
        assert sum(kept.values()) == len(rows) == (0 if campaign.state == S.PREPARING else PEOPLE)
        for row in rows:
            assert row.message is None or row.state == runner.state_of(row.message.status)

    @invariant()
    def has_finished_only_when_nobody_waits(self) -> None:
        if self.campaign.state == S.FINISHED:
            waiting = Recipient.objects.filter(Q(state__in=["planned", "queued"]) | Q(goes_on=True))
            assert not waiting.exists()

    @invariant()
    def keeps_nobody_in_the_queue_of_a_cancelled_one(self) -> None:
        if self.campaign.state == S.CANCELLED:
            assert not Recipient.objects.filter(state__in=["planned", "queued"]).exists()

    @invariant()
    def gives_everybody_one_open_message(self) -> None:
        still_open = Message.objects.filter(direction=Message.Direction.OUT).exclude(
            status__in=[M.FAILED, M.CANCELLED, M.EXPIRED]
        )
        assert max(Counter(still_open.values_list("phone_key", flat=True)).values(), default=1) == 1


def test_it_goes_only_where_it_may() -> None:
    make_people(2)
    a_campaign(a_line())
    run_state_machine_as_test(Moves, settings=QUICK)


def test_it_loses_nobody_whatever_happens(settings: Settings) -> None:
    settings.SMS_AFTER_MINUTES = 0
    make_people(PEOPLE)
    sms = a_line(3, channel="sms", account="Phones", gap_seconds=0)
    a_campaign(a_line(1, gap_seconds=0), a_line(2, gap_seconds=0), sms_lines=[sms])
    run_state_machine_as_test(Histories, settings=QUICK)
