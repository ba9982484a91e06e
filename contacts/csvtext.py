"""CSV that a spreadsheet opens as it was meant: marked as UTF-8, and no cell of it runs as a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence

_FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")
_BOM = "\ufeff"


class _Line:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Sequence[object]], *, delimiter: str = ",") -> Iterator[str]:
    """Rows as lines of CSV text, one at a time, for a streaming response."""
    writer = csv.writer(_Line(), delimiter=delimiter)
    mark = _BOM
    for row in rows:
        yield mark + writer.writerow([guarded(str(cell)) for cell in row])
        mark = ""


def guarded(text: str) -> str:
    """A cell that a spreadsheet shows instead of running it: '+5215512345678."""
    return f"'{text}" if text[:1] in _FORMULA_STARTS else text


def unguarded(text: str) -> str:
    """The cell as it was before `guarded`, so that what we export comes back as it left."""
    return text[1:] if text[:1] == "'" and text[1:2] in _FORMULA_STARTS else text
