"""The account and line pages against the sandbox: adding, testing, syncing, pacing, and who may do it."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from contacts.models import Job
from messaging import accounts, clock, health, tasks
from messaging.forms import AccountForm
from messaging.models import Account, Incident, Line, Message, MirroredObject
from messaging.providers.errors import AccountRejected, Reason
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, phone, whatsapp_line

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(sandbox: SandboxProcess) -> Account:
    return make_account(sandbox)


def queries_of(client: Client, url: str) -> int:
    """How many questions a page asks the database."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def add(client: Client, sandbox: SandboxProcess, **changes: str) -> tuple[int, str]:
    """Fill in the form for a Zender account; status and page of what follows."""
    remote = sandbox.account("zender")
    data = {"name": "Shop", "base_url": f"{remote['base_url']}/api", "region": "mx", **remote["credentials"], **changes}
    response = client.post(f"{reverse('messaging:account_add')}?gateway=zender", data, follow=True)
    return response.status_code, response.content.decode()


def test_it_offers_the_four_gateways(alice_client: Client) -> None:
    page = alice_client.get(reverse("messaging:account_add")).content.decode()
    assert all(f"?gateway={slug}" in page for slug in ("zender", "smsmobileapi", "wablas", "smsgateway24"))


@pytest.mark.parametrize(
    ("gateway", "names"),
    [("wablas", {"token", "secret_key"}), ("smsgateway24", {"email", "password"}), ("zender", {"secret"})],
)
def test_it_asks_for_what_the_gateway_needs(alice_client: Client, gateway: str, names: set[str]) -> None:
    response = alice_client.get(f"{reverse('messaging:account_add')}?gateway={gateway}")
    assert names <= set(response.context["form"].fields)
    assert 'value="https://' in response.content.decode()


def test_it_adds_tests_and_syncs_an_account(alice_client: Client, sandbox: SandboxProcess) -> None:
    status, page = add(alice_client, sandbox)
    account = Account.objects.get()
    assert (status, account.state, account.region) == (200, Account.State.READY, "MX")
    assert account.base_url == sandbox.account("zender")["base_url"]
    assert Job.objects.get().kind == Job.Kind.SYNC
    assert "The gateway knows us." in page


def test_it_keeps_an_account_with_a_wrong_key_and_says_so(alice_client: Client, sandbox: SandboxProcess) -> None:
    _status, page = add(alice_client, sandbox, secret="wrong")
    assert Account.objects.get().state == Account.State.BLOCKED
    assert "does not accept our key" in page
    assert not Job.objects.exists()


def test_it_says_when_nobody_answers_at_the_address(alice_client: Client, sandbox: SandboxProcess) -> None:
    _status, page = add(alice_client, sandbox, base_url="http://127.0.0.1:9/api")
    assert "cannot be reached" in page


@pytest.mark.once
@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "This field is required."),
        ("base_url", "smsenlinea", "Write the whole address"),
        ("region", "M1", "two letters"),
        ("secret", "", "This field is required."),
    ],
)
def test_it_says_what_is_wrong_at_the_field(
    alice_client: Client, sandbox: SandboxProcess, field: str, value: str, sentence: str
) -> None:
    status, page = add(alice_client, sandbox, **{field: value})
    assert status == 422
    assert sentence in page
    assert f'aria-describedby="id_{field}' in page
    assert not Account.objects.exists()


def test_it_never_shows_a_key_and_keeps_one_left_empty(alice_client: Client, account: Account) -> None:
    url = reverse("messaging:account_edit", args=[account.pk])
    secret = account.credentials["secret"]
    assert secret not in alice_client.get(url).content.decode()
    alice_client.post(url, {"name": "Renamed", "base_url": account.base_url, "region": "MX", "secret": ""})
    account.refresh_from_db()
    assert (account.name, account.credentials["secret"], account.state) == ("Renamed", secret, Account.State.READY)
    assert secret not in alice_client.get(reverse("messaging:account", args=[account.pk])).content.decode()


@pytest.fixture
def with_secret(sandbox: SandboxProcess) -> Account:
    """An account with a secret that its gateway can do without."""
    account = make_account(sandbox)
    account.credentials = {**account.credentials, "webhook_secret": "shh-it-is-secret"}
    account.save()
    return account


def test_an_optional_secret_is_kept_or_removed(alice_client: Client, with_secret: Account) -> None:
    url = reverse("messaging:account_edit", args=[with_secret.pk])
    form = {"name": "Shop", "base_url": with_secret.base_url, "region": "MX", "secret": "", "webhook_secret": ""}
    fields = alice_client.get(url).context["form"].fields
    assert ("clear_webhook_secret" in fields, "clear_secret" in fields) == (True, False)
    for cleared, kept in ({}, True), ({"clear_webhook_secret": "on"}, False), ({}, False):
        assert alice_client.post(url, {**form, **cleared}).status_code == 302
        assert ("webhook_secret" in Account.objects.get().credentials) == kept
    assert "clear_webhook_secret" not in alice_client.get(url).context["form"].fields


