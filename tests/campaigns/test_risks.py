"""What may go wrong is told in words, and nothing is told where nothing is wrong."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.flight_facts import nights
from campaigns.quotas import quotas
from campaigns.risks import Facts, LineFacts, Night, risks
from messaging.models import Account

NOW = datetime(2026, 9, 9, 15, tzinfo=UTC)
WELL = LineFacts(label="Shop", is_usable=True, people=100)
CALM = Facts(
    people=100, texts=["The spring sale is on. Write STOP to end it."], stop_words=["stop", "baja"], lines=[WELL],
    starts_at=NOW, ends_at=NOW + timedelta(hours=1), send_before=NOW + timedelta(hours=2),
)  # fmt: skip


def keys(facts: Facts) -> list[str]:
    return [risk.key for risk in risks(facts)]


def test_it_is_silent_where_nothing_is_wrong() -> None:
    assert keys(CALM) == []


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("too_late", {"ends_at": NOW + timedelta(hours=3), "late_people": 5}),
        ("never_opens", {"never_opens": True}),
        ("waits", {"first_at": "Thu 12 Nov, 09:00"}),
        ("missing_field", {"missing": {"city": 3}}),
        ("link_only", {"texts": ["See https://shop.example/spring STOP"]}),
        ("no_way_out", {"texts": ["The spring sale is on, come and see it."]}),
        ("no_way_out", {"texts": [CALM.texts[0], "Ven a ver la primavera en la tienda."]}),
        ("many_parts", {"is_sms": True, "most_parts": 4}),
        ("unicode", {"is_sms": True, "most_parts": 2, "forcing": ("😀",)}),
        ("first_contacts", {"newcomers": 90, "newcomers_per_day": 30}),
        ("unknown_cost", {"unknown_cost": 4}),
        ("night", {"nights": [Night(country="ES", people=5, clock="03:10")]}),
    ],
)
def test_it_tells_what_may_go_wrong(key: str, changes: dict[str, Any]) -> None:
    assert keys(replace(CALM, **changes)) == [key]


@pytest.mark.parametrize(
    "changes",
    [
        {"forcing": ("😀",), "most_parts": 4},  # no SMS
        {"unknown_cost": 100, "is_cost_known": False},  # the page says that no price is kept
        {"nights": [Night(country="ES", people=4, clock="03:10")]},  # hardly anybody
        {"newcomers": 20, "newcomers_per_day": 30},
        {"texts": ["Mira https://shop.example: rebajas de primavera. BAJA para salir."]},
    ],
)
def test_it_does_not_cry_wolf(changes: dict[str, Any]) -> None:
    assert keys(replace(CALM, **changes)) == []


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("line_down", {"is_usable": False}),
        ("warm_up", {"is_warming_up": True, "per_day": 20}),
        ("new_number", {"age": 2}),
        ("no_pause", {"gap": 0.0}),
        ("untried", {"days_silent": None}),
        ("untried", {"days_silent": 30}),
        ("no_reports", {"reports": False}),
        ("incident", {"incidents": 1}),
        ("expires", {"expires_in_time": False}),
        ("shared", {"is_shared": True}),
    ],
)
def test_it_tells_what_is_the_matter_with_a_line(key: str, changes: dict[str, Any]) -> None:
    (risk,) = risks(replace(CALM, lines=[replace(WELL, **changes)]))
    assert (risk.key, "Shop" in risk.title) == (key, True)
    assert risk.text


@pytest.mark.parametrize(
    ("told", "channel", "short"),
    [
        ({"wa_send": {"used": 90, "limit": 100}}, "whatsapp", 30),
        ({"sms_send": {"used": 90, "limit": 100}}, "whatsapp", 0),
        ({"messages": {"used": 0, "limit": 39}}, "sms", 1),
        ({"wa_send": {"used": 90, "limit": None}}, "whatsapp", 0),
        ({}, "sms", 0),
    ],
)
def test_it_compares_what_is_left_at_a_gateway(told: dict[str, Any], channel: str, short: int) -> None:
    account = Account(pk=1, name="Shop", quota=told)
    (quota,) = quotas([(account, 15), (account, 25)], channel=channel)
    assert (quota.needed, quota.short) == (40, short)
    assert ("quota" in keys(replace(CALM, quotas=[quota]))) is bool(short)


def test_the_gravest_stand_first() -> None:
    facts = replace(CALM, unknown_cost=1, missing={"city": 1}, never_opens=True)
    assert [risk.tone for risk in risks(facts)] == ["bad", "warn", "info"]


def test_it_knows_where_it_is_night() -> None:
    at = datetime(2026, 9, 9, 2, tzinfo=UTC)  # 04:00 in Spain, 20:00 in Mexico City, evening to night over the USA
    assert [(night.country, night.clock) for night in nights({"ES": 3, "MX": 9, "US": 2, "": 1}, at=at)] == [
        ("ES", "04:00")
    ]
