"""What a campaign will cost: by country and in all, one sum for each currency. Pure; each cell is rounded once, so that the
rows always add up to the total."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Protocol

_FINEST = Decimal("0.000001")


class Price(Protocol):
    """Of one message; of one part, by SMS."""

    @property
    def amount(self) -> Decimal: ...
    @property
    def currency(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Share:
    """What a line has of the people. price: by country (two letters, "" where unknown), None where nobody knows it."""

    people: int
    price: Callable[[str], Price | None]


@dataclass(frozen=True, slots=True)
class Amount:
    """Money in one currency. likely: by the parts of a sample; most: if every text were as long as the longest."""

    currency: str
    likely: Decimal
    most: Decimal

    @property
    def is_exact(self) -> bool:
        return self.likely == self.most


@dataclass(frozen=True, kw_only=True)
class CountryCost:
    """unknown: people whose price nobody knows."""

    country: str
    people: int
    unknown: int
    amounts: list[Amount]


@dataclass(frozen=True, kw_only=True)
class Cost:
    """amounts: one for each currency, never added up. unknown: people whose price nobody knows."""

    countries: list[CountryCost] = field(default_factory=list)
    amounts: list[Amount] = field(default_factory=list)
    unknown: int = 0

    @property
    def is_known(self) -> bool:
        """Whether anything at all is known."""
        return bool(self.amounts)


def cost(countries: Mapping[str, int], shares: Sequence[Share], *, likely: Fraction, most: int) -> Cost:
    """Of one message to each of the people. countries: code → people. likely, most: parts of a text (1 where it is no SMS).

    Who of a country gets it over which line is not known before, so each line has its share of every country.
    """
    rows = [_row(code, people, shares, likely, most) for code, people in countries.items() if people]
    rows.sort(key=lambda row: (-row.people, row.country))
    return Cost(
        countries=rows,
        amounts=_added(amount for row in rows for amount in row.amounts),
        unknown=sum(row.unknown for row in rows),
    )


def split(count: int, weights: Sequence[float]) -> list[int]:
    """A count in parts as large as their weights, adding up to it; equal parts where no weight says anything."""
    if not weights:
        return []
    exact = [Fraction(weight) for weight in weights]
    total = sum(exact)
    exact, total = (exact, total) if total > 0 else ([Fraction(1)] * len(weights), Fraction(len(weights)))
    ideal = [count * weight / total for weight in exact]
    parts = [int(part) for part in ideal]
    by_rest = sorted(range(len(parts)), key=lambda at: (parts[at] - ideal[at], at))
    for at in by_rest[: count - sum(parts)]:
        parts[at] += 1
    return parts


def _row(country: str, people: int, shares: Sequence[Share], likely: Fraction, most: int) -> CountryCost:
    unknown, amounts = 0 if shares else people, list[Amount]()
    for share, count in zip(shares, split(people, [each.people for each in shares]), strict=True):
        price = share.price(country)
        if price is None:
            unknown += count
        elif count:
            amounts.append(_amount(price, count, likely, most))
    return CountryCost(country=country, people=people, unknown=unknown, amounts=_added(amounts))


def _amount(price: Price, count: int, likely: Fraction, most: int) -> Amount:
    parts = Fraction(count) * likely
    expected = (price.amount * parts.numerator / parts.denominator).quantize(_FINEST, rounding=ROUND_HALF_UP)
    return Amount(price.currency, expected, price.amount * count * most)


def _added(amounts: Iterable[Amount]) -> list[Amount]:
    """One for each currency, by its name."""
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for each in amounts:
        likely, most = found.get(each.currency, (Decimal(0), Decimal(0)))
        found[each.currency] = (likely + each.likely, most + each.most)
    return [Amount(currency, *found[currency]) for currency in sorted(found)]