def test_a_secret_typed_anew_is_kept_whatever_is_ticked(alice_client: Client, with_secret: Account) -> None:
    url = reverse("messaging:account_edit", args=[with_secret.pk])
    form = {"name": "Shop", "base_url": with_secret.base_url, "region": "MX", "webhook_secret": "another"}
    alice_client.post(url, {**form, "clear_webhook_secret": "on"})
    assert Account.objects.get().credentials["webhook_secret"] == "another"


def test_a_credential_that_is_no_secret_is_removed_by_emptying_its_field(sandbox: SandboxProcess) -> None:
    account = make_account(sandbox, "smsmobileapi")
    account.credentials = {"api_key": account.credentials["api_key"], "client_id": "shop"}
    account.save()
    form = AccountForm({"name": "Shop", "client_id": ""}, provider="smsmobileapi", account=account)
    assert form.is_valid()
    accounts.update_account(account, **form.details(), cleared=form.cleared())
    assert set(Account.objects.get().credentials) == {"api_key"}


@pytest.mark.parametrize(
    "changed",
    [{"base_url": "http://127.0.0.1:9"}, {"credentials": {"secret": "another"}}, {"cleared": ["webhook_secret"]}],
    ids=["address", "key", "secret removed"],
)
def test_a_changed_account_sends_nothing_until_it_passed_a_test(
    with_secret: Account, changed: dict[str, object]
) -> None:
    health.block_account(with_secret, AccountRejected(Reason.NO_CREDIT, "balance 0"))
    details = {"name": "Shop", "base_url": with_secret.base_url, "region": "MX", "credentials": {}, **changed}
    accounts.update_account(with_secret, **details)  # type: ignore[arg-type]
    with_secret.refresh_from_db()
    assert (with_secret.state, with_secret.reason, with_secret.note) == (Account.State.NEW, "", "")


def test_another_name_alone_asks_for_no_test(account: Account) -> None:
    accounts.update_account(account, name="Desk", base_url=account.base_url, credentials={}, region="US")
    account.refresh_from_db()
    assert (account.name, account.state) == ("Desk", Account.State.READY)


def test_a_changed_account_is_tested_by_the_clock(account: Account) -> None:
    accounts.check_account(account)
    right = account.base_url
    accounts.update_account(account, name="Shop", base_url="http://127.0.0.1:9", credentials={}, region="MX")
    clock._check()
    assert OrmQ.objects.count() == 1
    accounts.look_after(account.pk)
    account.refresh_from_db()
    assert account.state == Account.State.NEW  # nobody answered: it is asked again soon
    Account.objects.update(base_url=right, next_check_at=timezone.now())
    clock._check()
    assert OrmQ.objects.count() == 2
    accounts.look_after(account.pk)
    account.refresh_from_db()
    assert account.state == Account.State.READY


def test_an_account_that_nobody_tested_is_left_alone_by_the_clock(sandbox: SandboxProcess) -> None:
    remote = sandbox.account("zender")
    accounts.create_account(
        provider="zender", name="Shop", base_url=remote["base_url"], credentials=remote["credentials"]
    )
    clock._check()
    assert not OrmQ.objects.exists()


