"""Cost and time before the start: sums that add up, and more lines that never end later."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.costs import Amount, Share, cost, split
from campaigns.estimate import LinePlan, finish_at, opens, sent_until
from messaging.rates import Price
from tests.campaigns.test_estimate import FAR, NOW, OFFICE, ends, plans

COUNTRIES = ["MX", "US", "ES", ""]
prices = st.none() | st.builds(
    Price, st.decimals(0, 2, places=6, allow_nan=False), st.sampled_from(["USD", "EUR", "IDR"])
)


def at(book: dict[str, Price | None]) -> Callable[[str], Price | None]:
    return book.get


shares = st.builds(
    lambda people, book: Share(people=people, price=at(book)),
    st.integers(0, 5000), st.fixed_dictionaries(dict.fromkeys(COUNTRIES, prices)),
)  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(COUNTRIES), st.integers(0, 100_000)), st.lists(shares, max_size=4),
    st.integers(1, 6), st.integers(1, 50), st.integers(0, 49),
)  # fmt: skip
@settings(deadline=None, max_examples=150)
def test_the_cost_adds_up(countries: dict[str, int], lines: list[Share], most: int, sample: int, longer: int) -> None:
    likely = 1 + Fraction((most - 1) * min(longer, sample), sample)
    found = cost(countries, lines, likely=likely, most=most)
    assert sum(row.people for row in found.countries) == sum(countries.values())
    assert found.unknown == sum(row.unknown for row in found.countries) <= sum(countries.values())
    for total in found.amounts:
        cells = [amount for row in found.countries for amount in row.amounts if amount.currency == total.currency]
        assert total.likely == sum(cell.likely for cell in cells)
        assert total.most == sum(cell.most for cell in cells)
    assert len({amount.currency for amount in found.amounts}) == len(found.amounts)


@given(st.integers(0, 1_000_000), st.lists(st.floats(0, 1e6), min_size=1, max_size=6))
def test_a_split_loses_nobody(count: int, weights: list[float]) -> None:
    parts = split(count, weights)
    assert sum(parts) == count
    assert min(parts) >= 0


def test_the_cost_of_two_currencies_is_told_apart_and_the_unknown_is_counted() -> None:
    dollars = Share(people=3, price=at({"MX": Price(Decimal("0.03"), "USD")}))
    euros = Share(people=1, price=at({"MX": Price(Decimal("0.1"), "EUR"), "US": Price(Decimal(1), "EUR")}))
    found = cost({"MX": 8, "US": 4}, [dollars, euros], likely=Fraction(3, 2), most=3)
    assert found.amounts == [
        Amount("EUR", Decimal("0.3") + Decimal("1.5"), Decimal("0.6") + Decimal(3)),
        Amount("USD", Decimal("0.27"), Decimal("0.54")),
    ]
    assert (found.unknown, [row.country for row in found.countries]) == (3, ["MX", "US"])


@given(st.integers(1, 20_000), st.lists(plans, min_size=1, max_size=2), plans)
@settings(deadline=None, max_examples=50)
def test_more_lines_never_end_later(count: int, lines: list[LinePlan], one_more: LinePlan) -> None:
    assert ends(count, [*lines, one_more]) <= ends(count, lines)


@given(st.integers(1, 5000), plans)
@settings(deadline=None, max_examples=40)
def test_a_line_has_sent_as_much_as_it_had_to_by_its_end(count: int, plan: LinePlan) -> None:
    end = finish_at(count, [plan], now=NOW)
    if end and end < NOW + timedelta(days=59):
        assert sent_until(plan, end, now=NOW) >= count - 1e-6


def test_a_line_opens_when_its_hours_do() -> None:
    plan = LinePlan(free_at=NOW, hours=OFFICE)
    assert opens(plan, now=NOW) == NOW + timedelta(hours=1)  # 08:00, and they open at 09:00
    assert opens(replace(plan, free_at=FAR), now=NOW) is None
