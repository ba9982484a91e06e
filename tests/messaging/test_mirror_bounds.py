"""Messages made outside Carillon: kept for some days, not fetched again afterwards, and their codes shown to nobody."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from messaging import tasks
from messaging.mirror import pruning
from messaging.models import Account, Exchange, MirrorChange, MirroredObject
from messaging.providers.redact import mask_codes
from tests.messaging.mirror_world import panel, sync
from tests.sandbox_process import SandboxProcess, eventually
from tests.world import make_account, phone, send, whatsapp_line

pytestmark = pytest.mark.django_db(transaction=True)
A_SECOND = 1 / 86_400  # in days


@pytest.fixture
def account(sandbox: SandboxProcess) -> Account:
    return make_account(sandbox)


def there(account: Account, kind: str) -> set[str]:
    found = MirroredObject.objects.filter(account=account, kind=kind, gone_at=None)
    return set(found.values_list("name", flat=True))


def old(account: Account, kind: str, count: int = 1, *, days: int = 61, **more: object) -> None:
    at = timezone.now() - timedelta(days=days)
    first = MirroredObject.objects.count()
    MirroredObject.objects.bulk_create(
        MirroredObject(account=account, kind=kind, remote_id=f"x{first + n}", at=at, **more) for n in range(count)
    )


@pytest.mark.parametrize(
    ("dialect", "kind"),
    [("zender", "wa_sent"), ("wablas", "wa_sent"), ("smsgateway24", "sent"), ("smsmobileapi", "sent")],
)
def test_old_messages_go_and_are_not_fetched_again(
    sandbox: SandboxProcess, settings: Settings, dialect: str, kind: str
) -> None:
    account, other = make_account(sandbox, dialect), make_account(sandbox, dialect, name="The other program")
    send(whatsapp_line(other), phone(2), "Made there")
    eventually(lambda: sync(account).state and there(account, kind) == {"Made there"})
    settings.MIRROR_DAYS = A_SECOND
    eventually(lambda: pruning.prune() == 1)
    sync(account)
    assert not MirroredObject.objects.filter(account=account, kind=kind).exists()


def test_a_first_sync_looks_no_further_back_than_messages_are_kept(sandbox: SandboxProcess, settings: Settings) -> None:
    settings.MIRROR_DAYS = 3
    account = make_account(sandbox, "smsgateway24")
    Exchange.objects.all().delete()
    sync(account)
    assert Exchange.objects.filter(url__endswith="/getallsms").count() in (3, 4)  # a call a day


def test_they_go_in_slices(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "AT_ONCE", 2)
    old(account, "wa_sent", 5)
    old(account, "wa_sent", days=59)
    assert [pruning.prune() for _turn in range(4)] == [2, 2, 1, 0]
    assert MirroredObject.objects.count() == 1


def test_the_clock_lets_them_go(account: Account) -> None:
    old(account, "sms_sent")
    tasks.tidy()
    assert not MirroredObject.objects.exists()


def test_a_message_that_still_waits_there_stays(account: Account) -> None:
    old(account, "wa_pending", name="waits")
    old(account, "wa_pending", name="left", gone_at=timezone.now())
    assert pruning.prune() == 1
    assert MirroredObject.objects.get().name == "waits"


def test_nothing_but_messages_goes(account: Account) -> None:
    for kind in ("contact", "unsubscribed", "ussd", "sms_campaign"):
        old(account, kind)
    assert pruning.prune() == 0


def test_a_message_without_a_time_goes_when_it_was_not_listed_for_long(account: Account) -> None:
    old(account, "sent", 2)
    MirroredObject.objects.update(at=None)
    MirroredObject.objects.filter(remote_id="x0").update(synced_at=timezone.now() - timedelta(days=61))
    assert pruning.prune() == 1


# Codes


@pytest.mark.once
@pytest.mark.parametrize(
    "text",
    [
        "Your code is 482913.",
        "482913 is your verification code",
        "Tu código es 482-913",
        "Tu c\\u00f3digo: 482913",
        "Kode OTP Anda: 4829 13. Jangan beri tahu siapa pun",
        "G-482913 is your login token",
        "PIN 4829",
        "Su clave de un solo uso: 48K2913",
        "482913",
        "Shop: 482913",
    ],
)
def test_a_code_in_a_text_is_hidden(text: str) -> None:
    hidden = mask_codes(text)
    assert "•••" in hidden
    assert not any(piece in hidden for piece in ("482", "913", "48K", "4829"))


@pytest.mark.once
@pytest.mark.parametrize(
    "text", ["Your order 48213 from 2026 has left the shop, thank you", "See you at 18:30", "Hola Ana", ""]
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert mask_codes(text) == text


def test_a_one_time_password_sent_from_the_gateways_panel_is_neither_kept_nor_shown(
    account: Account, charlie_client: Client
) -> None:
    sync(account)
    with panel(account) as provider:
        line = whatsapp_line(account)
        told = provider.client.send_otp(
            type="whatsapp", message="Your code is {{otp}}", phone=phone(3), account=line.address
        )
        provider.client.send_whatsapp(account=line.address, recipient=phone(4), message="Kode masuk: 739164")
    codes = (str(told["otp"]), "739164")
    eventually(lambda: sync(account).state and len(there(account, "wa_sent")) == 2)
    page = charlie_client.get(reverse("messaging:mirrored", args=[account.pk, "wa_sent"])).content.decode()
    log = charlie_client.get(reverse("messaging:mirror_changes", args=[account.pk])).content.decode()
    kept = [str(row) for model in (MirroredObject, MirrorChange, Exchange) for row in model.objects.values()]
    sent = [row for row in kept if "739164" in row and "send/whatsapp" in row]  # our own call of the panel
    assert "Your code is •••" in page
    assert not [text for text in (page, log, *kept) if any(code in text for code in codes) and text not in sent]
