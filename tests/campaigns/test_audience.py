"""The audience: everybody chosen is in exactly one step of the waterfall, and what the waterfall says is what gets frozen."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import audience, falling, lifecycle, pasting, plans
from campaigns.models import Campaign, Recipient
from contacts import consent, reach
from contacts.groups import add_ids, create_group
from contacts.models import Contact, Group, Membership, Reach, Segment
from contacts.refusal import Refused
from contacts.segments import keeping
from messaging.models import Batch, Line, Message, MirroredObject
from tests.campaigns.desk import a_campaign, a_line
from tests.conftest import signed_in
from tests.test_api import Api
from tests.world import make_people

pytestmark = pytest.mark.django_db(transaction=True)
R = Recipient.State


@pytest.fixture
def line() -> Line:
    return a_line()


def a_message(person: Contact, line: Line, *, days_ago: float = 1, **more: Any) -> Message:
    """Something a campaign sent."""
    left = timezone.now() - timedelta(days=days_ago)
    batch, _ = Batch.objects.get_or_create(label="an earlier one")
    details = {"status": "sent", "counted_at": left, "batch": batch, **more}
    return Message.objects.create(
        account=line.account, line=line, direction="out", channel="whatsapp", phone=person.phone,
        phone_key=person.phone_key, **details,
    )  # fmt: skip


def named(letter: str) -> Segment:
    """People whose name ends in a piece of text, as a segment."""
    condition = {"fact": "name", "of": "", "op": "contains", "value": letter}
    return keeping.save_segment(name=f"With {letter}", rules={"match": "all", "conditions": [condition]})


def frozen(campaign: Campaign) -> dict[int, str]:
    """Contact → the reason why they are left out, "" for those who get it."""
    lifecycle.transition(campaign, Campaign.State.PREPARING)
    lifecycle.prepare(campaign.pk)
    rows = Recipient.objects.filter(campaign=campaign).values_list("contact_id", "state", "reason")
    assert all((state == R.EXCLUDED) == bool(reason) for _pk, state, reason in rows)
    return {pk: reason for pk, _state, reason in rows if pk}


@pytest.mark.parametrize("seed", range(5))
def test_everybody_is_in_exactly_one_step_and_so_they_are_frozen(line: Line, seed: int) -> None:
    """A world by chance: groups that overlap, segments, opt-outs, caps, numbers that are missing or not on WhatsApp."""
    chance = Random(seed)
    people = make_people(30)
    groups = [Group.objects.get(name="VIP"), create_group(name="B"), create_group(name="C")]
    Membership.objects.exclude(contact__in=chance.sample(people, 15)).delete()
    for group in groups[1:]:
        with transaction.atomic():
            add_ids(group_ids=[group.pk], contact_ids=[person.pk for person in chance.sample(people, 8)])
    for person in people:
        if chance.random() < 0.1:
            Contact.objects.filter(pk=person.pk).update(phone="")
        if chance.random() < 0.2:
            consent.opt_out(phone_key=person.phone_key, source="staff")
        for _message in range(chance.choice([0, 0, 1, 2, 3])):
            a_message(person, line, days_ago=chance.choice([1, 5, 20]))
        if chance.random() < 0.3:
            reach.note([person.phone_key], is_reached=chance.random() < 0.5)
    campaign = a_campaign(line)
    campaign.groups.set(groups[:2])
    campaign.segments.set([named("Person 1"), named("2")][: chance.randint(0, 2)])
    campaign.excluded_groups.set(groups[2:] if chance.random() < 0.5 else [])
    campaign.excluded_segments.set([named("Person 3")] if chance.random() < 0.5 else [])
    campaign.most_messages = chance.choice([None, 1, 2])
    campaign.save()

    counted, seen = audience.waterfall(campaign), list(audience.selected(campaign).values_list("pk", flat=True))
    steps = {
        reason: set(audience.left_out(campaign, reason).values_list("pk", flat=True))
        for reason in ("no_number", "opted_out", "capped", "not_on_whatsapp")
    }
    steps[""] = set(audience.with_exclusion(campaign).filter(audience.WILL_GET_IT).values_list("pk", flat=True))
    assert len(seen) == len(set(seen)) == counted.selected == sum(len(step) for step in steps.values())
    assert set().union(*steps.values()) == set(seen)
    assert {reason: len(step) for reason, step in steps.items()} == {
        "no_number": counted.no_number, "opted_out": counted.opted_out, "capped": counted.capped,
        "not_on_whatsapp": counted.not_on_whatsapp, "": counted.will_get_it,
    }  # fmt: skip
    times = [_times(campaign, pk) for pk in seen]
    assert (counted.rows, counted.folded) == (sum(times), sum(times) - len(times))
    assert audience.folded(campaign).count() == sum(each > 1 for each in times)
    assert frozen(campaign) == {pk: reason for reason, step in steps.items() for pk in step}


def _times(campaign: Campaign, pk: int) -> int:
    inside = Membership.objects.filter(contact=pk, group__in=campaign.groups.all()).count()
    return inside + sum(keeping.people_of(segment).filter(pk=pk).exists() for segment in campaign.segments.all())


def test_what_left_or_waits_counts_for_the_cap_and_nothing_else(line: Line) -> None:
    people = make_people(7)
    waiting, failed, long_ago, answer, planned, other, enough = people
    a_message(waiting, line, status="queued", counted_at=None)
    a_message(failed, line, status="failed", counted_at=None)
    a_message(long_ago, line, days_ago=8)
    a_message(answer, line, batch=None)
    under_way = a_campaign(line, name="Under way", group="")
    Campaign.objects.filter(pk=under_way.pk).update(state="running")
    Recipient.objects.create(campaign=under_way, contact=planned, phone=planned.phone, phone_key=planned.phone_key)
    a_message(other, a_line(2, account="Elsewhere"))
    a_message(enough, line)
    a_message(enough, line)
    campaign = plans.change(a_campaign(line), most_messages=1, most_days=7)
    capped = set(audience.left_out(campaign, "capped").values_list("pk", flat=True))
    assert capped == {waiting.pk, planned.pk, other.pk, enough.pk}
    campaign = plans.change(campaign, most_messages=2)
    assert list(audience.left_out(campaign, "capped")) == [enough]
    assert not audience.left_out(plans.change(campaign, most_messages=None), "capped").exists()


def test_a_new_draft_has_the_cap_of_the_settings(line: Line, settings: Any) -> None:
    settings.FREQUENCY_CAP = "3/14"
    campaign = a_campaign(line)
    copy = plans.clone(campaign)
    assert (campaign.most_messages, campaign.most_days, copy.most_messages, copy.most_days) == (3, 14, 3, 14)


def test_whom_whatsapp_missed_stays_where_sms_is_offered_or_it_is_long_ago(line: Line) -> None:
    missed, forgotten = make_people(2)
    reach.note([missed.phone_key, forgotten.phone_key], is_reached=False)
    Reach.objects.filter(phone_key=forgotten.phone_key).update(at=timezone.now() - timedelta(days=91))
    campaign = a_campaign(line)
    assert list(audience.left_out(campaign, "not_on_whatsapp")) == [missed]
    campaign.sms_lines.set([a_line(2, channel="sms")])
    assert audience.waterfall(campaign).will_get_it == 2


def test_a_segment_whose_group_is_gone_keeps_it_from_starting_and_sends_nothing(line: Line) -> None:
    make_people(2)
    gone = create_group(name="Gone")
    outside = {"fact": "group", "of": str(gone.pk), "op": "not_in", "value": ""}
    segment = keeping.save_segment(name="Others", rules={"match": "all", "conditions": [outside]})
    campaign = plans.change(a_campaign(line), groups=[], segments=[segment])
    assert audience.waterfall(campaign).will_get_it == 2
    lifecycle.start(campaign)
    gone.delete()
    lifecycle.prepare(campaign.pk)
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.DRAFT
    assert not Recipient.objects.exists()
    assert "was deleted" in campaign.events.order_by("-id")[0].note
    with pytest.raises(Refused, match="“Others” cannot be used"):
        lifecycle.start(campaign)


def test_a_segment_is_not_deleted_while_a_draft_uses_it(line: Line) -> None:
    segment = named("x")
    campaign = plans.change(a_campaign(line), excluded_segments=[segment])
    with pytest.raises(Refused, match="still used by the campaign “Spring”"):
        keeping.delete_segment(segment)
    lifecycle.cancel(campaign)
    keeping.delete_segment(segment)
    assert not Segment.objects.exists()


def test_segments_know_what_campaigns_did(line: Line) -> None:
    people = make_people(4)
    earlier = a_campaign(line, name="Earlier")
    states = {R.READ: timezone.now(), R.DELIVERED: None, R.FAILED: None}
    for person, (state, replied_at) in zip(people, states.items(), strict=False):
        Recipient.objects.create(
            campaign=earlier, contact=person, phone=person.phone, phone_key=person.phone_key, state=state, replied_at=replied_at
        )  # fmt: skip
    a_message(people[0], line, days_ago=3)
    found = {}
    for op in ("sent", "not_sent", "delivered", "read", "replied", "not_replied", "failed", "clicked"):
        condition = {"fact": "campaign", "of": str(earlier.pk), "op": op, "value": ""}
        found[op] = [p.name[-1] for p in _who(condition)]
    assert found == {
        "sent": ["1", "2"], "not_sent": ["3", "4"], "delivered": ["1", "2"], "read": ["1"], "replied": ["1"],
        "not_replied": ["2"], "failed": ["3"], "clicked": [],
    }  # fmt: skip
    lately = {"fact": "campaigns", "of": "", "op": "none_for", "value": "7"}
    assert [p.name[-1] for p in _who(lately)] == ["2", "3", "4"]
    assert [p.name[-1] for p in _who({**lately, "value": "2"})] == ["1", "2", "3", "4"]


def _who(condition: dict[str, str]) -> list[Contact]:
    return sorted(keeping.look({"match": "all", "conditions": [condition]}).examples, key=lambda person: person.pk)


def test_pasted_numbers_become_a_group_of_the_campaign_and_bad_ones_are_named(line: Line) -> None:
    (known,) = make_people(1)
    campaign = a_campaign(line, group="")
    pasted = pasting.paste(campaign, text=f"{known.phone}\n+525598765432, +52 55 9876 5432;12\nhello", region="MX")
    assert (pasted.new, pasted.known, [written for written, _why in pasted.problems]) == (1, 1, ["12", "hello"])
    assert pasted.group in campaign.groups.all()
    assert audience.waterfall(campaign).will_get_it == 2
    again = pasting.paste(campaign, text="+525598765433", region="MX")
    assert (again.group, again.is_chosen_now, audience.waterfall(campaign).selected) == (pasted.group, False, 3)
    with pytest.raises(Refused, match="at least one"):
        pasting.paste(campaign, text=" ,; ")


def test_members_of_a_whatsapp_group_are_chosen_as_a_group(line: Line) -> None:
    members = ["5215598765432", "5215598765433"]
    item = MirroredObject.objects.create(
        account=line.account, kind="whatsapp_group", remote_id="1@g.us", name="Neighbours", members=members
    )
    campaign = a_campaign(line, group="")
    taken = pasting.take_members(campaign, item=item)
    assert taken.group is not None
    assert (taken.group.name, audience.waterfall(campaign).will_get_it) == ("Neighbours", 2)


def test_the_step_counts_what_is_ticked_and_lists_and_exports_each_step(marta: User, line: Line) -> None:
    people = make_people(3)
    consent.opt_out(phone_key=people[0].phone_key, source="staff")
    segment = named("Person 1")
    campaign = a_campaign(line, group="")
    client = signed_in(marta)
    group = Group.objects.get(name="VIP")
    data = {"name": "Spring", "groups": group.pk, "segments": segment.pk, "most_messages": "2", "most_days": ""}
    page = client.post(reverse("campaigns:audience_count", args=[campaign.pk]), data).content.decode()
    assert "chosen more than once" in page
    campaign.refresh_from_db()
    assert (campaign.most_messages, campaign.most_days, list(campaign.segments.all())) == (2, 7, [segment])
    fall = falling.fall(campaign, audience.waterfall_kept(campaign))
    assert (fall.rows, [(step.key, step.count) for step in fall.steps], fall.will_get_it) == (
        4, [("folded", 1), ("opted_out", 1)], 2,
    )  # fmt: skip
    listed = client.get(reverse("campaigns:left_out", args=[campaign.pk, "folded"])).content.decode()
    assert "Person 1" in listed
    file = client.get(reverse("campaigns:left_out_csv", args=[campaign.pk, "opted_out"]))
    assert "Person 1" in b"".join(file.streaming_content).decode()  # type: ignore[attr-defined]


def test_the_step_takes_numbers_and_says_which_are_wrong(marta: User, charlie_client: Client, line: Line) -> None:
    campaign = a_campaign(line, group="")
    address = reverse("campaigns:paste_numbers", args=[campaign.pk])
    client, numbers = signed_in(marta), {"numbers": "+525598765432\n99"}
    page = client.post(address, numbers, headers={"HX-Request": "true"}).content.decode()
    assert "1 new person" in page
    assert "1 number was not taken" in page
    whole = client.post(address, numbers, follow=True).content.decode()  # without a script
    assert "is too short for a number" in whole
    assert charlie_client.post(address, {"numbers": "+525598765432"}).status_code == 403


def test_the_audience_by_rest(admin: User, line: Line) -> None:
    make_people(2)
    named("Person 1")
    campaign, api = a_campaign(line), Api(admin)
    address = f"/campaigns/{campaign.pk}/audience"
    set_to = api.call("PUT", address, {"excluded_segments": ["with person 1"], "most_messages": 3})
    assert (set_to["groups"], set_to["selected"], set_to["most_messages"]) == (["VIP"], 1, 3)
    added = api.call("POST", f"/campaigns/{campaign.pk}/numbers", {"numbers": ["+525598765432", "x"]})
    assert (added["new"], [each["number"] for each in added["problems"]]) == (1, ["x"])
    assert api.call("GET", address)["will_get_it"] == 2
    wrong = api.call("PUT", address, {"segments": ["nobody"]}, expect=422)
    assert "There is no segment “nobody”" in wrong["detail"]
