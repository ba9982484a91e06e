"""A second person's yes: what it is for, what voids it, and who may give it."""

import itertools
from datetime import time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from campaigns import approval, fingerprint, lifecycle, plans, scheduled
from campaigns.models import Campaign, FlightPlan, Occurrence, Series, Variant
from contacts.models import Group, Segment
from contacts.refusal import Refused
from messaging.models import Line
from tests.campaigns.desk import a_campaign, a_line
from tests.world import make_people


@pytest.fixture
def line(db: None) -> Line:
    return a_line()


@pytest.fixture
def draft(line: Line, marta: User) -> Campaign:
    make_people(3)
    return a_campaign(line, user=marta)


@pytest.fixture
def dora(db: None) -> User:
    """Another manager."""
    user = User.objects.create_user("dora")
    user.groups.add(Role.objects.get(name="manager"))
    return user


@pytest.fixture
def asks_above_two(settings: Settings) -> None:
    settings.APPROVAL_ABOVE = 2


def now_of(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(pk=campaign.pk)


def test_every_field_of_a_campaign_is_in_a_part_or_does_not_matter() -> None:
    listed = {field.name for field in (*Campaign._meta.concrete_fields, *Campaign._meta.many_to_many)}
    assert listed - fingerprint.PARTS.keys() - fingerprint.UNIMPORTANT == set()
    assert set(fingerprint.PARTS.values()) <= fingerprint.LABELS.keys()


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("text", {"body": "Another"}),
        ("text", {"tracks_links": True}),
        ("attachment", {"attachment": {"kind": "image", "url": "https://shop.example/a.png"}}),
        ("mode", {"mode": "gateway"}),
        ("lines", {"channel": "sms"}),
        ("schedule", {"send_before": timezone.now()}),
        ("schedule", {"local_date": timezone.localdate()}),
        ("caps", {"most_messages": 2}),
        ("canary", {"canary_size": 5}),
        ("", {"name": "Summer"}),
        ("", {"reason": "no_line", "archived_at": timezone.now()}),
        ("", {"start_at": timezone.now()}),
    ],
)
def test_the_fingerprint_changes_with_what_matters(draft: Campaign, part: str, changes: dict[str, Any]) -> None:
    before = fingerprint.parts_of(draft)
    Campaign.objects.filter(pk=draft.pk).update(**changes)
    after = fingerprint.parts_of(now_of(draft))
    assert fingerprint.changed(before, after) == ([part] if part else [])
    assert (fingerprint.fingerprint(before) != fingerprint.fingerprint(after)) is bool(part)


def test_the_fingerprint_changes_with_lists_and_what_stands_behind_them(draft: Campaign) -> None:
    segment = Segment.objects.create(name="Loyal", rules={"all": []})
    seen = [fingerprint.parts_of(draft)]
    draft.segments.add(segment)
    seen.append(fingerprint.parts_of(draft))
    Segment.objects.filter(pk=segment.pk).update(rules={"any": []})
    seen.append(fingerprint.parts_of(draft))
    Variant.objects.create(campaign=draft, letter="B", body="Hello", share=50)
    seen.append(fingerprint.parts_of(draft))
    draft.lines.add(a_line(2))
    seen.append(fingerprint.parts_of(draft))
    steps = [fingerprint.changed(one, two) for one, two in itertools.pairwise(seen)]
    assert steps == [["audience"], ["audience"], ["text"], ["lines"]]
    Segment.objects.filter(pk=segment.pk).update(name="Faithful", size=7)
    assert fingerprint.parts_of(draft) == seen[-1]


@pytest.mark.parametrize(
    ("before", "after", "is_another"),
    [(3, 3, False), (3, 2, False), (3, 4, True), (1000, 1010, False), (1000, 1011, True)],
)
def test_newcomers_make_another_audience(before: int, after: int, is_another: bool) -> None:
    assert approval.grown(before, after) is is_another


def test_nobody_is_asked_where_the_setting_is_off(draft: Campaign, marta: User) -> None:
    lifecycle.start(draft, user=marta)
    assert draft.state == Campaign.State.PREPARING
    assert FlightPlan.objects.get().numbers["people"] == 3


def test_it_starts_after_somebody_else_agreed(draft: Campaign, marta: User, dora: User, asks_above_two: None) -> None:
    with pytest.raises(Refused, match="somebody else has to approve it first"):
        lifecycle.start(draft, user=marta)
    plan = approval.ask(draft, people=3, user=marta)
    with pytest.raises(Refused, match="Somebody else"):
        approval.approve(draft, plan_id=plan.pk, people=3, user=marta)
    approval.approve(draft, plan_id=plan.pk, people=3, note="Nice", user=dora)
    lifecycle.start(draft, user=marta)
    assert [(event.user, event.note) for event in draft.events.all()][:2] == [
        (marta, "Asked for approval"),
        (dora, "Approved: Nice"),
    ]


