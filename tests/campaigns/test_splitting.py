"""Which of several texts did better, and how a campaign's page and REST tell it."""

import json

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from campaigns.models import Campaign, Recipient, Variant
from campaigns.splitting import Arm, Kind, verdict, wilson
from config.models import ApiToken
from tests.campaigns.desk import a_campaign, a_line, set_going
from tests.world import make_people


def arms(*counts: tuple[int, int]) -> list[Arm]:
    return [Arm(letter="ABCDEF"[at], done=done, people=people) for at, (done, people) in enumerate(counts)]


ARM = st.integers(0, 100_000).flatmap(lambda people: st.tuples(st.integers(0, people), st.just(people)))
GOAL = st.sampled_from(["reply", "click", "opt_out"])


@pytest.mark.parametrize(
    ("counts", "goal", "kind", "letter"),
    [
        ([(30, 1000), (90, 1000)], "reply", Kind.WINNER, "B"),
        ([(30, 1000), (90, 1000)], "opt_out", Kind.WINNER, "A"),
        ([(30, 1000), (90, 1000), (95, 1000)], "click", Kind.EVEN, ""),
        ([(30, 1000), (33, 1000)], "reply", Kind.EVEN, ""),
        ([(3, 40), (30, 40)], "reply", Kind.TOO_EARLY, ""),
        ([(0, 1000), (9, 1000)], "opt_out", Kind.TOO_EARLY, ""),
        ([(0, 0), (0, 0)], "reply", Kind.TOO_EARLY, ""),
        ([(30, 1000)], "reply", Kind.TOO_EARLY, ""),
    ],
)
def test_it_says_what_can_be_said(counts: list[tuple[int, int]], goal: str, kind: Kind, letter: str) -> None:
    found = verdict(arms(*counts), goal)
    assert (found.kind, found.letter) == (kind, letter)
    assert found.sentence


def test_the_interval_is_the_one_of_the_books() -> None:
    low, high = wilson(10, 100)
    assert (round(low, 4), round(high, 4)) == (0.0552, 0.1744)


@given(ARM)
def test_an_interval_holds_the_rate_and_lies_within_what_is_possible(counts: tuple[int, int]) -> None:
    done, people = counts
    low, high = wilson(done, people)
    assert 0 <= low <= high <= 1
    if people:
        assert low <= done / people <= high


@given(st.lists(ARM, min_size=2, max_size=6), GOAL, st.integers(2, 50))
def test_more_of_the_same_never_takes_a_win_away(counts: list[tuple[int, int]], goal: str, times: int) -> None:
    before = verdict(arms(*counts), goal)
    after = verdict(arms(*((done * times, people * times) for done, people in counts)), goal)
    if before.kind == Kind.WINNER:
        assert (after.kind, after.letter) == (before.kind, before.letter)
    if before.kind == Kind.EVEN:
        assert after.kind != Kind.TOO_EARLY


@given(st.lists(ARM, min_size=2, max_size=6), GOAL)
def test_who_wins_has_the_best_rate_whatever_the_order(counts: list[tuple[int, int]], goal: str) -> None:
    tried = arms(*counts)
    found = verdict(tried, goal)
    turned = verdict(tried[::-1], goal)
    assert (found.kind, found.letter) == (turned.kind, turned.letter)
    if found.letter:
        best = min if goal == "opt_out" else max
        assert best(tried, key=lambda arm: arm.rate).letter == found.letter


@pytest.fixture
def compared(db: None) -> Campaign:
    """160 people, half of whom read B and clicked."""
    make_people(160)
    campaign = a_campaign(a_line(), body="Hi")
    Variant.objects.create(campaign=campaign, letter="B", body="Hello", share=50)
    set_going(campaign)
    Campaign.objects.filter(pk=campaign.pk).update(goal="click")
    campaign.refresh_from_db()
    people = Recipient.objects.filter(campaign=campaign)
    people.update(state=Recipient.State.DELIVERED)
    people.filter(letter="B").update(clicked_at=campaign.created_at)
    return campaign


def test_the_page_says_which_text_won(compared: Campaign, marta_client: Client) -> None:
    page = marta_client.get(reverse("campaigns:detail", args=[compared.pk])).content.decode()
    assert "Text B wins: 100.0 % of its readers clicked" in page
    assert "The first messages are being written" not in page


def test_texts_and_what_came_of_them_go_through_rest(compared: Campaign, marta: User, client: Client) -> None:
    secret = ApiToken.issue(user_id=marta.pk)
    headers = {"Authorization": f"Bearer {secret}"}
    split = client.get(f"/api/v1/campaigns/{compared.pk}/split", headers=headers).json()["split"]
    assert (split["verdict"], split["letter"]) == ("winner", "B")
    assert [row["share"] for row in split["texts"]] == [50, 50]
    draft = a_campaign(a_line(2), body="Hi https://a.example")
    texts = [{"letter": "B", "body": "Hello", "share": 20}, {"letter": "A", "language": "es_MX", "body": "Hola"}]
    path = f"/api/v1/campaigns/{draft.pk}/texts"
    put = {"texts": texts, "tracks_links": True}
    kept = client.put(path, json.dumps(put), content_type="application/json", headers=headers).json()
    assert kept == client.get(path, headers=headers).json()
    assert [(row["letter"], row["language"], row["share"]) for row in kept["texts"]] == [
        ("A", "", 80), ("A", "es-mx", 0), ("B", "", 20),
    ]  # fmt: skip
    assert (kept["goal"], kept["tracks_links"], kept["addresses"]) == ("reply", True, ["https://a.example"])
    wrong = {"texts": [{"letter": "B", "language": "es", "body": "Hola"}]}
    refused = client.put(path, json.dumps(wrong), content_type="application/json", headers=headers)
    assert (refused.status_code, refused.json()["detail"]) == (422, "There is no text B.")
    links = client.get(f"/api/v1/campaigns/{draft.pk}/links", headers=headers).json()
    assert links == {"tracks_links": True, "people": 0, "links": []}
