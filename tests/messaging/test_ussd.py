"""USSD requests, made at Zender from the pages: what leaves, and where the phone's answer is read."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import Job
from messaging import accounts
from messaging.models import Account, Device, Exchange, KeptObject, MirroredObject, MirrorJob
from tests.messaging.mirror_world import run, sync
from tests.recorded_gateway import RecordedGateway
from tests.sandbox_process import SandboxProcess, eventually
from tests.world import make_account

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(sandbox: SandboxProcess) -> Account:
    """Synced, so its phones are known."""
    made = make_account(sandbox)
    sync(made)
    return made


@pytest.fixture
def gateway() -> Iterator[RecordedGateway]:
    with RecordedGateway() as recorded:
        yield recorded


@pytest.fixture
def recorded(gateway: RecordedGateway) -> Account:
    """An account with one phone, at a gateway that answers with recordings."""
    made = accounts.create_account(
        provider="zender", name="Recorded", base_url=gateway.url, credentials={"secret": "s3cret-of-ours"}, region="MX"
    )
    Device.objects.create(account=made, remote_id="phone-1", name="Counter")
    return made


def form_url(account: Account) -> str:
    return reverse("messaging:kept_add", args=[account.pk, "ussd"])


def dial(client: Client, account: Account, **changes: str) -> Any:
    """Fill in the form for *133# with the account's first phone."""
    device = account.devices.order_by("id")[0].remote_id
    form = {"code": "*133#", "device": device, "sim": "1", "key": "k1", **changes}
    return client.post(form_url(account), form, follow=True)


def listed(client: Client, account: Account) -> str:
    return client.get(reverse("messaging:mirrored", args=[account.pk, "ussd"])).content.decode()


def calls() -> int:
    return Exchange.objects.filter(url__endswith="send/ussd").count()


def test_the_form_offers_the_accounts_phones_by_name(alice_client: Client, account: Account) -> None:
    device = account.devices.order_by("id")[0]
    page = alice_client.get(form_url(account)).content.decode()
    assert f'<option value="{device.remote_id}">{device.name}</option>' in page
    assert "may charge for it" in page


def test_the_phones_answer_stands_in_the_list_after_a_sync(alice_client: Client, account: Account) -> None:
    page = dial(alice_client, account).content.decode()
    assert "The gateway has taken it, and a sync is under way." in page
    job = MirrorJob.objects.get(work="pull", job__state=Job.State.RUNNING).job
    run(job)
    assert "*133#" in listed(alice_client, account)

    def answered() -> bool:
        sync(account)
        return "Your balance is 52.40" in listed(alice_client, account)

    eventually(answered)
    item = MirroredObject.objects.get(kind="ussd", gone_at=None)
    assert (item.name, item.raw["sim"], item.raw["device"]) == ("*133#", 1, account.devices.order_by("id")[0].remote_id)


def test_a_long_answer_is_shown_whole(charlie_client: Client, account: Account) -> None:
    menu = "".join(f"{number} Choice number {number}. " for number in range(12)) + "The end"
    MirroredObject.objects.create(account=account, kind="ussd", remote_id="9", raw={"response": menu})
    assert menu in listed(charlie_client, account)


def test_pressing_twice_dials_once(alice_client: Client, account: Account) -> None:
    for _time in range(2):
        dial(alice_client, account)
    one = KeptObject.objects.get()
    assert (one.name, one.doubt, calls()) == ("*133#", "", 1)


def test_a_lost_answer_is_a_doubt_and_nothing_is_dialled_again(
    alice_client: Client, recorded: Account, gateway: RecordedGateway
) -> None:
    gateway.hang_up()
    for _time in range(2):
        page = dial(alice_client, recorded).content.decode()
        assert "it may have been done all the same" in page
    assert (KeptObject.objects.get().doubt, len(gateway.requests)) == ("make", 1)
    assert all(words in page for words in ("if one is on the list below", "Take off this list", "Sync"))
    assert not MirrorJob.objects.exists()


def test_a_package_without_ussd_is_said_and_nothing_typed_is_lost(
    alice_client: Client, sandbox: SandboxProcess
) -> None:
    remote = sandbox.new_account("zender", "Plain", settings={"no_ussd": True})
    account = make_account(sandbox, credentials=remote["credentials"])
    response = dial(alice_client, account)
    page = response.content.decode()
    assert response.status_code == 422
    assert "no permission to use Android USSD service" in page
    assert 'value="*133#"' in page
    assert not KeptObject.objects.exists()


@pytest.mark.once
@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("code", code) for code in ("133", "*133", "*133# ;", "tel:*133#", "#", f"*{'1' * 60}#")),
        ("device", "somebody-elses"),
        ("sim", "3"),
    ],
)
def test_what_no_phone_can_dial_is_said_at_its_field(
    alice_client: Client, recorded: Account, gateway: RecordedGateway, field: str, value: str
) -> None:
    response = dial(alice_client, recorded, **{field: value})
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert not gateway.requests


def test_a_phone_that_is_gone_is_not_offered(alice_client: Client, recorded: Account) -> None:
    Device.objects.update(gone_at="2026-01-01T00:00Z")
    page = alice_client.get(form_url(recorded)).content.decode()
    assert "Counter" not in page
    assert "sync the account first" in page


def test_a_ussd_request_is_not_changed(alice_client: Client, account: Account) -> None:
    item = MirroredObject.objects.create(account=account, kind="ussd", remote_id="9")
    assert alice_client.get(reverse("messaging:listed_change", args=[item.pk])).status_code == 404


def test_a_viewer_dials_nothing(charlie_client: Client, account: Account) -> None:
    assert dial(charlie_client, account).status_code == 403
    assert "Make one" not in listed(charlie_client, account)
