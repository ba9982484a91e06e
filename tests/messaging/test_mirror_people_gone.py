"""People who left our group after it went to a gateway: counted, named nowhere else, taken out there when somebody says so."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import Contact, Group, Job
from contacts.refusal import Refused
from messaging.mirror import people_gone, starting
from messaging.models import Account, Exchange, MirrorJob, PersonThere
from messaging.providers.errors import OutcomeUnknown
from messaging.providers.wablas.provider import WablasProvider
from tests.messaging.mirror_world import die_after, panel, run
from tests.messaging.test_mirror_people import indonesians
from tests.recorded_gateway import RecordedGateway
from tests.sandbox_process import SandboxProcess
from tests.world import make_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(sandbox: SandboxProcess) -> Account:
    """Five people of VIP are in the gateway's group, two of whom left ours."""
    made, group = make_account(sandbox, "wablas"), indonesians(5)
    run(starting.start_pushing(made, group=group))
    group.contacts.remove(*Contact.objects.order_by("id")[:2])
    return made


def page_of(client: Client, account: Account) -> str:
    return client.get(reverse("messaging:account", args=[account.pk])).content.decode()


def members(account: Account) -> set[int]:
    """Who is in VIP at the gateway: whoever is asked for and taken out counts."""
    with panel(account) as provider:
        return {key for key in range(5) if provider.remove_person(f"+62813{key:08d}", "VIP")}


def removals() -> int:
    return Exchange.objects.filter(url__endswith="group/delete-phone").count()


def test_who_left_is_counted_and_taken_out_when_somebody_says_so(alice_client: Client, account: Account) -> None:
    page = page_of(alice_client, account)
    assert "2 people are in the gateway's group “VIP” and no longer in yours." in page.replace("&#x27;", "'")
    assert removals() == 0
    url = reverse("messaging:mirror_remove", args=[account.pk])
    alice_client.post(url, {"remote_group": "VIP"})
    job = run(MirrorJob.objects.get(work="remove").job)
    assert (job.state, job.summary) == (Job.State.DONE, {"removed": 2, "not_there": 0, "failed": 0})
    assert "no longer in yours" not in page_of(alice_client, account)
    assert members(account) == {2, 3, 4}
    assert Contact.objects.count() == 5


def test_another_push_takes_nobody_out(account: Account) -> None:
    run(starting.start_pushing(account, group=Group.objects.get()))
    assert (removals(), [each.count for each in people_gone.counts(account)]) == (0, [2])


def test_whoever_came_back_stays(account: Account) -> None:
    job = starting.start_removing(account, remote_group="VIP")
    Group.objects.get().contacts.add(Contact.objects.order_by("id")[0])
    assert run(job).summary["removed"] == 1
    assert members(account) == {0, 2, 3, 4}


def test_whoever_is_in_another_group_that_went_there_stays(account: Account) -> None:
    other = Group.objects.create(name="Gold")
    other.contacts.add(Contact.objects.order_by("id")[0])
    run(starting.start_pushing(account, group=other, name="VIP"))
    assert [each.count for each in people_gone.counts(account)] == [1]


def test_a_group_deleted_here_leaves_all_of_them_over(account: Account) -> None:
    Group.objects.all().delete()
    assert [each.count for each in people_gone.counts(account)] == [5]


def test_people_taken_out_in_the_panel_are_counted_so(account: Account) -> None:
    with panel(account) as provider:
        provider.remove_person("+6281300000000", "VIP")
    job = run(starting.start_removing(account, remote_group="VIP"))
    assert job.summary == {"removed": 1, "not_there": 1, "failed": 0}


def test_taking_out_goes_on_after_a_crash(account: Account) -> None:
    job = starting.start_removing(account, remote_group="VIP")
    die_after(job, 2)
    assert run(job).summary == {"removed": 2, "not_there": 0, "failed": 0}


def test_it_waits_for_a_gateway_that_is_away(account: Account) -> None:
    address = account.base_url
    Account.objects.update(base_url="http://127.0.0.1:1")
    job = run(starting.start_removing(account, remote_group="VIP"))
    assert (job.state, PersonThere.objects.count()) == (Job.State.RUNNING, 5)
    Account.objects.update(base_url=address)
    assert run(job).summary["removed"] == 2


def test_nobody_is_taken_out_who_did_not_leave(account: Account) -> None:
    run(starting.start_removing(account, remote_group="VIP"))
    for group in ("VIP", "Others"):
        with pytest.raises(Refused, match="Nobody is left"):
            starting.start_removing(account, remote_group=group)


def test_a_gateway_without_that_call_says_so(alice_client: Client, sandbox: SandboxProcess) -> None:
    account, group = make_account(sandbox), indonesians(2)
    run(starting.start_pushing(account, group=group))
    group.contacts.remove(Contact.objects.order_by("id")[0])
    assert "it has no call that takes people out of a group" in page_of(alice_client, account)
    assert not PersonThere.objects.exists()
    with pytest.raises(Refused, match="no call"):
        starting.start_removing(account, remote_group="VIP")


def test_a_viewer_takes_nobody_out(charlie_client: Client, account: Account) -> None:
    url = reverse("messaging:mirror_remove", args=[account.pk])
    assert charlie_client.post(url, {"remote_group": "VIP"}).status_code == 403
    assert "Take them out there" not in page_of(charlie_client, account)


@pytest.mark.parametrize("data", [[], None, [{"info": "a", "status": True}, {"info": "b", "status": True}]])
def test_an_answer_about_nobody_is_not_taken_for_done(data: Any) -> None:
    with RecordedGateway() as gateway:
        gateway.answer({"status": True, "message": "remove phones number from group VIP", "data": data})
        provider = WablasProvider(base_url=gateway.url, credentials={"token": "t"})
        with pytest.raises(OutcomeUnknown):
            provider.remove_person("+6281300000000", "VIP")
        provider.close()
