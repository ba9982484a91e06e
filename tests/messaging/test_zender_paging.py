"""Zender's lists, whose pages skip or repeat rows, and the words in them (docs/wire.md 1.3, 1.6)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from messaging.providers.zender.calls import Row
from messaging.providers.zender.paging import read_page, read_pages, read_since
from messaging.providers.zender.words import changed_at, is_same_number, is_same_text, report

NOON = 1767268800  # unix seconds


# Pages


class Shelf:
    """A list of `size` rows, newest first, served as one of the installations does. cap: most rows of a page."""

    def __init__(self, size: int, style: str, *, cap: int = 10_000) -> None:
        self.rows = [{"id": number, "created": NOON + number} for number in range(size, 0, -1)]
        self.style = style
        self.cap = cap
        self.calls = 0

    def __call__(self, *, limit: int, page: int) -> list[Row]:
        self.calls += 1
        limit = min(limit, self.cap)
        first = {"skips": page * limit if page > 1 else 0, "right": (page - 1) * limit, "ignores": 0}[self.style]
        return self.rows[first : first + limit]


@pytest.mark.parametrize("style", ["skips", "right"])
@pytest.mark.parametrize(
    ("size", "cap"), [(0, 10_000), (3, 10_000), (500, 10_000), (501, 10_000), (1730, 10_000), (320, 100), (100, 100)]
)
def test_it_reads_every_row_once_however_the_gateway_counts_pages(style: str, size: int, cap: int) -> None:
    shelf = Shelf(size, style, cap=cap)
    ids = [row["id"] for page in read_pages(shelf) for row in page]
    assert ids == list(range(size, 0, -1))


@pytest.mark.parametrize("style", ["skips", "right"])
def test_it_resumes_from_a_cursor_and_misses_nothing(style: str) -> None:
    shelf, cursor, seen = Shelf(1730, style), None, set()
    while True:
        rows, cursor = read_page(shelf, cursor)
        seen |= {row["id"] for row in rows}
        if cursor is None:
            break
    assert len(seen) == 1730


def test_it_stops_at_a_gateway_that_shows_the_same_page_for_ever() -> None:
    shelf = Shelf(900, "ignores")
    assert len([row for page in read_pages(shelf) for row in page]) == 500
    assert shelf.calls == 3


def test_it_stops_reading_at_rows_older_than_asked_for() -> None:
    shelf = Shelf(5000, "right")
    rows = read_since(shelf, datetime.fromtimestamp(NOON + 4990, UTC), changed_at)
    assert [row["id"] for row in rows] == list(range(5000, 4989, -1))
    assert shelf.calls <= 3


def test_it_reads_on_where_the_oldest_rows_come_first() -> None:
    shelf = Shelf(1200, "skips")
    shelf.rows.reverse()
    rows = read_since(shelf, datetime.fromtimestamp(NOON + 1190, UTC), changed_at)
    assert [row["id"] for row in rows] == list(range(1190, 1201))


# Words


@pytest.mark.parametrize(
    ("channel", "status", "code", "says"),
    [
        ("sms", "queued", "", "accepted"),
        ("sms", "pending", "", "accepted"),
        ("sms", "sent", "SMS_SENT", "sent"),
        ("sms", "sent", "DELIVERY_PENDING", "sent"),
        ("sms", "sent", "SMS_DELIVERED", "delivered"),
        ("sms", "sent", "DELIVERY_FAILED", "failed"),
        ("sms", "failed", "", "failed"),
        ("whatsapp", "pending", None, "accepted"),
        ("whatsapp", "queued", None, "accepted"),
        ("whatsapp", "sent", None, "sent"),
        ("whatsapp", "failed", None, "failed"),
        ("whatsapp", "unknown", None, None),
    ],
)
def test_it_reads_the_gateways_words(channel: Any, status: str, code: str | None, says: str | None) -> None:
    said = report(channel, {"id": 7, "status": status, "status_code": code, "created": str(NOON)})
    assert (said.status if said else None) == says
    if said:
        assert said.at == datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+525555010001", "5215555010001", True),
        ("+5215555010001", "+5215555010001", True),
        ("+5215555010001", "+5215555010002", False),
        ("+34600010001", "34600010001@s.whatsapp.net", True),
        ("120363@g.us", "120363@g.us", True),
        ("", "", False),
    ],
)
def test_it_compares_numbers_as_loosely_as_the_gateway_writes_them(one: str, other: str, same: bool) -> None:
    assert is_same_number(one, other) is same


def test_it_compares_texts_without_their_line_ends() -> None:
    assert is_same_text("Hola\r\nAna ", "Hola\nAna")
    assert not is_same_text("Hola", "hola")
