"""What a gateway says its paid routes cost, as it lists them (the mirrored kind "rate")."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any


@dataclass(frozen=True, kw_only=True)
class RoutePrices:
    """Prices of one SMS part. by_country: two capital letters → price; default: for all others, None where it has none."""

    currency: str
    default: Decimal | None
    by_country: Mapping[str, Decimal]

    def price(self, country: str) -> Decimal | None:
        """Of a part to a country."""
        return self.by_country.get(country, self.default)


def prices_of(raw: Mapping[str, Any]) -> RoutePrices | None:
    """A row of Zender's list, `{"currency": "USD", "pricing": {"default": "0.05", "countries": {"mx": "0.03"}}}`
    (providers.md 1.2 row 24); None where nothing in it is a price."""
    pricing, currency = raw.get("pricing"), str(raw.get("currency") or "").upper()
    if not isinstance(pricing, Mapping) or len(currency) != 3:
        return None
    listed = pricing.get("countries")
    found = {str(code).upper(): _price(text) for code, text in listed.items()} if isinstance(listed, Mapping) else {}
    by_country = {code: price for code, price in found.items() if price is not None and len(code) == 2}
    default = _price(pricing.get("default"))
    return (
        RoutePrices(currency=currency, default=default, by_country=by_country)
        if by_country or default is not None
        else None
    )


def _price(text: object) -> Decimal | None:
    try:
        price = Decimal(str(text))
    except InvalidOperation:
        return None
    return price if price.is_finite() and price >= 0 else None
