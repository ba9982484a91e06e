"""What messages cost: prices kept by hand, and those a gateway lists for its paid routes, which are used where nobody kept
another. Money is a Decimal with its currency; nothing is ever converted."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import phonenumbers
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import Channel
from contacts.refusal import Refused
from messaging.models import Account, Line, MirroredObject, Rate
from messaging.providers.prices import RoutePrices, prices_of

OTHERS = ("", "*")  # how "all other countries" is written
_CURRENCY = re.compile(r"[A-Z]{3}")
_FINEST = Decimal("0.000001")
_MOST = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Price:
    """Of one message; of one part, by SMS."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class ListedRoute:
    """What a gateway lists for one of its paid routes. countries: (code, price), by code."""

    name: str
    currency: str
    default: Decimal | None
    countries: list[tuple[str, Decimal]]


class PriceBook:
    """Every price that some lines may need. A hand-kept one wins: the country's, else the one for all others, else what
    the gateway lists for that very route."""

    def __init__(
        self, own: Mapping[tuple[int, str, str], Price], routes: Mapping[tuple[int, str], RoutePrices]
    ) -> None:
        self._own, self._routes = own, routes

    def price(self, line: Line, country: str) -> Price | None:
        """Of a message over a line to a country (two letters, "" for an unknown one); None where nobody knows."""
        for code in (country, ""):
            if found := self._own.get((line.account_id, line.channel, code)):
                return found
        route = self._routes.get((line.account_id, line.address)) if line.kind == Line.Kind.PAID else None
        amount = route.price(country) if route else None
        return Price(amount, route.currency) if route and amount is not None else None


def price_book(lines: Iterable[Line]) -> PriceBook:
    """The prices of these lines: two queries."""
    accounts = {line.account_id for line in lines}
    own = {
        (rate.account_id, rate.channel, rate.country): Price(rate.price, rate.currency)
        for rate in Rate.objects.filter(account__in=accounts)
    }
    return PriceBook(own, _routes(accounts))


def listed_routes(account: Account) -> list[ListedRoute]:
    """What the gateway lists, for the page."""
    rows = MirroredObject.objects.filter(account=account, kind="rate", gone_at=None).order_by("name", "id")
    read = [(row, prices_of(row.raw)) for row in rows]
    return [
        ListedRoute(
            name=row.name or row.remote_id,
            currency=prices.currency,
            default=prices.default,
            countries=sorted(prices.by_country.items()),
        )
        for row, prices in read
        if prices
    ]


def save(
    *, account: Account, channel: str, country: str, price: str | Decimal, currency: str, rate: Rate | None = None
) -> Rate:
    """Keep a price. Without `rate`, one for the same account, channel and country is replaced. Refused(field=…).

    country: two letters; "" or "*" for all that have none of their own. price: "0.05", of one message or SMS part.
    """
    if channel not in Channel.values:
        raise Refused(_("Either WhatsApp or SMS."), field="channel")
    code, amount, unit = clean_country(country), clean_price(price), clean_currency(currency)
    with transaction.atomic():
        same = Rate.objects.filter(account=account, channel=channel, country=code)
        if rate is None:
            rate = same.first() or Rate(account=account)
        elif same.exclude(pk=rate.pk).exists():
            raise Refused(_("There is already a price for this country. Change that one."), field="country")
        rate.channel, rate.country, rate.price, rate.currency = channel, code, amount, unit
        rate.changed_at = timezone.now()
        rate.save()
    return rate


def clean_country(text: str) -> str:
    """Two capital letters of a country that has telephones; "" for all others."""
    code = text.strip().upper()
    if code in OTHERS:
        return ""
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise Refused(
            _("“%(text)s” is not a country: write two letters like MX, or * for all others.") % {"text": text[:20]},
            field="country",
        )
    return code


def clean_price(text: str | Decimal) -> Decimal:
    """A price, with a decimal point or comma, at most six decimals."""
    written = str(text).strip()
    if "," in written and "." not in written:
        written = written.replace(",", ".", 1)
    try:
        price = Decimal(written)
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or not 0 <= price < _MOST:
        raise Refused(_("“%(text)s” is not a price: write it like 0.05.") % {"text": str(text)[:20]}, field="price")
    if price != price.quantize(_FINEST):
        raise Refused(_("A price has at most six decimals."), field="price")
    return price


def clean_currency(text: str) -> str:
    """Three capital letters."""
    code = text.strip().upper()
    if not _CURRENCY.fullmatch(code):
        raise Refused(_("Write the currency in three letters, like USD."), field="currency")
    return code


def _routes(accounts: Iterable[int]) -> dict[tuple[int, str], RoutePrices]:
    rows = MirroredObject.objects.filter(account__in=accounts, kind="rate", gone_at=None)
    found = {(row.account_id, row.remote_id): prices_of(row.raw) for row in rows}
    return {key: prices for key, prices in found.items() if prices}
