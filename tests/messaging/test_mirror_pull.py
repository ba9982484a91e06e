"""Pulling what a gateway lists: every kind, counted and logged, page by page, going on after a crash."""

import tracemalloc
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ

from contacts.models import Job
from messaging.mirror import changes, jobs, starting
from messaging.mirror.objects import plain
from messaging.models import Account, Exchange, MirrorChange, MirroredObject, MirrorJob, MirrorState
from messaging.providers import PROVIDERS
from tests.messaging.mirror_world import add_contacts, counts, die_after, panel, run, sync, wablas_with_contacts
from tests.sandbox_process import SandboxProcess, eventually
from tests.world import make_account, phone, reaches, send, whatsapp_line

pytestmark = pytest.mark.django_db
What = MirrorChange.What


def mirrored(account: Account, kind: str) -> set[str]:
    return set(MirroredObject.objects.filter(account=account, kind=kind, gone_at=None).values_list("name", flat=True))


@pytest.mark.parametrize("dialect", PROVIDERS)
def test_it_brings_every_kind_a_gateway_lists(sandbox: SandboxProcess, dialect: str) -> None:
    account = make_account(sandbox, dialect)
    job = sync(account)
    assert (job.state, job.message, job.errors) == (Job.State.DONE, "", 0)
    assert set(job.summary) == {"lines", *PROVIDERS[dialect].capabilities.mirrors}
    assert mirrored(account, "device")
    account.refresh_from_db()
    assert account.synced_at is not None


def test_it_counts_and_logs_what_changed(sandbox: SandboxProcess) -> None:
    account = wablas_with_contacts(sandbox, 3)
    assert counts(sync(account), "contact") == (4, 0, 0)
    assert [(row.what, row.count) for row in MirrorChange.objects.filter(kind="contact")] == [(What.FIRST, 4)]
    with panel(account) as provider:
        provider.client.update_contacts([{"phone": "6281200000001", "name": "Sari"}])
        provider.client.delete_contacts(phone="6281200000002")
        provider.client.add_contacts([{"phone": "6281300000007", "name": "Budi"}])
    assert counts(sync(account), "contact") == (1, 1, 1)
    log = {row.what: row for row in MirrorChange.objects.filter(kind="contact").exclude(what=What.FIRST)}
    assert (log[What.CHANGED].before["name"], log[What.CHANGED].after["name"]) == ("Orang 1", "Sari")
    assert (log[What.ADDED].name, log[What.GONE].name) == ("Budi", "Orang 2")
    assert counts(sync(account), "contact") == (0, 0, 0)


def test_it_says_when_something_gone_is_back(sandbox: SandboxProcess) -> None:
    account = wablas_with_contacts(sandbox, 1)
    sync(account)
    MirroredObject.objects.filter(name="Orang 0").update(gone_at=timezone.now())
    assert sync(account).summary["contact"]["changed"] == 1
    assert MirrorChange.objects.filter(what=What.BACK, name="Orang 0").count() == 1


def test_a_phone_that_was_merely_seen_again_has_not_changed(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox, "smsgateway24")
    sync(account)
    before = MirroredObject.objects.get(account=account, kind="device").raw["lastseen"]
    eventually(lambda: counts(sync(account), "device") == (0, 0, 0))
    assert MirroredObject.objects.get(account=account, kind="device").raw["lastseen"] != before


def test_it_goes_on_at_the_page_where_a_crash_left_it(sandbox: SandboxProcess) -> None:
    account = wablas_with_contacts(sandbox, 650)
    job = starting.start_pull(account)
    die_after(job, 3 + 3)  # the beginning, two kinds, the device's page, two pages of contacts
    state = MirrorState.objects.get(account=account, kind="contact")
    assert (state.cursor, state.finished_at, MirroredObject.objects.filter(kind="contact").count()) == ("3", None, 200)
    Exchange.objects.all().delete()
    assert counts(run(job), "contact") == (651, 0, 0)
    pages = [row.request for row in Exchange.objects.filter(url__endswith="/api/v2/contact").order_by("id")]
    assert len(pages) == 5
    assert '"page": "3"' in pages[0] or '"page": 3' in pages[0]


def test_a_few_thousand_contacts_take_the_same_few_statements_a_page(sandbox: SandboxProcess) -> None:
    account = wablas_with_contacts(sandbox, 300)
    sync(account)
    with panel(account) as provider:
        add_contacts(provider, 2700, first=300)
    with CaptureQueriesContext(
        connection,
    ) as few:
        sync(account)
    assert MirroredObject.objects.filter(kind="contact", gone_at=None).count() == 3001
    per_page = len([each for each in few if "mirroredobject" in each["sql"]]) / 31
    assert len(few) / 31 < 40
    assert per_page < 8


def peak_of_a_sync(account: Account) -> int:
    """The most memory that a sync held at a time, in bytes."""
    tracemalloc.start()
    try:
        sync(account)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_ten_times_the_contacts_take_no_more_memory(sandbox: SandboxProcess) -> None:
    account = wablas_with_contacts(sandbox, 300)
    sync(account)  # what is loaded once is loaded now
    peaks = []
    for first, count in ((300, 300), (600, 3000)):
        with panel(account) as provider:
            add_contacts(provider, count, first=first)
        peaks.append(peak_of_a_sync(account))
    assert MirroredObject.objects.filter(kind="contact", gone_at=None).count() == 3601
    assert peaks[1] < peaks[0] + 1_000_000  # bytes; the rows of 3,000 people are several times as much


