"""An audience is frozen slice by slice: each person once, whatever comes in between."""

import pytest
from django.db import transaction

from campaigns import audience, lifecycle
from campaigns.models import Campaign, Recipient
from contacts.models import Contact, Membership
from messaging import tally
from messaging.models import Batch, Line
from tests.campaigns.desk import a_campaign, a_line
from tests.world import make_people

pytestmark = pytest.mark.django_db(transaction=True)
S = Campaign.State


@pytest.fixture
def line() -> Line:
    return a_line()


def far_apart(*numbers: int) -> list[Contact]:
    """People of one group, each so far from the next that no slice holds two."""
    people = []
    for number, person in zip(numbers, make_people(len(numbers)), strict=True):
        moved = Contact.objects.create(
            pk=number * (audience.SLICE + 1), phone=f"+5255{number:08d}", phone_key=f"5255{number:08d}"
        )
        Membership.objects.filter(contact=person).update(contact=moved)
        people.append(moved)
    return people


def preparing(line: Line) -> Campaign:
    """A campaign whose freezing has begun, with nobody written down yet."""
    campaign = lifecycle.transition(a_campaign(line), S.PREPARING)
    campaign.batch = Batch.objects.create(label=campaign.name)
    campaign.save(update_fields=["batch"])
    return campaign


def freeze_one_slice(campaign: Campaign, *, after: int) -> int | None:
    with transaction.atomic():
        return audience.freeze(campaign, after=after)


def frozen(campaign: Campaign) -> list[int | None]:
    return list(Recipient.objects.filter(campaign=campaign).order_by("id").values_list("contact_id", flat=True))


def test_it_freezes_everybody_however_far_apart(line: Line) -> None:
    people = far_apart(1, 2, 5)
    campaign = preparing(line)
    lifecycle.prepare(campaign.pk)
    campaign.refresh_from_db()
    assert campaign.state == S.RUNNING
    assert frozen(campaign) == [person.pk for person in people]
    assert tally.totals(campaign.tally_scope) == {"planned": 3}


def test_it_goes_on_where_it_was_interrupted(line: Line) -> None:
    people = far_apart(1, 2, 4)
    campaign = preparing(line)
    freeze_one_slice(campaign, after=people[0].pk - 1)
    assert frozen(campaign) == [people[0].pk]
    first = Recipient.objects.get(campaign=campaign)
    lifecycle.prepare(campaign.pk)
    assert frozen(campaign) == [person.pk for person in people]
    assert Recipient.objects.filter(campaign=campaign, pk=first.pk).exists()
    assert tally.totals(campaign.tally_scope) == {"planned": 3}


def test_two_that_prepare_at_once_write_nobody_twice(line: Line) -> None:
    people = far_apart(1, 2)
    campaign = preparing(line)
    freeze_one_slice(campaign, after=people[0].pk - 1)
    freeze_one_slice(campaign, after=people[0].pk - 1)
    lifecycle.prepare(campaign.pk)
    assert frozen(campaign) == [person.pk for person in people]
    assert tally.totals(campaign.tally_scope) == {"planned": 2}


def test_what_was_called_off_half_way_leaves_nothing_behind(line: Line) -> None:
    people = far_apart(1, 2)
    campaign = preparing(line)
    freeze_one_slice(campaign, after=people[0].pk - 1)
    lifecycle.transition(campaign, S.DRAFT)
    Membership.objects.filter(contact=people[0]).delete()
    lifecycle.start(campaign)
    # Removing a million would keep the person who starts it waiting, and everybody else.
    assert frozen(campaign) == [people[0].pk]
    lifecycle.prepare(campaign.pk)
    assert frozen(campaign) == [people[1].pk]
    assert tally.totals(campaign.tally_scope) == {"planned": 1}


def test_what_was_called_off_goes_a_slice_at_a_time(line: Line) -> None:
    make_people(3)
    campaign = preparing(line)
    lifecycle.transition(campaign, S.DRAFT)
    Recipient.objects.bulk_create(
        Recipient(campaign=campaign, phone=f"+{n}", phone_key=f"{n}") for n in range(audience.FORGOTTEN + 1)
    )
    lifecycle.start(campaign)
    lifecycle.prepare_some(campaign.pk, lifecycle.Place())
    assert len(frozen(campaign)) == 1
    lifecycle.prepare(campaign.pk)
    assert len(frozen(campaign)) == 3


def test_a_task_of_a_start_that_was_called_off_leaves_nobody_out_of_the_next_one(line: Line) -> None:
    people = far_apart(1, 2, 3)
    campaign = preparing(line)
    place: lifecycle.Place | None = lifecycle.Place()
    while place and people[0].pk not in frozen(campaign):
        place = lifecycle.prepare_some(campaign.pk, place)
    lifecycle.transition(campaign, S.DRAFT)
    lifecycle.start(campaign)
    while place:  # goes on as if nothing had happened
        place = lifecycle.prepare_some(campaign.pk, place)
    assert frozen(campaign) == [person.pk for person in people]
    campaign.refresh_from_db()
    assert campaign.state == S.RUNNING
    assert tally.totals(campaign.tally_scope) == {"planned": 3}


def test_nothing_more_is_frozen_once_it_is_ended(line: Line) -> None:
    people = far_apart(1, 2)
    campaign = preparing(line)
    freeze_one_slice(campaign, after=people[0].pk - 1)
    lifecycle.cancel(campaign)
    lifecycle.prepare(campaign.pk)
    assert frozen(campaign) == [people[0].pk]