def test_a_refusal_says_what_has_to_change(draft: Campaign, marta: User, dora: User, asks_above_two: None) -> None:
    plan = approval.ask(draft, people=3, user=marta)
    with pytest.raises(Refused, match="Say what has to change"):
        approval.refuse(draft, plan_id=plan.pk, note=" ", user=dora)
    approval.refuse(draft, plan_id=plan.pk, note="Too long", user=dora)
    with pytest.raises(Refused, match="Too long"):
        lifecycle.start(draft, user=marta)
    assert approval.ask(draft, people=3, user=marta).pk > plan.pk


@pytest.mark.parametrize("how", ["text", "people"])
def test_a_change_voids_the_approval_and_is_named(
    draft: Campaign, marta: User, dora: User, asks_above_two: None, how: str
) -> None:
    plan = approval.ask(draft, people=3, user=marta)
    approval.approve(draft, plan_id=plan.pk, people=3, user=dora)
    if how == "text":
        plans.change(draft, body="Another")
    else:
        make_people(1, first=9)
    with pytest.raises(Refused, match="the text" if how == "text" else "4 people instead of 3"):
        lifecycle.start(now_of(draft), user=marta)
    assert approval.standing(now_of(draft), people=4).state == approval.VOID


def test_who_decides_has_to_have_seen_the_newest_plan(draft: Campaign, marta: User, dora: User) -> None:
    old = approval.ask(draft, people=3, user=marta)
    plans.change(draft, body="Another")
    with pytest.raises(Refused, match="the text"):
        approval.approve(draft, plan_id=old.pk, people=3, user=dora)
    new = approval.ask(draft, people=3, user=marta)
    with pytest.raises(Refused, match="newer plan"):
        approval.approve(draft, plan_id=old.pk, people=3, user=dora)
    approval.approve(draft, plan_id=new.pk, people=3, user=dora)
    with pytest.raises(Refused, match="decided already"):
        approval.refuse(draft, plan_id=new.pk, note="No", user=dora)


def test_it_is_approved_for_its_time(draft: Campaign, marta: User, dora: User, asks_above_two: None) -> None:
    at = timezone.now() + timedelta(hours=5)
    Campaign.objects.filter(pk=draft.pk).update(start_at=at)
    draft.refresh_from_db()
    plan = approval.ask(draft, people=3, user=marta)
    approval.approve(draft, plan_id=plan.pk, people=3, user=dora)
    with pytest.raises(Refused, match="another time"):
        lifecycle.start(draft)
    with pytest.raises(Refused, match="another time"):
        lifecycle.schedule(draft, at=at + timedelta(hours=9))
    assert lifecycle.schedule(now_of(draft), at=at).state == Campaign.State.SCHEDULED


def test_a_scheduled_one_that_changed_is_a_draft_again_with_the_reason(draft: Campaign, line: Line) -> None:
    draft.lines.add(other := a_line(2))
    lifecycle.schedule(draft, at=timezone.now() + timedelta(hours=1))
    scheduled.look_again()
    assert now_of(draft).state == Campaign.State.SCHEDULED
    other.delete()
    scheduled.look_again()
    draft.refresh_from_db()
    assert draft.state == Campaign.State.DRAFT
    note = draft.events.latest("id").note
    assert "the lines" in note
    assert "after it was scheduled" in note


def test_newcomers_stop_no_scheduled_one_that_nobody_has_to_approve(draft: Campaign) -> None:
    lifecycle.schedule(draft, at=timezone.now() + timedelta(hours=1))
    make_people(9, first=20)
    Campaign.objects.update(start_at=timezone.now())
    scheduled.start(draft.pk)
    draft.refresh_from_db()
    assert draft.state == Campaign.State.PREPARING
    assert Group.objects.get(name="VIP").size == 12


def test_what_a_series_makes_has_the_yes_to_its_pattern(
    draft: Campaign, marta: User, dora: User, asks_above_two: None
) -> None:
    times = {"repeat": "daily", "starts_on": timezone.localdate(), "at": time(9), "time_zone": "UTC"}
    series = Series.objects.create(pattern=draft, **times)
    plan = approval.ask(draft, people=3, user=marta)
    approval.approve(draft, plan_id=plan.pk, people=3, user=dora)
    like_it, another = plans.clone(draft), plans.clone(draft)
    plans.change(another, body="Another")
    for hours, copy in enumerate((like_it, another)):
        Occurrence.objects.create(series=series, campaign=copy, at=timezone.now() + timedelta(hours=hours))
    assert lifecycle.start(now_of(like_it)).state == Campaign.State.PREPARING
    with pytest.raises(Refused, match="the text"):
        lifecycle.start(now_of(another))
