"""A report as an Excel file: a summary, the timeline, the parts, the reasons, and everybody.

XlsxWriter writes row by row into temporary files, so memory does not grow with the people. Every text is written as a text:
no cell of it is a formula, whatever it begins with.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.exporting.rows import HEADINGS, Cell
from campaigns.funnel import LABELS, RATES, Numbers, steps
from campaigns.models import Campaign
from campaigns.report import Counts, Report
from campaigns.timeline import SERIES, Timeline

MOST_ROWS = 1_048_576  # that a sheet of Excel holds, with its headings
_LONGEST = 32_767  # characters in a cell


def write_book(
    path: Path,
    *,
    campaign: Campaign,
    report: Report,
    counts: Counts,
    people: Iterator[list[Cell]],
    most: int = MOST_ROWS,
) -> None:
    """The whole file. most: rows of a sheet; more people go on in further sheets."""
    options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss", "remove_timezone": False}
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"title": campaign.name[:200]})
        bold = book.add_format({"bold": True})
        _summary(book, bold, campaign, report)
        if counts.timeline and counts.timeline.starts:
            _timeline(book, bold, counts.timeline)
        _parts(book, bold, counts)
        _reasons(book, bold, report)
        _people(book, bold, people, most)


def _summary(book: Any, bold: Any, campaign: Campaign, report: Report) -> None:
    sheet = book.add_worksheet(_name(_("Summary")))
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 3, 16)
    zone = timezone.get_current_timezone_name()
    facts: list[Sequence[Cell]] = [
        [campaign.name],
        [_("Channel"), campaign.get_channel_display()],
        [_("State"), campaign.get_state_display()],
        [_("Started"), campaign.started_at],
        [_("Ended"), campaign.finished_at],
        [_("Time zone of all times"), zone],
        [],
        [_("Step"), _("People"), _("Percent"), _("of what")],
    ]
    rows = [[str(each.label), each.count, _percent(each.share), str(each.of)] for each in steps(report.numbers)]
    for at, cells in enumerate([*facts, *rows]):
        _write(sheet, at, cells, bold if at in (0, 7) else None)


def _timeline(book: Any, bold: Any, found: Timeline) -> None:
    name = _name(_("Timeline"))
    sheet = book.add_worksheet(name)
    sheet.set_column(0, 0, 20)
    _write(sheet, 0, [_("From"), *(str(LABELS[key]) for key in SERIES)], bold)
    for at, start in enumerate(found.starts):
        _write(sheet, at + 1, [start, *(found.series[key][at] for key in SERIES)])
    chart = book.add_chart({"type": "line"})
    last = len(found.starts)
    for column, _key in enumerate(SERIES, start=1):
        chart.add_series({
            "name": [name, 0, column], "categories": [name, 1, 0, last, 0], "values": [name, 1, column, last, column],
        })  # fmt: skip
    chart.set_size({"width": 760, "height": 340})
    sheet.insert_chart(1, len(SERIES) + 2, chart)


def _parts(book: Any, bold: Any, counts: Counts) -> None:
    if not counts.parts:
        return
    sheet = book.add_worksheet(_name(_("Parts")))
    sheet.set_column(0, 1, 22)
    titles = {"line": _("Line"), "language": _("Language"), "letter": _("Variant"), "country": _("Country")}
    rates = [f"{LABELS[key]} %" for key in RATES]
    _write(sheet, 0, ["", "", str(LABELS["to_send"]), *(str(LABELS[key]) for key in RATES), *rates], bold)
    at = 1
    for cut, parts in counts.parts.items():
        for part in parts:
            _write(sheet, at, [titles[cut], part.label, *_of_part(part.numbers)])
            at += 1


def _of_part(found: Numbers) -> list[Cell]:
    return [found.to_send, *(found.of(key) for key in RATES), *(_percent(found.rate(key)) for key in RATES)]


def _reasons(book: Any, bold: Any, report: Report) -> None:
    sheet = book.add_worksheet(_name(_("Reasons")))
    sheet.set_column(2, 2, 80)
    _write(sheet, 0, [_("State"), _("Reason"), _("Reason and what to do"), _("People")], bold)
    for at, each in enumerate(report.reasons, start=1):
        _write(sheet, at, [each.counted.state, each.counted.reason, each.counted.sentence, each.counted.count])


def _people(book: Any, bold: Any, people: Iterable[list[Cell]], most: int) -> None:
    sheet, at, number = None, most, 0
    for cells in people:
        if sheet is None or at >= most:
            number += 1
            sheet, at = _people_sheet(book, bold, number), 1
        _write(sheet, at, cells)
        at += 1
    if sheet is None:
        _people_sheet(book, bold, 1)


def _people_sheet(book: Any, bold: Any, number: int) -> Any:
    sheet = book.add_worksheet(_name(" ".join([_("People"), *([str(number)] if number > 1 else [])])))
    sheet.set_column(0, len(HEADINGS) - 1, 18)
    sheet.freeze_panes(1, 1)
    _write(sheet, 0, HEADINGS, bold)
    return sheet


def _write(sheet: Any, row: int, cells: Sequence[Cell], look: Any = None) -> None:
    for column, cell in enumerate(cells):
        if cell is None or cell == "":
            continue
        if isinstance(cell, datetime):
            sheet.write_datetime(row, column, timezone.localtime(cell).replace(tzinfo=None))
        elif isinstance(cell, str):
            sheet.write_string(row, column, cell[:_LONGEST], look)
        else:
            sheet.write_number(row, column, cell, look)


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share, 2)


def _name(title: str) -> str:
    """Of a sheet: at most 31 characters, some of which Excel does not take."""
    return "".join("-" if character in "[]:*?/\\" else character for character in title)[:31]
