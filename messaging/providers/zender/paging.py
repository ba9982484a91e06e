"""Reading Zender's lists whole, though its pages cannot be trusted (docs/wire.md 1.6.3).

Version 3.9.5 starts page 1 at row 0 but page n at row n × limit, so page 2 leaves out as many rows as page 1 showed;
a corrected version starts page n at row (n - 1) × limit. Asking for page 1 with a limit of 2 × n and for the following
pages with a limit of n leaves out nothing on either: on the first the pages join, on the second page 2 repeats.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Protocol

from messaging.providers.zender.calls import PAGE_SIZE, Row


class List(Protocol):
    """An endpoint with `limit` and `page`."""

    def __call__(self, *, limit: int, page: int) -> list[Row]: ...


def read_page(endpoint: List, cursor: str | None) -> tuple[list[Row], str | None]:
    """One page and the cursor of the next, None at the end. Rows of a page may have been on the page before."""
    if cursor is None:
        rows = endpoint(limit=2 * PAGE_SIZE, page=1)
        # A round number below what was asked may be a cap we were not told of: then its half is the page.
        return rows, f"2:{len(rows) // 2}:" if rows and len(rows) % 50 == 0 else None
    page, limit, first = cursor.split(":", 2)
    rows = endpoint(limit=int(limit), page=int(page))
    begins_with = str(rows[0].get("id")) if rows else ""
    if len(rows) < int(limit) or begins_with == first:  # the same page again: this gateway ignores `page`
        return rows, None
    return rows, f"{int(page) + 1}:{limit}:{begins_with}"


def read_pages(endpoint: List, *, key: str = "id") -> Iterator[list[Row]]:
    """Page after page of rows not seen before, until the list ends. Only the keys are remembered."""
    seen: set[str] = set()
    cursor: str | None = None
    while True:
        rows, cursor = read_page(endpoint, cursor)
        new = [row for row in rows if str(row.get(key)) not in seen]
        seen.update(str(row.get(key)) for row in new)
        yield new
        if cursor is None:
            return


def read_since(endpoint: List, since: datetime | None, changed_at: Callable[[Row], datetime | None]) -> list[Row]:
    """The rows changed since then (all for None). Stops early only where the list shows itself as newest first."""
    found: list[Row] = []
    for page in read_pages(endpoint):
        times = [at for row in page if (at := changed_at(row))]
        found += [row for row in page if since is None or (at := changed_at(row)) is None or at >= since]
        if since is not None and times and max(times) < since and times[0] >= times[-1] and len(times) > 1:
            break
    return found


def as_ids(rows: list[Row]) -> dict[str, Row]:
    """Rows by their id as text."""
    return {str(row.get("id")): row for row in rows}


def number(value: Any) -> int | None:
    """A whole number that may come as text."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
