"""Short addresses that are followed: which they are, whose they are, and what a click writes down."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from campaigns import checks, clicks, links
from campaigns.models import Campaign, Click, Recipient, TrackedLink
from contacts.models import Contact
from contacts.refusal import Refused
from messaging import tally
from messaging.models import Message
from tests.campaigns.desk import a_campaign, a_line, set_going
from tests.world import make_people

SHOP = "https://shop.example/spring?a=1&b=(2)"
PHONE = "Mozilla/5.0 (Linux; Android 14; CUBOT P80) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"


@pytest.fixture
def public(settings: Settings) -> Iterator[Settings]:
    settings.PUBLIC_URL = "https://c.example"
    settings.FIELD_ENCRYPTION_KEYS = ["one"]
    return settings


@pytest.mark.parametrize(
    ("template", "found"),
    [
        (f"See {SHOP}.", [SHOP]),
        (f"(see {SHOP})! or *{SHOP}*", [SHOP]),
        ("{https://a.example|HTTP://b.example/x_} {{ name }}", ["https://a.example", "HTTP://b.example/x_"]),
        ("https://shop.example/{{ code }} https://{a|b}.example https://a.example/{x|y}", []),
        ("https:// http://[1 ftp://a.example javascript:alert(1) https://a.example/" + "x" * 2000, []),
        ("https://a.example/x'y… https://a.example/x'y", ["https://a.example/x'y"]),
    ],
)
def test_it_follows_what_is_the_same_for_everybody(template: str, found: list[str]) -> None:
    assert links.addresses_in(template) == found


@given(st.integers(1, 10**12), st.integers(0, links.MOST - 1), st.integers(0, 30), st.sampled_from("0Aa9-é"))
def test_a_code_says_who_and_which_and_cannot_be_changed(recipient: int, place: int, at: int, sign: str) -> None:
    code = links.code_of(recipient, place)
    assert links.read_code(code) == (recipient, place)
    assert len(code) <= 14
    at %= len(code)
    changed = code[:at] + sign + code[at + 1 :]
    assert links.read_code(changed) in (None, (recipient, place) if changed == code else None)
    assert links.read_code("0" + code) is None


@given(st.text(max_size=40))
def test_it_reads_nothing_out_of_what_is_no_code(text: str) -> None:
    assert links.read_code(text) is None


def test_a_new_key_is_put_before_the_old_one(public: Settings) -> None:
    code = links.code_of(7, 1)
    public.FIELD_ENCRYPTION_KEYS = ["two", "one"]
    assert links.read_code(code) == (7, 1)
    assert links.code_of(7, 1) != code
    public.FIELD_ENCRYPTION_KEYS = ["two"]
    assert links.read_code(code) is None


@pytest.fixture
def sent(public: Settings, transactional_db: None) -> Campaign:
    """Two people have a message with two links each, one of them twice."""
    make_people(2)
    Contact.objects.filter(name="Person 2").update(fields={"site": "https://evil.example", "own": SHOP + "/x"})
    Contact.objects.filter(name="Person 1").update(fields={"site": "-", "own": "-"})
    body = f"{{{{ name }}}}: {SHOP}, {SHOP}. https://b.example {{{{ site }}}} {{{{ own }}}} https://s.example/{{{{ name }}}}"
    campaign = a_campaign(a_line(), body=body)
    Campaign.objects.filter(pk=campaign.pk).update(tracks_links=True)
    return set_going(campaign)


def opened_by(person: str, campaign: Campaign) -> list[str]:
    """The paths of the short addresses somebody got."""
    body = Message.objects.get(batch=campaign.batch, contact__name=person).body
    return [word.strip(",.").removeprefix("https://c.example") for word in body.split() if "c.example" in word]


def follow(client: Client, path: str, agent: str = PHONE, **more: str) -> str:
    answer = client.get(path, headers={"user-agent": agent, **more})
    assert answer.status_code == 302
    assert "no-store" in answer["cache-control"]
    return answer["location"]


def test_everybody_gets_addresses_of_their_own(sent: Campaign) -> None:
    first, second = opened_by("Person 1", sent), opened_by("Person 2", sent)
    assert len(first) == len(second) == 3
    assert first[0] == first[1] != first[2]
    assert not set(first) & set(second)
    assert all(len(path) == len("/l/") + 11 for path in first)
    body = Message.objects.get(batch=sent.batch, contact__name="Person 2").body
    assert f"https://evil.example {SHOP}/x https://s.example/Person 2" in body  # a person's own values stay as they are


def test_a_click_leads_on_and_counts_once_for_a_person(sent: Campaign, client: Client) -> None:
    path, _same, other = opened_by("Person 1", sent)
    assert follow(client, path) == SHOP
    assert follow(client, path) == SHOP  # the phone loads it again at once
    Click.objects.update(at=timezone.now() - timedelta(minutes=1))
    Campaign.objects.filter(pk=sent.pk).update(state="finished")
    assert follow(client, path) == SHOP
    assert follow(client, other) == "https://b.example"
    assert [(row.clicks, row.people) for row in clicks.counts(sent)] == [(2, 1), (1, 1)]
    assert clicks.people(sent) == tally.totals(sent.tally_scope)["clicked"] == 1
    assert Recipient.objects.filter(campaign=sent, clicked_at__isnull=False).count() == 1
    assert Click.objects.filter(is_first=True).count() == 1
    follow(client, opened_by("Person 2", sent)[0])
    assert clicks.people(sent) == 2


@pytest.mark.once
@pytest.mark.parametrize(
    "agent",
    [
        "WhatsApp/2.24.1 A", "facebookexternalhit/1.1", "TelegramBot (like TwitterBot)", "Slackbot-LinkExpanding 1.0", "",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "curl/8.5.0",
    ],
)  # fmt: skip
def test_robots_get_there_and_do_not_count(sent: Campaign, client: Client, agent: str) -> None:
    path = opened_by("Person 1", sent)[0]
    assert follow(client, path, agent) == SHOP
    assert client.head(path, headers={"user-agent": PHONE}).status_code == 302
    follow(client, path, **{"sec-purpose": "prefetch;prerender"})
    assert not Click.objects.exists()


def test_an_address_that_went_round_does_not_fill_the_disk(sent: Campaign, client: Client) -> None:
    person = Recipient.objects.filter(campaign=sent).earliest("id")
    link = TrackedLink.objects.earliest("id")
    ago = timezone.now() - timedelta(minutes=9)
    Click.objects.bulk_create(Click(link=link, recipient=person, at=ago) for _ in range(clicks.MOST_AN_HOUR))
    assert follow(client, opened_by("Person 1", sent)[0]) == SHOP
    assert Click.objects.count() == clicks.MOST_AN_HOUR


@pytest.mark.django_db
@pytest.mark.parametrize("change", [lambda code: "0" + code[1:-1] + "~", lambda code: code[:-1], lambda code: "x" * 11])
def test_a_code_that_is_not_ours_leads_nowhere(client: Client, change: object) -> None:
    assert callable(change)
    answer = client.get(f"/l/{change(links.code_of(1, 0))}", headers={"user-agent": PHONE})
    assert answer.status_code == 404
    assert "leads nowhere" in answer.content.decode()


@pytest.mark.django_db
def test_a_code_of_somebody_who_is_gone_leads_nowhere(client: Client) -> None:
    assert client.get(f"/l/{links.code_of(999, 0)}").status_code == 404


@pytest.mark.django_db
def test_it_says_why_links_cannot_be_followed(settings: Settings) -> None:
    campaign = a_campaign(a_line(), body="https://a.example")
    campaign.tracks_links = True
    campaign.save()
    settings.PUBLIC_URL = ""
    with pytest.raises(Refused, match="PUBLIC_URL"):
        checks.message_ready(campaign)
    settings.PUBLIC_URL = "https://c.example"
    checks.message_ready(campaign)
    campaign.body = " ".join(f"https://a.example/{n}" for n in range(links.MOST + 1))
    with pytest.raises(Refused, match="more than 62"):
        checks.message_ready(campaign)
