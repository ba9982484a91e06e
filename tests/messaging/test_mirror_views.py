"""The pages about mirrors: lists with theirs beside ours, the log, the work both ways, and who may do what."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.models import Contact, Group, Job
from contacts.people import save_contact
from messaging.models import Account, MirrorChange, MirroredObject, MirrorJob
from messaging.providers import PROVIDERS
from tests.messaging.mirror_world import panel, run, sync, wablas_with_contacts
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, make_people

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(sandbox: SandboxProcess) -> Account:
    made = make_account(sandbox)
    sync(made)
    return made


def listing(account: Account, kind: str) -> str:
    return reverse("messaging:mirrored", args=[account.pk, kind])


def page_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def newest_job() -> Job:
    return Job.objects.latest("id")


@pytest.mark.parametrize("dialect", PROVIDERS)
def test_every_list_of_every_gateway_has_a_page(charlie_client: Client, sandbox: SandboxProcess, dialect: str) -> None:
    account = make_account(sandbox, dialect)
    sync(account)
    for kind in PROVIDERS[dialect].capabilities.mirrors:
        page_of(charlie_client, listing(account, kind))


def test_a_device_shows_its_sims_and_when_it_was_seen(charlie_client: Client, sandbox: SandboxProcess) -> None:
    account = make_account(sandbox, "smsgateway24")
    sync(account)
    page = page_of(charlie_client, listing(account, "device"))
    assert all(word in page for word in ("siminfo", "lastseen", "appversion"))


def test_the_account_says_what_its_gateway_cannot_list(charlie_client: Client, sandbox: SandboxProcess) -> None:
    account = make_account(sandbox, "wablas")
    page = page_of(charlie_client, reverse("messaging:account", args=[account.pk]))
    assert "no call that lists them" in page
    assert "Reminders" in page


def test_a_marketer_makes_a_group_of_a_whatsapp_group(marta_client: Client, account: Account) -> None:
    page = page_of(marta_client, listing(account, "whatsapp_group"))
    assert "Make a group of these people" in page
    source = MirroredObject.objects.filter(kind="whatsapp_group", name="Neighbours")[0]
    data = {"kind": "whatsapp_group", "remote_id": source.remote_id}
    response = marta_client.post(reverse("messaging:mirror_bring", args=[account.pk]), data, follow=True)
    assert "Neighbours" in response.content.decode()
    run(newest_job())
    work = page_of(marta_client, reverse("messaging:mirror_job", args=[MirrorJob.objects.latest("id").pk]))
    assert "put into the group" in work
    assert Group.objects.get(name="Neighbours").size == 2


def test_a_manager_sends_a_group_there(alice_client: Client, account: Account) -> None:
    make_people(2)
    assert "Send a group to the gateway" in page_of(alice_client, reverse("messaging:account", args=[account.pk]))
    url = reverse("messaging:mirror_push", args=[account.pk])
    alice_client.post(url, {"group": Group.objects.get(name="VIP").pk})
    assert run(newest_job()).summary["created"] == 2
    assert "VIP" in page_of(alice_client, reverse("messaging:account", args=[account.pk]))


@pytest.mark.parametrize("group", [*(pytest.param(word, marks=pytest.mark.once) for word in ("", "0", "x")), "9" * 40])
def test_sending_no_group_says_so(alice_client: Client, account: Account, group: str) -> None:
    url = reverse("messaging:mirror_push", args=[account.pk])
    assert "Choose a group first." in alice_client.post(url, {"group": group}, follow=True).content.decode()


def test_two_names_are_shown_side_by_side_and_settled(alice_client: Client, sandbox: SandboxProcess) -> None:
    account = wablas_with_contacts(sandbox, 1)
    save_contact(phone="+6281200000000", name="Ours", region="")
    sync(account)
    page = page_of(alice_client, listing(account, "contact"))
    assert all(words in page for words in ("Orang 0", "Ours", "Take theirs", "Send ours"))
    there = MirroredObject.objects.get(name="Orang 0")
    alice_client.post(reverse("messaging:mirror_send", args=[there.pk]))
    there.refresh_from_db()
    assert there.name == "Ours"
    with panel(account) as provider:
        provider.client.update_contacts([{"phone": "6281200000000", "name": "Theirs"}])
    sync(account)
    alice_client.post(reverse("messaging:mirror_take", args=[there.pk]))
    assert Contact.objects.get().name == "Theirs"


def test_a_syncs_page_counts_each_list_and_leads_to_what_changed(alice_client: Client, sandbox: SandboxProcess) -> None:
    account = wablas_with_contacts(sandbox, 3)
    save_contact(phone="+6281200000000", name="Ours", region="")
    job = sync(account)
    assert job.summary["contact"] == {"added": 4, "changed": 0, "gone": 0, "same": 0, "differing": 1}
    with panel(account) as provider:
        provider.client.update_contacts([{"phone": "6281200000001", "name": "Sari"}])
        provider.client.delete_contacts(phone="6281200000002")
    job = sync(account)
    assert job.summary["contact"] == {"added": 0, "changed": 1, "gone": 1, "same": 2, "differing": 1}
    response = alice_client.get(reverse("contacts:job", args=[job.pk]), follow=True)
    page = response.content.decode()
    assert response.redirect_chain[-1][0] == reverse("messaging:mirror_job", args=[job.mirror.pk])
    row = re.search(r'<th scope="row">(?:(?!</tr>).)*Contacts</a>.*?</th>(.*?)</tr>', page, re.DOTALL)
    assert row is not None
    assert re.findall(r">(\d+)<", row[1]) == ["0", "1", "1", "2"]
    assert f"{reverse('messaging:mirror_changes', args=[account.pk])}?kind=contact" in page
    assert "{&#x27;" not in page
    assert f"{listing(account, 'contact')}?differs=1" in page
    assert reverse("messaging:mirror_job", args=[job.mirror.pk]) in page_of(
        alice_client, reverse("messaging:account", args=[account.pk])
    )


def test_only_people_with_two_names_are_listed_where_asked(alice_client: Client, sandbox: SandboxProcess) -> None:
    account = wablas_with_contacts(sandbox, 3)
    save_contact(phone="+6281200000000", name="Ours", region="")
    save_contact(phone="+6281200000001", name="Orang 1", region="")
    sync(account)
    assert "1 person has another name there than here." in page_of(alice_client, listing(account, "contact"))
    response = alice_client.get(listing(account, "contact"), {"differs": "1"})
    assert [row["object"].name for row in response.context["rows"]] == ["Orang 0"]
    assert MirroredObject.objects.filter(kind="contact", gone_at=None).count() == 4
    assert Contact.objects.count() == 2


def test_a_manager_deletes_at_the_gateway(alice_client: Client, account: Account) -> None:
    there = MirroredObject.objects.get(kind="contact")
    assert "Delete there" in page_of(alice_client, listing(account, "contact"))
    response = alice_client.post(reverse("messaging:mirror_delete", args=[there.pk]), follow=True)
    assert "Deleted at the gateway." in response.content.decode()
    response = alice_client.post(reverse("messaging:mirror_delete", args=[there.pk]), follow=True)
    assert "sync to see" in response.content.decode()


def test_the_log_shows_before_and_after(charlie_client: Client, sandbox: SandboxProcess) -> None:
    account = wablas_with_contacts(sandbox, 1)
    sync(account)
    with panel(account) as provider:
        provider.client.update_contacts([{"phone": "6281200000000", "name": "Sari"}])
    sync(account)
    page = page_of(charlie_client, f"{reverse('messaging:mirror_changes', args=[account.pk])}?kind=contact")
    assert re.search(r"<del>Orang 0</del>\s*<ins>Sari</ins>", page)


@pytest.mark.once
@pytest.mark.parametrize("name", ["mirror_take", "mirror_send", "mirror_delete"])
def test_a_viewer_decides_nothing(charlie_client: Client, account: Account, name: str) -> None:
    there = MirroredObject.objects.get(kind="contact")
    assert charlie_client.post(reverse(f"messaging:{name}", args=[there.pk])).status_code == 403
    page = page_of(charlie_client, listing(account, "contact"))
    assert not any(words in page for words in ("Take theirs", "Delete there", "Bring these people in"))


@pytest.mark.once
def test_a_viewer_brings_and_sends_nobody(charlie_client: Client, account: Account) -> None:
    for name in ("mirror_bring", "mirror_push"):
        assert charlie_client.post(reverse(f"messaging:{name}", args=[account.pk])).status_code == 403
    work = MirrorJob.objects.latest("id")
    assert charlie_client.post(reverse("messaging:mirror_go_on", args=[work.pk])).status_code == 403


def test_a_marketer_deletes_and_sends_nothing_at_the_gateway(marta_client: Client, account: Account) -> None:
    there = MirroredObject.objects.get(kind="contact")
    for name in ("mirror_send", "mirror_delete"):
        assert marta_client.post(reverse(f"messaging:{name}", args=[there.pk])).status_code == 403
    assert marta_client.post(reverse("messaging:mirror_push", args=[account.pk])).status_code == 403


@pytest.mark.once
@pytest.mark.parametrize(
    "url",
    ["/accounts/1/changes/", "/accounts/1/mirrored/contact/", "/mirror-work/1/"],
)
def test_strangers_are_sent_to_sign_in(client: Client, url: str) -> None:
    assert client.get(url).status_code == 302


def test_failed_work_goes_on_from_its_page(marta_client: Client, account: Account) -> None:
    marta_client.post(reverse("messaging:mirror_bring", args=[account.pk]), {"kind": "contact"})
    work = MirrorJob.objects.latest("id")
    Job.objects.filter(pk=work.job_id).update(state=Job.State.FAILED)
    assert "Go on where it stopped" in page_of(marta_client, reverse("messaging:mirror_job", args=[work.pk]))
    marta_client.post(reverse("messaging:mirror_go_on", args=[work.pk]))
    assert run(newest_job()).summary["created"] == 1


def test_no_page_asks_more_of_the_database_for_more_objects(charlie_client: Client, account: Account) -> None:
    urls = [listing(account, "contact"), reverse("messaging:mirror_changes", args=[account.pk])]
    before = [queries_of(charlie_client, url) for url in urls]
    MirroredObject.objects.bulk_create(
        MirroredObject(account=account, kind="contact", remote_id=f"x{n}", phone_key=str(n), raw={"a": n})
        for n in range(120)
    )
    MirrorChange.objects.bulk_create(
        MirrorChange(account=account, kind="contact", remote_id=f"x{n}", what="added") for n in range(120)
    )
    assert [queries_of(charlie_client, url) for url in urls] == before


def queries_of(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_a_broken_cursor_starts_at_the_first_page(charlie_client: Client, account: Account) -> None:
    work = MirrorJob.objects.latest("id")
    for url in (
        listing(account, "contact"),
        reverse("messaging:mirror_changes", args=[account.pk]),
        reverse("messaging:mirror_job", args=[work.pk]),
    ):
        assert charlie_client.get(f"{url}?cursor=nonsense").status_code == 302


def test_a_moment_is_a_date_and_a_key_of_the_gateways_own_is_not_shown(
    charlie_client: Client, account: Account
) -> None:
    MirroredObject.objects.filter(account=account, kind="whatsapp_group").update(
        raw={"created": 1790000000, "account": "9f" * 20}
    )
    page = page_of(charlie_client, listing(account, "whatsapp_group"))
    assert "2026-09-21 14:13 UTC" in page
    assert "9f9f" not in page
