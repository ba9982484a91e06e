"""Linking a number by QR against the sandbox: drawn here, watched, confirmed, shared, and never with its token."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from messaging import linking
from messaging.models import Account, Line, LinkSession
from messaging.views import links
from tests.sandbox_process import SandboxProcess, eventually
from tests.world import make_account, whatsapp_line

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def account(sandbox: SandboxProcess) -> Account:
    return make_account(sandbox)


def start(client: Client, account: Account, **data: object) -> LinkSession:
    """Press the button; the link it leads to."""
    response = client.post(reverse("messaging:link_start", args=[account.pk]), data)
    link = LinkSession.objects.latest("id")
    assert response.headers["Location"] == reverse("messaging:link", args=[link.pk])
    return link


def look(client: Client, link: LinkSession) -> str:
    """What the page asks for every two seconds, as if they had passed."""
    LinkSession.objects.filter(pk=link.pk).update(asked_at=None)
    return client.get(reverse("messaging:link", args=[link.pk]), headers=HTMX).content.decode()


def shared_url(client: Client, link: LinkSession) -> str:
    page = client.get(reverse("messaging:link", args=[link.pk])).content.decode()
    found = re.search(r'data-copy="http://testserver(/scan/[^"]+)"', page)
    assert found is not None
    return found[1]


def test_it_draws_the_code_and_confirms_the_scan(
    alice_client: Client, account: Account, sandbox: SandboxProcess
) -> None:
    link = start(alice_client, account)
    part = look(alice_client, link)
    assert '<svg viewBox="0 0' in part
    assert 'hx-trigger="every 2s"' in part
    assert "code 1 of 5" in part
    sandbox.control("scan", {"token": link.offer["token"], "phone": "+5215577700001"})
    eventually(lambda: "is linked" in look(alice_client, link))
    done = look(alice_client, link)
    assert "+52 1 55 7770 0001" in done
    assert "hx-trigger" not in done
    link.refresh_from_db()
    assert (link.state, link.line.phone if link.line else "") == (LinkSession.State.LINKED, "+5215577700001")


def test_it_keeps_the_token_on_the_server(alice_client: Client, client: Client, account: Account) -> None:
    link = start(alice_client, account)
    url = reverse("messaging:link", args=[link.pk])
    pages = [alice_client.get(url), alice_client.get(url, headers=HTMX), client.get(shared_url(alice_client, link))]
    assert all(link.offer["token"] not in page.content.decode() for page in pages)
    assert all("no-store" in page.headers["Cache-Control"] for page in pages)


def test_it_renews_an_old_code_and_ends_at_last(alice_client: Client, account: Account) -> None:
    link = start(alice_client, account)
    past = timezone.now() - timedelta(seconds=1)
    LinkSession.objects.filter(pk=link.pk).update(expires_at=past)
    assert "code 2 of 5" in look(alice_client, link)
    LinkSession.objects.filter(pk=link.pk).update(expires_at=past, codes=linking.CODES)
    over = look(alice_client, link)
    assert "Start again" in over
    assert "hx-trigger" not in over


def test_it_links_a_known_number_again(alice_client: Client, account: Account, sandbox: SandboxProcess) -> None:
    line = whatsapp_line(account)
    sandbox.control("disconnect", {"account": "zender", "number": line.address})
    link = start(alice_client, account, line=line.pk)
    sandbox.control("scan", {"token": link.offer["token"]})
    eventually(lambda: "is linked" in look(alice_client, link))
    line.refresh_from_db()
    link.refresh_from_db()
    assert (line.state, link.line) == (Line.State.READY, line)


def test_it_gives_up_when_asked(alice_client: Client, account: Account) -> None:
    link = start(alice_client, account)
    alice_client.post(reverse("messaging:link_stop", args=[link.pk]))
    link.refresh_from_db()
    assert link.state == LinkSession.State.EXPIRED


def test_it_says_why_there_is_no_code(alice_client: Client, account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(base_url="http://127.0.0.1:9")
    response = alice_client.post(reverse("messaging:link_start", args=[account.pk]), follow=True)
    assert "cannot be reached" in response.content.decode()
    assert not LinkSession.objects.exists()


def test_it_shows_the_gateways_picture_through_us(alice_client: Client, client: Client, account: Account) -> None:
    png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    link = start(alice_client, account)
    link.offer = {**link.offer, "qr": "", "image": png}
    link.save()
    url = reverse("messaging:link_image", args=[link.pk])
    assert f'src="{url}?code=1"' in look(alice_client, link)
    assert alice_client.get(url).headers["Content-Type"] == "image/png"
    assert client.get(url).status_code == 302
    assert client.get(f"{shared_url(alice_client, link)}image/").content.startswith(b"\x89PNG")


def test_it_serves_no_picture_that_is_none(alice_client: Client, account: Account) -> None:
    link = start(alice_client, account)
    link.offer = {**link.offer, "image": "PHNjcmlwdD4="}
    link.save()
    assert alice_client.get(reverse("messaging:link_image", args=[link.pk])).status_code == 404


def test_it_shows_strangers_the_code_and_nothing_else(alice_client: Client, client: Client, account: Account) -> None:
    link = start(alice_client, account)
    page = client.get(shared_url(alice_client, link)).content.decode()
    assert "<svg" in page
    assert account.name not in page
    assert account.base_url not in page
    assert "/accounts/" not in page


def test_it_ends_a_shared_address_after_ten_minutes(
    alice_client: Client, client: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = shared_url(alice_client, start(alice_client, account))
    monkeypatch.setattr(links, "_SHARED_FOR", -1)
    page = client.get(url)
    assert (page.status_code, b"<svg" in page.content) == (410, False)
    assert client.get(url, headers=HTMX).status_code == 286


@pytest.mark.parametrize("signed", ["1", "1:1x:x", "2:1vXXXX:abc"])
def test_it_shows_nothing_for_a_made_up_address(client: Client, db: None, signed: str) -> None:
    assert client.get(f"/scan/{signed}/").status_code == 410
    assert client.get(f"/scan/{signed}/image/").status_code == 404


def test_it_lets_only_those_link_who_may(alice_client: Client, marta_client: Client, account: Account) -> None:
    link = start(alice_client, account)
    assert marta_client.post(reverse("messaging:link_start", args=[account.pk])).status_code == 403
    for name in ("link", "link_image"):
        assert marta_client.get(reverse(f"messaging:{name}", args=[link.pk])).status_code == 403
    assert marta_client.post(reverse("messaging:link_stop", args=[link.pk])).status_code == 403
