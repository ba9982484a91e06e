"""What goes with a campaign's text: attached in the composer, checked against the lines, sent, and left behind where it must be."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from campaigns import attaching, checks, failover, lifecycle, plans, runner
from campaigns.models import Campaign
from contacts.refusal import Refused
from messaging.models import Account, Line, MediaFile, Message
from messaging.outbox.moving import place_on, put_anew
from tests.campaigns.desk import a_campaign, a_line, set_going
from tests.world import make_people

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100


@pytest.fixture(autouse=True)
def media_folder(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def picture(name: str = "menu.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PNG, content_type="image/png")


def line_of(provider: str, number: int, **more: Any) -> Line:
    line = a_line(number, account=provider, **more)
    Account.objects.filter(pk=line.account_id).update(provider=provider)
    line.refresh_from_db()
    return line


def with_picture(*lines: Line, body: str = "Hi {{ name }}", **more: Any) -> Campaign:
    campaign = a_campaign(*lines, body=body, **more)
    kept = attaching.keep(file=picture(), filename="menu.png", lines=lines, user=None)
    return plans.change(campaign, attachment=kept)


def test_it_attaches_a_file_shows_it_and_takes_it_off(marta_client: Client) -> None:
    campaign = a_campaign(a_line())
    url = reverse("campaigns:attachment", args=[campaign.pk])
    part = marta_client.post(url, {"file": picture()}, headers=HTMX).text
    media = MediaFile.objects.get()
    assert reverse("messaging:media_file", args=[media.pk]) in part
    assert media.used_at is not None  # or it would be tidied up as one that nobody sent
    preview = reverse("campaigns:preview", args=[campaign.pk])
    assert "menu.png" in marta_client.post(preview, {"body": ""}, headers=HTMX).text
    marta_client.post(url, {"remove": "1"}, headers=HTMX)
    campaign.refresh_from_db()
    assert campaign.attachment is None


def test_it_attaches_without_javascript_and_keeps_the_text(marta_client: Client) -> None:
    campaign = a_campaign(a_line())
    url = reverse("campaigns:attachment", args=[campaign.pk])
    marta_client.post(url, {"body": "Half written", "latitude": "19.43", "longitude": "-99,13", "place": "Shop"})
    campaign.refresh_from_db()
    assert campaign.body == "Hi {{ name }}"  # refused: this gateway takes no places
    marta_client.post(url, {"body": "Half written", "file": picture()})
    campaign.refresh_from_db()
    assert (campaign.body, (campaign.attachment or {})["kind"]) == ("Half written", "image")
    step = reverse("campaigns:message", args=[campaign.pk])
    answer = marta_client.post(step, {"body": "More", "file": SimpleUploadedFile("x.exe", b"MZ"), "go": "next"})
    assert (answer.status_code, "This kind of file cannot be sent." in answer.text) == (422, True)
    assert "More</textarea>" in answer.text


@pytest.mark.once
@pytest.mark.parametrize(
    ("providers", "name", "content", "sentence"),
    [
        (["zender"], "x.exe", b"MZ", "This kind of file cannot be sent."),
        (["zender"], "empty.png", b"", "This file is empty."),
        (["zender", "smsmobileapi"], "song.mp3", b"ID3", "Line 2: This line's gateway cannot send such a file."),
        (["wablas"], "large.png", PNG + b"\x00" * 3_000_000, "This file is too large"),
    ],
)
def test_it_measures_a_file_against_every_chosen_line(
    marta_client: Client, settings: Any, providers: list[str], name: str, content: bytes, sentence: str
) -> None:
    settings.PUBLIC_URL = "https://carillon.example"
    campaign = a_campaign(*(line_of(provider, number) for number, provider in enumerate(providers, start=1)))
    url = reverse("campaigns:attachment", args=[campaign.pk])
    answer = marta_client.post(url, {"file": SimpleUploadedFile(name, content)}, headers=HTMX)
    assert (answer.status_code, sentence in answer.text.replace("&#x27;", "'")) == (422, True)
    campaign.refresh_from_db()
    assert campaign.attachment is None


def test_it_is_checked_again_when_it_starts(settings: Any) -> None:
    settings.PUBLIC_URL = "https://carillon.example"
    make_people(1)
    campaign = with_picture(line_of("zender", 1))
    plans.change(campaign, lines=[line_of("smsgateway24", 2, channel="sms"), line_of("smsmobileapi", 3, channel="sms")])
    with pytest.raises(Refused, match="Line 3: This line's gateway cannot send such") as refused:
        checks.ready_to_start(campaign)
    assert refused.value.field == "attachment"
    plans.change(campaign, lines=[line_of("zender", 4)], mode=Campaign.Mode.GATEWAY, body="Hi")
    with pytest.raises(Refused, match="takes a text only"):
        checks.ready_to_start(campaign)


@pytest.mark.parametrize("body", ["Hi {{ name }}", ""])
def test_it_goes_with_every_message_and_may_go_alone(body: str) -> None:
    make_people(2)
    campaign = set_going(with_picture(line_of("zender", 1), body=body))
    texts = {"Hi Person 1", "Hi Person 2"} if body else {""}
    assert set(Message.objects.values_list("body", flat=True)) == texts
    assert [message.attachment for message in Message.objects.all()] == [campaign.attachment] * 2


def test_it_needs_a_text_where_nothing_is_attached() -> None:
    make_people(1)
    with pytest.raises(Refused, match=r"Write the message\."):
        checks.ready_to_start(a_campaign(a_line(), body=""))


@pytest.mark.parametrize(("body", "texts"), [("Hi", {("Hi", True)}), ("", set())])
def test_it_stays_behind_where_sms_takes_only_the_text(body: str, texts: set[tuple[str, bool]]) -> None:
    make_people(2)
    line, sms = line_of("zender", 1), line_of("zender", 2, channel="sms")
    set_going(with_picture(line, body=body, sms_lines=[sms]))
    messages = list(Message.objects.all())
    put_anew({message.pk: place_on(sms) for message in messages})
    anew = Message.objects.filter(channel="sms")
    assert {(message.body, message.attachment is None) for message in anew} == texts
    assert len(anew) == (2 if body else 0)


def test_it_is_written_without_its_file_while_only_sms_goes(settings: Any) -> None:
    make_people(1)
    settings.SMS_AFTER_MINUTES = 0
    line, sms = line_of("zender", 1), line_of("zender", 2, channel="sms")
    campaign = with_picture(line, body="Hi", sms_lines=[sms])
    Line.objects.filter(pk=line.pk).update(state=Line.State.DISCONNECTED)
    plans.change(campaign, lines=[line])
    campaign.state = Campaign.State.PREPARING  # it was well when somebody pressed the button
    campaign.save(update_fields=["state"])
    lifecycle.prepare(campaign.pk)
    for _ in range(2):
        runner.run(campaign.pk)
    assert failover.ways(Campaign.objects.get()).is_by_sms
    assert list(Message.objects.values_list("channel", "attachment")) == [("sms", None)]