def test_it_tests_the_connection_in_place(alice_client: Client, account: Account) -> None:
    url = reverse("messaging:account_check", args=[account.pk])
    part = alice_client.post(url, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith("<section")
    assert "The gateway knows us." in part


def test_it_shows_a_blocked_account_with_what_to_do(charlie_client: Client, account: Account) -> None:
    health.block_account(account, AccountRejected(Reason.NO_CREDIT, "balance 0"))
    page = charlie_client.get(reverse("messaging:account", args=[account.pk])).content.decode()
    assert "Top it up" in page
    assert "balance 0" in page
    assert "the gateway refuses us" in page.lower()


def test_it_syncs_and_shows_what_changed(alice_client: Client, account: Account) -> None:
    page = reverse("messaging:account", args=[account.pk])
    alice_client.post(reverse("messaging:account_sync", args=[account.pk]))
    job = Job.objects.get()
    poll = reverse("messaging:account_sync_job", args=[account.pk, job.pk])
    assert 'hx-trigger="every 2s"' in alice_client.get(poll).content.decode()
    tasks.mirror(job.pk)
    assert alice_client.get(poll).headers["HX-Refresh"] == "true"
    assert "Contact groups</th>" in alice_client.get(page).content.decode()


def test_it_lists_what_the_gateway_keeps(charlie_client: Client, account: Account) -> None:
    MirroredObject.objects.bulk_create(
        MirroredObject(account=account, kind="contact", remote_id=f"{n:03}", name=f"Rosa {n}", raw={"phone": "+521"})
        for n in range(120)
    )
    url = reverse("messaging:mirrored", args=[account.pk, "contact"])
    first = charlie_client.get(url)
    second = charlie_client.get(url, {"cursor": first.context["page"].next})
    assert "Rosa 0<" in first.content.decode()
    assert "Rosa 50<" in second.content.decode()
    assert len(charlie_client.get(url, {"q": "Rosa 119"}).context["rows"]) == 1
    assert charlie_client.get(reverse("messaging:mirrored", args=[account.pk, "nonsense"])).status_code == 404


def test_it_asks_as_often_for_many_accounts_as_for_few(charlie_client: Client) -> None:
    def make(count: int, first: int) -> None:
        for n in range(first, first + count):
            account = Account.objects.create(
                name=f"A {n}", provider="zender", base_url="https://x.example", credentials={}
            )
            Line.objects.create(account=account, channel="sms", kind="sim", address=str(n), label=f"L {n}")

    make(3, 0)
    before = [queries_of(charlie_client, reverse(f"messaging:{name}")) for name in ("accounts", "lines")]
    make(27, 3)
    assert [queries_of(charlie_client, reverse(f"messaging:{name}")) for name in ("accounts", "lines")] == before


def test_it_changes_the_pace(alice_client: Client, account: Account) -> None:
    line = whatsapp_line(account)
    url = reverse("messaging:line", args=[line.pk])
    assert alice_client.post(url, {"gap_seconds": "8", "jitter_seconds": "2.5", "per_day": "40"}).status_code == 302
    line.refresh_from_db()
    assert (line.gap_seconds, line.jitter_seconds, line.per_minute, line.per_day) == (8, 2.5, None, 40)
    assert alice_client.post(url, {"gap_seconds": "-1", "jitter_seconds": "0"}).status_code == 422


def test_it_switches_a_line_off_and_on(alice_client: Client, account: Account) -> None:
    line = whatsapp_line(account)
    url = reverse("messaging:line_switch", args=[line.pk])
    alice_client.post(url)
    line.refresh_from_db()
    assert line.state == Line.State.DISABLED
    alice_client.post(url, {"on": "1"})
    line.refresh_from_db()
    assert line.state == Line.State.READY


def test_it_says_why_a_line_waits(charlie_client: Client, account: Account) -> None:
    line = whatsapp_line(account)
    accounts.set_pace(line, gap_seconds=0, jitter_seconds=0, per_minute=None, per_hour=1, per_day=None)
    health.rest(line, AccountRejected(Reason.THROTTLED), now=line.next_free_at)
    Line.objects.filter(pk=line.pk).update(waits_for="per_hour", next_free_at="2099-01-01T00:00Z")
    page = charlie_client.get(reverse("messaging:line", args=[line.pk])).content.decode()
    assert "The limit per hour is reached." in page
    assert "1 Jan 2099" in page


def test_it_sends_one_test_message_however_often_it_is_pressed(bob_client: Client, account: Account) -> None:
    line = whatsapp_line(account)
    url = reverse("messaging:line_trial", args=[line.pk])
    asked = {"to": phone(1), "body": "Does it work?", "key": "k1"}
    first, second = bob_client.post(url, asked), bob_client.post(url, asked)
    assert first.headers["Location"] == second.headers["Location"]
    assert Message.objects.get().line == line
    assert bob_client.post(url, {**asked, "to": "12", "key": "k2"}).status_code == 422


def test_it_lists_open_incidents_first(charlie_client: Client, account: Account) -> None:
    health.block_account(account, AccountRejected(Reason.NO_CREDIT))
    health.close_incidents(kind=Incident.Kind.ACCOUNT_BLOCKED, account=account)
    health.block_account(account, AccountRejected(Reason.BAD_CREDENTIALS))
    response = charlie_client.get(reverse("messaging:incidents"))
    assert [each["incident"].reason for each in response.context["open"]] == ["bad_credentials"]
    assert [each["incident"].reason for each in response.context["closed"]] == ["no_credit"]


@pytest.mark.once
@pytest.mark.parametrize("name", ["account_edit", "account_check", "account_sync", "link_start"])
def test_it_lets_only_managers_change_accounts(marta_client: Client, account: Account, name: str) -> None:
    assert marta_client.post(reverse(f"messaging:{name}", args=[account.pk])).status_code == 403


def test_it_hides_the_callback_address_from_those_who_may_not_change(
    alice_client: Client, charlie_client: Client, account: Account
) -> None:
    url = reverse("messaging:account", args=[account.pk])
    assert account.callback_secret in alice_client.get(url).content.decode()
    assert account.callback_secret not in charlie_client.get(url).content.decode()


@pytest.mark.once
@pytest.mark.parametrize("name", ["line", "line_switch", "line_trial"])
def test_it_lets_a_viewer_change_no_line(charlie_client: Client, account: Account, name: str) -> None:
    url = reverse(f"messaging:{name}", args=[whatsapp_line(account).pk])
    assert charlie_client.post(url, {"gap_seconds": "0", "jitter_seconds": "0"}).status_code == 403


@pytest.mark.once
@pytest.mark.parametrize("name", ["accounts", "lines", "incidents", "inbox", "review", "account_add"])
def test_it_sends_strangers_to_sign_in(client: Client, name: str) -> None:
    response = client.get(reverse(f"messaging:{name}"))
    assert response.status_code == 302
    assert reverse("account_login") in response.headers["Location"]
