"""Files in conversations: what may be attached, how gateways get it, how what came in is fetched and shown."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from config.models import ApiToken
from contacts.refusal import Refused
from messaging import inbox, outbox
from messaging.gateway import outgoing, route_of
from messaging.media import attaching, fetching, files, kinds
from messaging.models import Account, Conversation, Line, MediaFile, Message
from messaging.outbox.pump import Pump
from messaging.providers import PROVIDERS
from messaging.providers.shapes import Incoming, Media
from tests.messaging.files import EXE, HTML, JPG, MP3, MP4, OGG, PDF, PNG, SVG, docx
from tests.receiver import Receiver, Told
from tests.sandbox_process import SandboxProcess
from tests.world import make_account, phone, whatsapp_line

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    with Receiver() as running:
        settings.PRIVATE_HOSTS = [running.host]
        yield running


def make_line(provider: str = "zender", channel: str = "whatsapp") -> Line:
    account = Account.objects.create(
        name=provider, provider=provider, base_url="https://gateway.example", credentials={}, region="MX", state="ready"
    )
    kind = "whatsapp" if channel == "whatsapp" else "sim"
    return Line.objects.create(account=account, channel=channel, kind=kind, address="unique-1", label="Line")


def upload(content: bytes, name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def keep(content: bytes, name: str, line: Line | None = None) -> MediaFile:
    return files.keep(file=upload(content, name), filename=name, user=None, line=line)


def write(account: Account, text: str = "Is it open?", *, kind: str = "", url: str = "", number: int = 1) -> Message:
    item = Incoming(
        channel="whatsapp", sender=phone(number), body=text, at=timezone.now(), line_hint="unique-1", media_kind=kind,
        media_url=url, remote_id=f"{number}:{text}:{url}",
    )  # fmt: skip
    (message,) = inbox.receive(account, [item])
    return message


@pytest.mark.once
@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (PNG, "a.exe", "image/png"), (JPG, "a.gif", "image/jpeg"), (PDF, "offer.html", "application/pdf"), (OGG, "", "audio/ogg"),
        (MP3, "", "audio/mpeg"), (MP4, "", "video/mp4"), (b"a,b\n1,2\n", "list.csv", "text/csv"), (docx(), "x", kinds.TYPES[".docx"].mime_type),
        (HTML, "page.html", None), (SVG, "logo.svg", None), (EXE, "photo.jpg", None), (b"PK\x03\x04broken", "a.docx", None),
        (b"\x00\x01", "a.txt", None), (b"", "a.png", None),
    ],
)  # fmt: skip
def test_it_tells_a_file_by_its_bytes(content: bytes, name: str, expected: str | None) -> None:
    found = kinds.type_of(content, name)
    assert (found.mime_type if found else None) == expected


@pytest.mark.once
@pytest.mark.parametrize(
    ("provider", "content", "name", "sentence"),
    [
        ("zender", HTML, "page.html", "cannot be sent"),
        ("zender", b"", "a.png", "empty"),
        ("zender", b"a,b\n", "list.csv", "takes these documents: pdf"),
        ("wablas", PNG + bytes(2 * 1024 * 1024), "a.png", "at most 2 MB"),
        ("smsmobileapi", PNG, "a.png", "Set PUBLIC_URL"),
        ("smsmobileapi", MP4, "a.mp4", "cannot send such a file"),
        ("smsgateway24", PDF, "a.pdf", "cannot send such a file"),
    ],
)
def test_it_refuses_what_the_gateway_would(provider: str, content: bytes, name: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        keep(content, name, make_line(provider))
    assert not MediaFile.objects.exists()


def test_it_keeps_a_file_under_a_name_of_our_own() -> None:
    media = keep(PNG, "../../etc/passwd.png")
    assert (media.kind, media.mime_type, media.filename, media.size) == ("image", "image/png", "passwd.png", len(PNG))
    assert str(media.file.name).startswith("messages/")
    assert "passwd" not in str(media.file.name)


def test_a_message_takes_its_file_along_as_the_gateway_wants_it(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://sms.example.org"
    stored = files.attachment(keep(PNG, "menu.png"))
    for provider, by_address in (("zender", False), ("wablas", False), ("smsmobileapi", True), ("smsgateway24", True)):
        line = make_line(provider)
        message, _ = outbox.queue(line=line, to=phone(1), body="Menu", attachment=stored)
        plain = outgoing(message, route_of(line))
        media = files.hand_over(plain, message.attachment, PROVIDERS[provider].capabilities).attachment
        assert isinstance(media, Media)
        assert (media.content == PNG, media.url.startswith("https://sms.example.org/files/signed/")) == (
            not by_address, by_address,
        )  # fmt: skip
    assert MediaFile.objects.get().used_at is not None


def test_a_file_that_is_gone_is_refused_by_every_gateway() -> None:
    media = keep(PNG, "menu.png")
    stored = files.attachment(media)
    media.file.delete(save=False)
    for provider in ("zender", "wablas", "smsgateway24"):
        line = make_line(provider)
        message, _ = outbox.queue(
            line=line, to=phone(1), body="" if provider == "smsgateway24" else "Menu", attachment=stored
        )
        Pump(seconds=1).run()
        message.refresh_from_db()
        assert (message.status, message.reason) == ("failed", "media_invalid")


def test_a_text_that_the_gateway_cannot_carry_is_refused_before() -> None:
    line = make_line("wablas")
    for attachment, body in (
        (files.attachment(keep(OGG, "a.ogg")), "with words"),
        ({"type": "location", "latitude": 1.0, "longitude": 2.0}, "with words"),
        (files.attachment(keep(MP4, "a.mp4")), ""),
    ):
        with pytest.raises(Refused):
            outbox.queue(line=line, to=phone(1), body=body, attachment=attachment)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("dialect", ["zender", "wablas"])
def test_a_picture_reaches_the_phone(sandbox: SandboxProcess, bob_client: Client, dialect: str) -> None:
    line = whatsapp_line(make_account(sandbox, dialect))
    item = Incoming(channel="whatsapp", sender=phone(1), body="Menu?", at=timezone.now(), line_hint=line.address)
    inbox.receive(line.account, [item])
    talk = Conversation.objects.get()
    url = reverse("messaging:conversation_reply", args=[talk.pk])
    response = bob_client.post(url, {"body": "Here", "key": "k1", "file": upload(PNG, "menu.png")})
    assert response.status_code == 302
    Pump(seconds=2).run()
    (delivery,) = sandbox.deliveries()
    assert delivery["text"] == "Here"
    assert delivery["attachment"]
    page = bob_client.get(reverse("messaging:conversation", args=[talk.pk])).content.decode()
    media = MediaFile.objects.get()
    assert f'src="{reverse("messaging:media_file", args=[media.pk])}"' in page


def test_a_refused_file_is_a_sentence_in_the_box(bob_client: Client) -> None:
    line = make_line()
    write(line.account)
    url = reverse("messaging:conversation_reply", args=[Conversation.objects.get().pk])
    response = bob_client.post(
        url, {"body": "Look", "key": "k1", "file": upload(HTML, "a.html")}, headers={"HX-Request": "true"}
    )
    assert response.status_code == 422
    assert "This kind of file cannot be sent" in response.content.decode()
    assert not Message.objects.filter(direction="out").exists()


def test_a_place_goes_out_where_the_gateway_sends_places(bob_client: Client) -> None:
    line = make_line("wablas")
    write(line.account)
    talk = Conversation.objects.get()
    assert "latitude" in bob_client.get(reverse("messaging:conversation", args=[talk.pk])).content.decode()
    url = reverse("messaging:conversation_reply", args=[talk.pk])
    bob_client.post(url, {"body": "", "key": "k1", "latitude": "19,4326", "longitude": "-99.1332", "place": "Shop"})
    message = Message.objects.get(direction="out")
    assert message.attachment == {"type": "location", "latitude": 19.4326, "longitude": -99.1332, "name": "Shop"}
    for wrong in (("91", "0"), ("x", "1"), ("1", "")):
        answer = bob_client.post(
            url,
            {"body": "", "key": f"k{wrong}", "latitude": wrong[0], "longitude": wrong[1]},
            headers={"HX-Request": "true"},
        )
        assert answer.status_code == 422


def test_it_offers_only_what_the_line_can_send() -> None:
    line = make_line()
    zender, wablas = attaching.offer(line), attaching.offer(make_line("wablas"))
    line.channel = "sms"
    assert attaching.offer(line) is None
    assert zender is not None
    assert wablas is not None
    assert (".csv" in zender.accept, ".csv" in wablas.accept) == (False, True)
    assert (zender.locations, wablas.locations) == (False, True)


def test_a_signed_address_is_for_anybody_and_ends(client: Client, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://sms.example.org"
    stored = files.attachment(keep(PDF, "offer.pdf"))
    path = files.public_url(stored).removeprefix("https://sms.example.org")
    response = client.get(path)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/pdf")
    assert client.get(path.replace("signed/", "signed/x")).status_code == 404
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert client.get(path).status_code == 404


def test_a_file_is_for_people_who_signed_in_and_runs_nothing(client: Client, charlie_client: Client) -> None:
    picture, page = keep(PNG, "a.png"), keep(b"<script>alert(1)</script>", "a.xml")
    url = reverse("messaging:media_file", args=[picture.pk])
    assert client.get(url).status_code == 302
    response = charlie_client.get(url)
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    response = charlie_client.get(reverse("messaging:media_file", args=[page.pk]))
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")


def test_what_came_in_is_fetched_and_shown(receiver: Receiver, charlie_client: Client) -> None:
    receiver.answers["/m/photo.jpg"] = Told(body=JPG, headers={"Content-Type": "text/html"})
    message = write(make_line().account, "", kind="image", url=f"{receiver.url}m/photo.jpg")
    media = MediaFile.objects.get()
    assert (media.message, media.state) == (message, "waiting")
    assert fetching.fetch_due() == 1
    media.refresh_from_db()
    assert (media.state, media.mime_type, media.filename) == ("kept", "image/jpeg", "photo.jpg")
    page = charlie_client.get(reverse("messaging:conversation", args=[Conversation.objects.get().pk])).content.decode()
    assert f'src="{reverse("messaging:media_file", args=[media.pk])}"' in page
    assert receiver.url not in page
    assert fetching.fetch_due() == 0


@pytest.mark.once
@pytest.mark.parametrize(
    ("told", "problem"),
    [
        (Told(404), "expired"), (Told(403), "expired"), (Told(410), "expired"), (Told(200, b""), "expired"), (Told(200, HTML), "wrong_type"),
        (Told(302, headers={"Location": "http://127.0.0.1:1/"}), "refused"), (Told(302, headers={"Location": "http://["}), "refused"),
    ],
)  # fmt: skip
def test_what_cannot_be_had_is_a_sentence(receiver: Receiver, bob_client: Client, told: Told, problem: str) -> None:
    receiver.answers["*"] = told
    write(make_line().account, "", kind="image", url=f"{receiver.url}x")
    fetching.fetch_due()
    media = MediaFile.objects.get()
    assert (media.state, media.problem) == ("failed", problem)
    talk = reverse("messaging:conversation", args=[Conversation.objects.get().pk])
    page = bob_client.get(talk).content.decode()
    assert str(MediaFile.Problem(problem).label) in page
    receiver.answers["*"] = Told(body=PNG)
    bob_client.post(reverse("messaging:media_again", args=[media.pk]), {"next": talk})
    fetching.fetch_due()
    media.refresh_from_db()
    assert (media.state, media.mime_type) == ("kept", "image/png")


def test_an_address_of_our_own_network_is_not_called(receiver: Receiver, settings: Settings) -> None:
    settings.PRIVATE_HOSTS = []
    write(make_line().account, "", kind="image", url=f"{receiver.url}x")
    fetching.fetch_due()
    assert MediaFile.objects.get().problem == "refused"
    assert receiver.heard == []


def test_a_place_that_does_not_answer_is_asked_again(receiver: Receiver) -> None:
    receiver.answers["*"] = Told(503)
    write(make_line().account, "", kind="image", url=f"{receiver.url}x")
    for _ in range(len(fetching.TRY_AGAIN) + 1):
        MediaFile.objects.update(next_attempt_at=timezone.now())
        fetching.fetch_due()
    media = MediaFile.objects.get()
    assert (media.state, media.problem, len(receiver.heard)) == ("failed", "unreachable", len(fetching.TRY_AGAIN) + 1)


def test_a_file_that_cannot_be_kept_stops_no_other(receiver: Receiver, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "full").touch()
    settings.MEDIA_ROOT, root = tmp_path / "full" / "disk", settings.MEDIA_ROOT
    receiver.answers["*"] = Told(body=PNG)
    account = make_line().account
    write(account, "first", kind="image", url=f"{receiver.url}1")
    fetching.fetch_due()
    settings.MEDIA_ROOT = root
    write(account, "second", kind="image", url=f"{receiver.url}2")
    fetching.fetch_due()
    assert [(each.state, each.attempts) for each in MediaFile.objects.order_by("id")] == [("waiting", 1), ("kept", 0)]


def test_files_that_nobody_sent_are_forgotten() -> None:
    line = make_line()
    unused, used = keep(PNG, "a.png"), keep(PNG, "b.png")
    outbox.queue(line=line, to=phone(1), body="", attachment=files.attachment(used))
    assert files.forget_unused() == 0
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert files.forget_unused() == 1
    assert not unused.file.storage.exists(str(unused.file.name))
    assert used.file.storage.exists(str(used.file.name))


def test_a_viewer_fetches_nothing_again(charlie_client: Client) -> None:
    media = keep(PNG, "a.png")
    assert charlie_client.post(reverse("messaging:media_again", args=[media.pk])).status_code == 403


def test_other_systems_send_files_too(admin: User, bob: User) -> None:
    line, ours = make_line(), {"Authorization": f"Bearer {ApiToken.issue(user_id=admin.pk)}"}
    given = Client().post("/api/v1/media", {"file": upload(PNG, "menu.png")}, headers=ours)
    assert (given.status_code, given.json()["kind"], given.json()["size"]) == (201, "image", len(PNG))
    message = {"line": line.pk, "to": phone(1), "body": "Menu", "media": given.json()["id"]}
    sent = Client().post("/api/v1/messages", message, "application/json", headers=ours)
    assert (sent.status_code, sent.json()["attachment"]["filename"]) == (202, "menu.png")
    assert "file" not in sent.json()["attachment"]
    theirs = {"Authorization": f"Bearer {ApiToken.issue(user_id=bob.pk)}"}
    assert Client().post("/api/v1/messages", message, "application/json", headers=theirs).status_code == 422
    refused = Client().post("/api/v1/media", {"file": upload(HTML, "a.html")}, headers=ours)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "file")