def test_a_list_that_the_key_may_not_see_is_named_and_the_others_come(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    sandbox.control("deny", {"account": "zender", "endpoints": ["get/contacts"]})
    job = sync(account)
    assert (job.state, job.errors) == (Job.State.DONE, 1)
    assert job.message.startswith("contact: ")
    assert mirrored(account, "contact_group") == {"Default", "Regulars"}


def test_a_gateway_that_is_away_fails_the_sync_and_the_next_one_goes_on(sandbox: SandboxProcess) -> None:
    account = wablas_with_contacts(sandbox, 250)
    die_after(starting.start_pull(account), 5)
    Job.objects.update(state=Job.State.FAILED)
    address = account.base_url
    Account.objects.update(base_url="http://127.0.0.1:1")
    job = sync(account)
    assert (job.state, bool(job.message)) == (Job.State.FAILED, True)
    assert MirrorState.objects.get(kind="contact").cursor == "2"
    Account.objects.update(base_url=address)
    assert sync(account).summary["contact"]["added"] == 251


def test_a_key_that_stopped_working_blocks_the_account(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    Account.objects.filter(pk=account.pk).update(credentials={"secret": "not-the-key"})
    account.refresh_from_db()
    assert sync(account).state == Job.State.FAILED
    account.refresh_from_db()
    assert (account.state, account.reason) == (Account.State.BLOCKED, "bad_credentials")


# Messages made elsewhere


def test_messages_from_the_gateways_own_panel_are_mirrored_and_ours_are_not(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    line = whatsapp_line(account)
    mine = send(line, phone(1), "Made here")
    reaches(mine, "sent")
    with panel(account) as provider:
        provider.client.send_whatsapp(account=line.address, recipient=phone(2), message="Made there")
        eventually(lambda: len(provider.client.get_wa_sent()) == 2)
    sync(account)
    assert mirrored(account, "wa_sent") == {"Made there"}


@pytest.mark.parametrize(
    ("dialect", "kind"), [("wablas", "wa_sent"), ("smsgateway24", "sent"), ("smsmobileapi", "sent")]
)
def test_each_gateway_tells_what_was_sent_elsewhere(sandbox: SandboxProcess, dialect: str, kind: str) -> None:
    account, other = make_account(sandbox, dialect), make_account(sandbox, dialect, name="The other program")
    mine = send(whatsapp_line(account), phone(1), "Made here")
    send(whatsapp_line(other), phone(2), "Made there")
    assert mine.status == "accepted"
    assert mirrored(account, kind) == set()
    eventually(lambda: sync(account).state and mirrored(account, kind) == {"Made there"})


def test_a_message_of_ours_without_an_id_yet_is_left_for_later(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    line = whatsapp_line(account)
    mine = send(line, phone(1), "Made here")
    remote_id = mine.remote_id
    reaches(mine, "sent")
    type(mine).objects.filter(pk=mine.pk).update(remote_id="", status="unknown")
    sync(account)
    assert mirrored(account, "wa_sent") == set()
    type(mine).objects.filter(pk=mine.pk).update(remote_id=remote_id, status="sent")
    sync(account)
    assert mirrored(account, "wa_sent") == set()


# The clock


def test_it_syncs_ready_accounts_once_an_hour(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    make_account(sandbox, "wablas")
    Account.objects.filter(provider="wablas").update(state=Account.State.BLOCKED)
    assert [starting.start_due(), starting.start_due()] == [1, 0]
    job = Job.objects.get(mirror__account=account)
    assert OrmQ.objects.count() == 1
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(minutes=61), state=Job.State.DONE)
    assert starting.start_due() == 1


def test_pressing_sync_twice_starts_one(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    assert starting.start_pull(account) == starting.start_pull(account)
    assert MirrorJob.objects.count() == 1


def test_a_sync_that_nobody_works_on_is_started_again_and_gives_up_after_a_day(sandbox: SandboxProcess) -> None:
    job = starting.start_pull(make_account(sandbox))
    assert starting.resume_stalled() == 0
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - jobs.STALLED - timedelta(seconds=1))
    assert [starting.resume_stalled(), starting.resume_stalled()] == [1, 0]
    assert run(job).state == Job.State.DONE
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, created_at=timezone.now() - timedelta(hours=25))
    assert starting.resume_stalled() == 0
    job.refresh_from_db()
    assert job.state == Job.State.FAILED


def test_two_workers_never_work_on_one_sync(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    job = starting.start_pull(account)
    other = jobs.Turn(MirrorJob.objects.get(job=job))
    assert other.take()
    assert run(job).state == Job.State.RUNNING
    assert MirroredObject.objects.count() == 0
    other.end()
    assert run(job).state == Job.State.DONE


# The log


def test_old_days_of_the_log_become_one_row_each(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox)
    long_ago = timezone.now() - timedelta(days=changes.KEPT_DAYS + 2)
    for number in range(5):
        MirrorChange.objects.create(
            account=account, kind="contact", remote_id=str(number), what=What.ADDED, at=long_ago
        )
    recent = MirrorChange.objects.create(account=account, kind="contact", remote_id="9", what=What.ADDED)
    assert (changes.squash(), changes.squash()) == (4, 0)
    assert [(row.pk == recent.pk, row.count) for row in MirrorChange.objects.all()] == [(False, 5), (True, 1)]


def test_it_keeps_what_postgresql_would_refuse() -> None:
    assert plain({"a\x00": ["b\x00", 1, None, {"c": 2.5}]}) == {"a": ["b", 1, None, {"c": 2.5}]}
