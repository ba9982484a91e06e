"""Those who failed get it again by a person's word, once, or become a group of their own."""

import pytest
from django.test import Client
from django.urls import reverse

from campaigns import again, books, lifecycle
from campaigns.models import Campaign, Recipient
from contacts.models import Contact, Group
from contacts.refusal import Refused
from messaging import outbox
from messaging.models import Line, Message
from messaging.outbox import Update
from messaging.providers.errors import Reason
from tests.campaigns.desk import a_campaign, a_line, set_going
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, make_campaign, make_people, phone, run_tasks, start, whatsapp_line, work

pytestmark = pytest.mark.django_db(transaction=True)


def failed(campaign: Campaign, reason: str, *, count: int) -> Campaign:
    """Some of its queued messages fail for a reason."""
    ids = list(Message.objects.filter(status="queued").order_by("id").values_list("id", flat=True)[:count])
    outbox.apply([Update(message_id=pk, status="failed", reason=reason) for pk in ids], source="send")
    return campaign


@pytest.fixture
def line() -> Line:
    return a_line(gap_seconds=0)


def test_it_sends_again_to_those_who_failed_and_to_nobody_else(sandbox: SandboxProcess, marta_client: Client) -> None:
    make_people(2)
    make_people(1, story="91", first=50)
    campaign = work(start(make_campaign([whatsapp_line(make_account(sandbox))])))
    Message.objects.filter(status="failed").update(phone=phone(60))  # the number was put right
    answer = marta_client.post(
        reverse("campaigns:retry_failed", args=[campaign.pk]), {"reasons": [Reason.INVALID_NUMBER]}, follow=True
    )
    assert "1 message is sent again." in answer.text
    work(campaign)
    assert sandbox.received_by() == {phone(1): 1, phone(2): 1, phone(60): 1}
    assert campaign.state == Campaign.State.FINISHED
    assert books.check(campaign).is_balanced


def test_it_links_the_new_message_to_the_old_one(line: Line) -> None:
    make_people(1)
    campaign = failed(set_going(a_campaign(line)), Reason.NO_SERVICE, count=1)
    again.retry_failed(campaign, reasons=[Reason.NO_SERVICE], user=None)
    old, new = Message.objects.order_by("id")
    assert (new.resend_of, Recipient.objects.get().message) == (old, new)


def test_it_offers_what_was_refused_for_good_without_a_tick(line: Line, marta_client: Client) -> None:
    make_people(3)
    campaign = failed(set_going(a_campaign(line)), Reason.INVALID_NUMBER, count=1)
    failed(campaign, Reason.NO_SERVICE, count=1)
    failed(campaign, Reason.CONTACT_DELETED, count=1)
    page = marta_client.get(reverse("campaigns:detail", args=[campaign.pk]))
    offered = {choice.reason: choice.is_chosen for choice in page.context["retry_choices"]}
    assert offered == {Reason.INVALID_NUMBER: False, Reason.NO_SERVICE: True}


def test_it_takes_up_nobody_twice_who_fails_again(line: Line) -> None:
    make_people(1)
    campaign = failed(set_going(a_campaign(line)), Reason.NO_SERVICE, count=1)
    upto = Message.objects.latest("id").pk
    again.retry_failed(campaign, reasons=[Reason.NO_SERVICE], user=None)
    failed(campaign, Reason.NO_SERVICE, count=1)
    again.go_on(campaign.pk, [Reason.NO_SERVICE], None, 0, upto)
    assert Message.objects.count() == 2


def test_it_does_many_in_the_background(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "AT_ONCE", 2)
    make_people(5)
    campaign = failed(set_going(a_campaign(line)), Reason.NO_SERVICE, count=5)
    begun = again.retry_failed(campaign, reasons=[Reason.NO_SERVICE], user=None)
    assert (begun.done, begun.is_going_on) == (2, True)
    run_tasks()
    assert Message.objects.filter(resend_of__isnull=False).count() == 5
    assert books.check(campaign).is_balanced


@pytest.mark.parametrize("reasons", [[], [Reason.OPTED_OUT], [Reason.LINE_MISSING]])
def test_it_refuses_when_there_is_nobody_to_send_to(line: Line, reasons: list[str]) -> None:
    make_people(1)
    campaign = failed(set_going(a_campaign(line)), Reason.NO_SERVICE, count=1)
    with pytest.raises(Refused):
        again.retry_failed(campaign, reasons=reasons, user=None)


def test_it_refuses_when_the_campaign_was_ended(line: Line) -> None:
    make_people(2)
    campaign = failed(set_going(a_campaign(line)), Reason.NO_SERVICE, count=1)
    lifecycle.cancel(campaign)
    with pytest.raises(Refused, match="ended"):
        again.retry_failed(campaign, reasons=[Reason.NO_SERVICE], user=None)


def test_it_sends_no_single_message_of_an_ended_campaign_again(line: Line) -> None:
    make_people(2)
    campaign = failed(set_going(a_campaign(line)), Reason.NO_SERVICE, count=1)
    lifecycle.cancel(campaign)
    with pytest.raises(Refused, match="ended"):
        outbox.resend(Message.objects.get(status="failed"), user=None)
    assert Message.objects.count() == 2


def test_a_viewer_sends_nothing_again(line: Line, charlie_client: Client) -> None:
    make_people(1)
    campaign = failed(set_going(a_campaign(line)), Reason.NO_SERVICE, count=1)
    assert charlie_client.post(reverse("campaigns:retry_failed", args=[campaign.pk])).status_code == 403
    assert charlie_client.post(reverse("campaigns:new_group", args=[campaign.pk])).status_code == 403


def test_it_makes_a_group_of_those_who_failed(line: Line, marta_client: Client) -> None:
    people = make_people(3)
    campaign = failed(set_going(a_campaign(line)), Reason.NOT_ON_WHATSAPP, count=2)
    marta_client.post(
        reverse("campaigns:new_group", args=[campaign.pk]), {"who": "failed:not_on_whatsapp", "name": "By SMS"}
    )
    group = Group.objects.get(name="By SMS")
    assert (group.size, set(group.contacts.all())) == (2, set(people[:2]))


def test_it_says_what_is_wrong_with_the_group(line: Line, marta_client: Client) -> None:
    make_people(1)
    campaign = failed(set_going(a_campaign(line)), Reason.NO_SERVICE, count=1)
    address = reverse("campaigns:new_group", args=[campaign.pk])
    assert "already a group" in marta_client.post(address, {"who": "failed:", "name": "vip"}, follow=True).text
    assert "Choose who" in marta_client.post(address, {"who": "nobody", "name": "New"}, follow=True).text
    assert "Nobody is in this state" in marta_client.post(address, {"who": "read:", "name": "New"}, follow=True).text


def test_it_fills_a_large_group_in_the_background(line: Line) -> None:
    group = Group.objects.create(name="Large")
    Contact.objects.bulk_create(Contact(phone=phone(n), phone_key=phone(n)[1:], name=f"P {n}") for n in range(1500))
    campaign = a_campaign(line)
    Recipient.objects.bulk_create(
        Recipient(campaign=campaign, contact=each, phone=each.phone, phone_key=each.phone_key, state="expired")
        for each in Contact.objects.all()
    )
    made = again.new_group(campaign, name="Late ones", state="expired")
    assert made.size == 1000
    run_tasks()
    made.refresh_from_db()
    assert (made.size, group.size) == (1500, 0)
