"""Prices: kept by hand, pasted as a list, listed by the gateway; Decimals with a currency throughout."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from config.models import ApiToken
from contacts.refusal import Refused
from messaging import rate_list, rates
from messaging.models import Account, Line, MirroredObject, Rate
from messaging.providers.prices import prices_of
from tests.campaigns.desk import a_line


@pytest.fixture
def line(db: None) -> Line:
    return a_line(7, channel="sms")


@pytest.fixture
def account(line: Line) -> Account:
    return line.account


@pytest.mark.parametrize(
    ("raw", "country", "price"),
    [
        ({"currency": "usd", "pricing": {"default": "0.05", "countries": {"mx": "0.03"}}}, "MX", "0.03"),
        ({"currency": "USD", "pricing": {"default": "0.05", "countries": {"mx": "0.03"}}}, "US", "0.05"),
        ({"currency": "USD", "pricing": {"default": "0", "countries": []}}, "US", "0"),
        ({"currency": "USD", "pricing": {"countries": {"mx": "0.03", "us": "call us"}}}, "US", None),
    ],
)
def test_it_reads_what_a_gateway_lists(raw: dict[str, object], country: str, price: str | None) -> None:
    found = prices_of(raw)
    assert found is not None
    assert (found.currency, found.price(country)) == ("USD", None if price is None else Decimal(price))


@pytest.mark.parametrize(
    "raw", [{}, {"pricing": "0.05", "currency": "USD"}, {"pricing": {"default": "NaN"}, "currency": "USD"}]
)
def test_it_takes_nothing_else_for_prices(raw: dict[str, object]) -> None:
    assert prices_of(raw) is None


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("MX, 0.03, USD\n*, 0.08", [("MX", "0.03", "USD", "sms"), ("*", "0.08", "EUR", "sms")]),
        ("Price;Country\n0,03;mx\n", [("mx", "0,03", "EUR", "sms")]),
        ("\ufeffMX\t0.03\tUSD\tWhatsApp\n\n", [("MX", "0.03", "USD", "whatsapp")]),
    ],
)
def test_it_reads_a_pasted_list(text: str, rows: list[tuple[str, ...]]) -> None:
    found = rate_list.read(text, channel="sms", currency="EUR")
    assert [(row.country, row.price, row.currency, row.channel) for _number, row in found] == rows


@pytest.mark.once
@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("country", {"country": "XX"}),
        ("price", {"price": "-1"}),
        ("price", {"price": "NaN"}),
        ("price", {"price": "1e9"}),
        ("price", {"price": "0.0000001"}),
        ("currency", {"currency": "dollars"}),
        ("channel", {"channel": "pigeon"}),
    ],
)
def test_it_refuses_what_is_no_price(account: Account, field: str, changes: dict[str, str]) -> None:
    good: dict[str, Any] = {"channel": "sms", "country": "MX", "price": "0.03", "currency": "USD"}
    with pytest.raises(Refused) as refused:
        rates.save(account=account, **{**good, **changes})
    assert refused.value.field == field


def test_it_keeps_a_whole_list_or_nothing_of_it(account: Account) -> None:
    with pytest.raises(Refused, match=r"Line 2: .*country"):
        rate_list.bring_in(account, "MX, 0.03, USD\nNowhere, 0.05, USD", channel="sms", currency="")
    assert not Rate.objects.exists()
    assert rate_list.bring_in(account, "mx, 0.03, USD\nMX, 0.04, usd\n*, 0", channel="sms", currency="USD") == 3
    assert sorted(Rate.objects.values_list("country", "price")) == [("", Decimal(0)), ("MX", Decimal("0.04"))]


def test_a_price_kept_by_hand_wins_over_what_the_gateway_lists(account: Account) -> None:
    raw = {"currency": "EUR", "pricing": {"default": "0.09", "countries": {"mx": "0.02"}}}
    MirroredObject.objects.create(account=account, kind="rate", remote_id="r1", name="Route", raw=raw)
    paid = Line.objects.create(account=account, channel="sms", kind="paid", address="r1", label="Paid", state="ready")
    sim = account.lines.get(kind="sim")
    rates.save(account=account, channel="sms", country="US", price="0.01", currency="USD")
    book = rates.price_book([paid, sim])
    assert book.price(paid, "US") == rates.Price(Decimal("0.01"), "USD")
    assert book.price(paid, "MX") == rates.Price(Decimal("0.02"), "EUR")
    assert book.price(sim, "MX") is None


def test_a_manager_keeps_changes_and_deletes_prices(
    alice_client: Client, charlie_client: Client, account: Account
) -> None:
    url = f"/accounts/{account.pk}/rates/"
    one = {"channel": "sms", "country": "mx", "price": "0,03", "currency": "usd"}
    alice_client.post(url, one)
    assert "0.03 USD" in charlie_client.get(url).content.decode()
    assert charlie_client.post(url, one).status_code == 403
    alice_client.post(f"{url}bring/", {"text": "US, 0.01\n*, 0.1", "channel": "sms", "currency": "USD"})
    assert account.rates.count() == 3
    rate = account.rates.get(country="US")
    assert alice_client.post(f"/rates/{rate.pk}/", {**one, "price": "1"}).status_code == 422  # MX has one already
    alice_client.post(f"/rates/{rate.pk}/", {**one, "country": "CA"})
    alice_client.post(f"/rates/{account.rates.get(country='MX').pk}/delete/")
    assert sorted(account.rates.values_list("country", flat=True)) == ["", "CA"]


def test_it_names_the_line_that_is_wrong_beside_the_list(alice_client: Client, account: Account) -> None:
    response = alice_client.post(
        f"/accounts/{account.pk}/rates/bring/", {"text": "MX, free", "channel": "sms", "currency": "USD"}
    )
    assert response.status_code == 422
    assert "Line 1: “free” is not a price" in response.content.decode()


def test_it_is_kept_and_read_by_rest(alice: User, client: Client, account: Account) -> None:
    signed = {"Authorization": f"Bearer {ApiToken.issue(user_id=alice.pk)}"}
    url = f"/api/v1/accounts/{account.pk}/rates"
    data = json.dumps([{"country": "MX", "price": "0.03", "currency": "USD"}])
    assert client.post(url, data, content_type="application/json", headers=signed).status_code == 200
    (kept,) = client.get(url, headers=signed).json()["rates"]
    assert (kept["country"], kept["price"], kept["channel"]) == ("MX", "0.030000", "sms")
    assert client.delete(f"/api/v1/rates/{kept['id']}", headers=signed).status_code == 204
