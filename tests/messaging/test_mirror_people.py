"""People both ways: brought in from a gateway, sent to it, and two names for one phone settled by a person."""

from typing import Any

import pytest

from contacts import consent
from contacts.models import Contact, Group, Job
from contacts.people import save_contact
from contacts.refusal import Refused
from messaging.mirror import jobs, starting, theirs
from messaging.models import Account, Exchange, MirrorChange, MirroredObject, MirrorJob
from tests.messaging.mirror_world import counts, die_after, panel, run, sync, wablas_with_contacts
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, make_people, phone

pytestmark = pytest.mark.django_db


def item(account: Account, kind: str, name: str) -> MirroredObject:
    return MirroredObject.objects.filter(account=account, kind=kind, name=name).order_by("id")[0]


def indonesians(count: int, *, group: str = "VIP") -> Group:
    kept, _ = Group.objects.get_or_create(name=group)
    for number in range(count):
        save_contact(phone=f"+62813{number:08d}", name=f"Teman {number}", groups=[kept], region="")
    return kept


# In


def test_it_makes_a_group_of_a_whatsapp_groups_members(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    sync(account)
    source = item(account, "whatsapp_group", "Neighbours")
    job = run(starting.start_bringing(account, kind="whatsapp_group", remote_id=source.remote_id))
    assert (job.state, job.summary["created"], job.summary["joined"]) == (Job.State.DONE, 2, 2)
    group = Group.objects.get(name="Neighbours")
    assert {person.phone for person in group.contacts.all()} == {"+5215550003001", "+5215550003002"}
    assert group.size == 2
    assert {person.fields["source"] for person in group.contacts.all()} == {account.name}


def test_bringing_the_same_people_again_changes_nothing(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    sync(account)
    source = item(account, "whatsapp_group", "Neighbours")
    for _time in range(2):
        job = run(starting.start_bringing(account, kind="whatsapp_group", remote_id=source.remote_id))
    assert (job.summary["created"], job.summary["unchanged"], job.summary["joined"]) == (0, 2, 0)


def test_it_brings_the_address_book_in_and_names_who_cannot_come(sandbox: SandboxProcess) -> None:
    account = wablas_with_contacts(sandbox, 30)
    with panel(account) as provider:
        provider.client.add_contacts([{"phone": "1234567", "name": "Too short"}])
    sync(account)
    job = run(starting.start_bringing(account, kind="contact"))
    assert (job.summary["created"], job.summary["refused"]) == (31, 1)
    problem = MirrorJob.objects.get(job=job).problems.get()
    assert problem.name == "Too short"
    assert "+1234567" in problem.sentence
    assert Contact.objects.get(name="Orang 7").phone == "+6281200000007"


def test_it_fills_blanks_and_leaves_other_names_alone(sandbox: SandboxProcess) -> None:
    account = wablas_with_contacts(sandbox, 2)
    save_contact(phone="+6281200000000", region="")
    save_contact(phone="+6281200000001", name="My own name", region="")
    sync(account)
    job = run(starting.start_bringing(account, kind="contact"))
    assert (job.summary["completed"], job.summary["conflicts"]) == (1, 1)
    assert set(Contact.objects.values_list("name", flat=True)) >= {"Orang 0", "My own name"}


def test_it_brings_one_of_the_gateways_groups(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    with panel(account) as provider:
        rows: Any = provider.client.get_groups()
        regulars = next(row["id"] for row in rows if row["name"] == "Regulars")
        provider.client.create_contact(phone=phone(5), name="Carla", groups=[regulars])
    sync(account)
    run(starting.start_bringing(account, kind="contact_group", remote_id=str(regulars)))
    assert [person.name for person in Group.objects.get(name="Regulars").contacts.all()] == ["Carla"]


def test_bringing_goes_on_after_a_crash(sandbox: SandboxProcess) -> None:
    account = wablas_with_contacts(sandbox, 1200)
    sync(account)
    job = starting.start_bringing(account, kind="contact", group=Group.objects.create(name="Everybody"))
    die_after(job, 2)
    assert 0 < Contact.objects.count() < 1201
    assert run(job).summary["created"] == 1201
    assert Group.objects.get(name="Everybody").size == 1201


def test_there_is_nobody_in_a_list_of_devices(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    for kind, remote_id in (("device", ""), ("whatsapp_group", ""), ("whatsapp_group", "none@g.us")):
        with pytest.raises(Refused):
            starting.start_bringing(account, kind=kind, remote_id=remote_id)


# Out


@pytest.mark.parametrize("dialect", ["zender", "wablas", "smsgateway24"])
def test_it_sends_a_group_to_the_gateway(sandbox: SandboxProcess, dialect: str) -> None:
    account, group = make_account(sandbox, dialect), indonesians(3)
    job = run(starting.start_pushing(account, group=group))
    assert (job.state, job.summary) == (
        Job.State.DONE,
        {"created": 3, "already_there": 0, "left_out": 0, "failed": 0},
    )
    sync(account)
    book = MirroredObject.objects.filter(account=account, kind="contact", name__startswith="Teman", gone_at=None)
    assert set(book.values_list("phone", flat=True)) == {f"+62813{number:08d}" for number in range(3)}
    assert MirroredObject.objects.filter(account=account, kind="contact_group", name="VIP", gone_at=None).count() == 1


@pytest.mark.parametrize("dialect", ["zender", "wablas", "smsgateway24"])
def test_sending_a_group_twice_makes_nobody_twice(sandbox: SandboxProcess, dialect: str) -> None:
    account, group = make_account(sandbox, dialect), indonesians(3)
    run(starting.start_pushing(account, group=group))
    assert run(starting.start_pushing(account, group=group)).summary["already_there"] == 3
    sync(account)
    assert MirroredObject.objects.filter(account=account, kind="contact", name__startswith="Teman").count() == 3


def test_people_who_opted_out_are_left_out(sandbox: SandboxProcess) -> None:
    account, group = make_account(sandbox, "wablas"), indonesians(3)
    consent.opt_out(phone_key="6281300000001", source=consent.Source.STAFF)
    assert run(starting.start_pushing(account, group=group)).summary == {
        "created": 2, "already_there": 0, "left_out": 1, "failed": 0,
    }  # fmt: skip


def test_each_refused_person_is_named(sandbox: SandboxProcess) -> None:
    remote = sandbox.new_account("zender", "Small", settings={"limits": {"contacts": 3}})
    account = make_account(sandbox, credentials=remote["credentials"])
    Contact.objects.create(phone="+12", phone_key="12", name="Shorty")
    group = Group.objects.create(name="VIP", size=1)
    group.contacts.add(Contact.objects.get())
    job = run(starting.start_pushing(account, group=group))
    assert (job.state, job.summary["failed"], job.errors) == (Job.State.DONE, 1, 1)
    assert MirrorJob.objects.get(job=job).problems.get().phone == "+12"


def test_a_full_address_book_stops_the_work_and_it_can_go_on(sandbox: SandboxProcess) -> None:
    remote = sandbox.new_account("zender", "Small", settings={"limits": {"contacts": 3}})
    account, group = make_account(sandbox, credentials=remote["credentials"]), indonesians(4)
    job = run(starting.start_pushing(account, group=group))
    assert (job.state, job.summary["created"]) == (Job.State.FAILED, 2)
    sync(account)
    theirs.delete_there(item(account, "contact", "Teman 0"))
    job = run(starting.go_on(MirrorJob.objects.get(job=job)))
    assert (job.state, job.summary["created"]) == (Job.State.FAILED, 3)


def test_it_waits_for_a_gateway_that_is_away_and_gives_up_in_the_end(sandbox: SandboxProcess) -> None:
    account, group = make_account(sandbox, "wablas"), indonesians(2)
    Account.objects.update(base_url="http://127.0.0.1:1")
    job = starting.start_pushing(account, group=group)
    for _time in range(jobs.STUMBLES - 1):
        assert run(job).state == Job.State.RUNNING
    assert run(job).state == Job.State.FAILED
    Account.objects.update(base_url=account.base_url)
    assert run(starting.go_on(MirrorJob.objects.get(job=job))).summary["created"] == 2


def test_a_crash_in_a_call_repeats_nobody_where_that_would_make_two(sandbox: SandboxProcess) -> None:
    account, group = make_account(sandbox, "smsgateway24"), indonesians(3)
    job = starting.start_pushing(account, group=group)
    first = Contact.objects.order_by("id")[0]
    mirror_job = MirrorJob.objects.get(job=job)
    mirror_job.args["under_way"] = [first.pk]
    mirror_job.save()
    assert run(job).summary == {"created": 2, "already_there": 0, "left_out": 0, "failed": 1}
    assert mirror_job.problems.get().phone == first.phone
    assert Exchange.objects.filter(url__endswith="savecontact").count() == 2


def test_it_goes_to_no_gateway_without_an_address_book(sandbox: SandboxProcess) -> None:
    make_people(1)
    with pytest.raises(Refused):
        starting.start_pushing(make_account(sandbox, "smsmobileapi"), group=Group.objects.get())


def test_one_group_goes_out_at_a_time(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    first, second = indonesians(1, group="One"), indonesians(1, group="Two")
    job = starting.start_pushing(account, group=first)
    assert starting.start_pushing(account, group=first) == job
    with pytest.raises(Refused, match="still under way"):
        starting.start_pushing(account, group=second)


# Two names for one phone


def two_names(sandbox: SandboxProcess) -> MirroredObject:
    account = wablas_with_contacts(sandbox, 1)
    save_contact(phone="+6281200000000", name="Ours", region="")
    sync(account)
    return item(account, "contact", "Orang 0")


def test_both_names_stay_visible(sandbox: SandboxProcess) -> None:
    (pair,) = theirs.beside([two_names(sandbox)])
    assert pair.contact is not None
    assert (pair.differs, pair.item.name, pair.contact.name) == (True, "Orang 0", "Ours")


def test_staff_take_the_gateways_name(sandbox: SandboxProcess) -> None:
    theirs.take_theirs(two_names(sandbox))
    assert Contact.objects.get().name == "Orang 0"


def test_staff_send_our_name(sandbox: SandboxProcess) -> None:
    theirs.send_ours(two_names(sandbox))
    account = Account.objects.get()
    assert item(account, "contact", "Ours").gone_at is None
    assert sync(account).summary["contact"]["added"] == 0
    change = MirrorChange.objects.get(what="sent")
    assert (change.before, change.after) == ({"name": "Orang 0"}, {"name": "Ours"})


def test_a_gateway_without_that_call_says_so(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    sync(account)
    rosa = item(account, "contact", "Rosa Medina")
    save_contact(phone=rosa.phone, name="Rosa M.", region="MX")
    with pytest.raises(Refused, match="no call"):
        theirs.send_ours(rosa)


# Deleting there


def test_deleting_there_keeps_ours(sandbox: SandboxProcess) -> None:
    there = two_names(sandbox)
    theirs.delete_there(there)
    assert sync(there.account).summary["contact"]["gone"] == 0
    assert Contact.objects.get().name == "Ours"
    there.refresh_from_db()
    assert there.gone_at is not None
    assert MirrorChange.objects.filter(what="deleted", remote_id=there.remote_id).count() == 1


def test_what_vanished_at_the_gateway_is_shown_as_gone_and_ours_stays(sandbox: SandboxProcess) -> None:
    there = two_names(sandbox)
    with panel(there.account) as provider:
        provider.client.delete_contacts(phone="6281200000000")
    assert sync(there.account).summary["contact"]["gone"] == 1
    assert Contact.objects.count() == 1


@pytest.mark.parametrize("kind", ["contact", "contact_group", "unsubscribed"])
def test_zender_deletes_one_by_one(sandbox: SandboxProcess, kind: str) -> None:
    account = make_account(sandbox)
    sync(account)
    there = MirroredObject.objects.filter(account=account, kind=kind)[0]
    theirs.delete_there(there)
    assert counts(sync(account), kind) == (0, 0, 0)
    with pytest.raises(Refused, match="sync to see"):
        theirs.delete_there(there)


def test_what_cannot_be_deleted_there_is_refused(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    sync(account)
    with pytest.raises(Refused):
        theirs.delete_there(item(account, "shortener", "Sandbox Short"))
