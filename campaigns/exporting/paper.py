"""A report on paper: a few pages of PDF with numbers, charts drawn as lines and areas, and why some did not get it."""

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import MethodReturnValue, XPos, YPos
from fpdf.fonts import TTFFont

from campaigns.exporting.drawing import draw_timeline
from campaigns.funnel import LABELS, Step
from campaigns.models import Campaign
from campaigns.report import Counts, Report

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every table that it cuts down

_FONTS = Path(settings.BASE_DIR) / "static" / "vendor" / "dejavu"
_WIDTH, _LINE = 180, 6  # millimetres: between the margins of A4, and of one line
_INK, _MUTED, _RULE = (26, 43, 44), (82, 100, 106), (219, 227, 223)
_TONES = {
    "neutral": (143, 162, 162), "info": (61, 132, 198), "good": (47, 158, 104), "read": (18, 137, 127),
    "warn": (211, 154, 51), "bad": (207, 86, 74),
}  # fmt: skip
_MOST_PARTS = 40  # rows of one table; a campaign to every country has no more that matter
_SILENT = {
    0x200B,
    0x200C,
    0x200D,
    0x2060,
    0xFE0E,
    0xFE0F,
    0xFEFF,
}  # what joins and dresses emoji has no shape of its own


def write_paper(path: Path, *, campaign: Campaign, report: Report, counts: Counts) -> None:
    """The whole file."""
    paper = Paper(campaign.name)
    paper.head(campaign)
    paper.funnel(report.steps)
    if counts.timeline and counts.timeline.starts:
        paper.heading(_("When it happened"))
        draw_timeline(paper, counts.timeline)
    titles = {"line": _("By line"), "language": _("By language"), "letter": _("By variant"), "country": _("By country")}
    for cut, parts in (counts.parts or {}).items():
        paper.heading(titles[cut])
        keys = ("sent", "delivered", "read", "replied", "clicked", "opted_out", "failed")
        paper.lines_of(
            ["", str(LABELS["to_send"]), *(str(LABELS[key]) for key in keys)],
            [
                [part.label, _number(part.numbers.to_send), *(_percent(part.numbers.rate(key)) for key in keys)]
                for part in parts[:_MOST_PARTS]
            ],
            widths=[40, 28, *[16] * 7],
        )
    if report.reasons:
        paper.heading(_("Why some did not get it"))
        rows = [[each.counted.sentence or "–", _number(each.counted.count)] for each in report.reasons]
        paper.lines_of([_("Reason and what to do"), _("People")], rows, widths=[155, 25])
    paper.note(_("Shares are of the step named beside them; parts are shares of the same steps."))
    paper.output(str(path))


class Paper(FPDF):
    """A4 with our type, a foot with page numbers, and the few shapes a report is made of."""

    def __init__(self, name: str) -> None:
        super().__init__(format="A4")
        self.name = name
        self.made_at = _moment(timezone.now())
        self.set_margin(15)
        self.set_auto_page_break(auto=True, margin=18)
        self.add_font("Text", "", _FONTS / "DejaVuSans.ttf")
        self.add_font("Text", "B", _FONTS / "DejaVuSans-Bold.ttf")
        self.set_title(name[:200])
        self.add_page()

    def footer(self) -> None:
        self.set_y(-14)
        self.type(7, colour=_MUTED)
        self.cell(_WIDTH * 0.75, 5, self.fit(f"{self.name} · {self.made_at}", _WIDTH * 0.74))
        self.cell(_WIDTH * 0.25, 5, _("Page %(n)d of %(all)s") % {"n": self.page_no(), "all": "{nb}"}, align="R")

    def type(self, size: float, *, style: str = "", colour: tuple[int, int, int] = _INK) -> None:
        """The type and colour of what is written next. size: points."""
        self.set_font("Text", style, size)
        self.set_text_color(*colour)

    def head(self, campaign: Campaign) -> None:
        self.type(16, style="B")
        self.multi_cell(_WIDTH, 8, self.plain(campaign.name), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.type(9, colour=_MUTED)
        facts = [str(campaign.get_channel_display()), str(campaign.get_state_display())]
        if campaign.started_at:
            facts.append(" ".join((_("started"), _moment(campaign.started_at))))
        if campaign.finished_at:
            facts.append(" ".join((_("ended"), _moment(campaign.finished_at))))
        self.cell(_WIDTH, _LINE, self.fit(" · ".join(facts), _WIDTH), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def heading(self, words: str) -> None:
        """A heading that does not stay alone at the end of a page."""
        if self.will_page_break(30):
            self.add_page()
        self.ln(4)
        self.type(11, style="B")
        self.cell(_WIDTH, 8, self.fit(words, _WIDTH), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def note(self, words: str) -> None:
        self.ln(3)
        self.type(8, colour=_MUTED)
        self.multi_cell(_WIDTH, 4.5, self.plain(words))

    def funnel(self, steps: Sequence[Step]) -> None:
        """One bar per step, as long as its share."""
        self.heading(_("How far people came"))
        for step in steps:
            if self.will_page_break(_LINE):
                self.add_page()
            top = self.get_y()
            self.type(9)
            self.cell(42, _LINE, self.fit(str(step.label), 41))
            self.cell(22, _LINE, _number(step.count), align="R")
            left = self.get_x() + 4
            self.set_fill_color(*_RULE)
            self.rect(left, top + 1.4, 55, _LINE - 2.8, style="F")
            self.set_fill_color(*_TONES.get(step.tone, _TONES["neutral"]))
            if step.width:
                self.rect(left, top + 1.4, 55 * step.width / 100, _LINE - 2.8, style="F")
            self.set_x(left + 58)
            self.cell(15, _LINE, _percent(step.share), align="R")
            self.type(8, colour=_MUTED)
            words = self.fit(str(step.of), _WIDTH - 138)
            self.cell(_WIDTH - 139, _LINE, words, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def lines_of(self, head: Sequence[str], rows: Sequence[Sequence[str]], *, widths: Sequence[float]) -> None:
        """Rows with a head that is repeated on each page; the first column is text and may take several lines."""
        self._head_of_table(head, widths)
        for cells in rows:
            self.type(8)
            needed = self.multi_cell(
                widths[0], 4.5, self.plain(cells[0]), align="L", dry_run=True, output=MethodReturnValue.LINES
            )
            lines = needed if isinstance(needed, list) else [cells[0]]
            height = 4.5 * len(lines) + 1.5
            if self.will_page_break(height):
                self.add_page()
                self._head_of_table(head, widths)
                self.type(8)
            top = self.get_y()
            self.multi_cell(widths[0], 4.5, self.plain(cells[0]), align="L", new_x=XPos.RIGHT, new_y=YPos.TOP)
            for words, width in zip(cells[1:], widths[1:], strict=True):
                self.cell(width, 4.5, self.fit(words, width - 1), align="R")
            self.set_xy(self.l_margin, top + height)
            self._rule()

    def _head_of_table(self, head: Sequence[str], widths: Sequence[float]) -> None:
        self.type(7, style="B", colour=_MUTED)
        for at, (words, width) in enumerate(zip(head, widths, strict=True)):
            self.cell(width, _LINE, self.fit(words, width - 1), align="R" if at else "L")
        self.ln(_LINE)
        self._rule()

    def _rule(self) -> None:
        self.set_draw_color(*_RULE)
        self.set_line_width(0.2)
        self.line(self.l_margin, self.get_y(), self.l_margin + _WIDTH, self.get_y())

    def plain(self, text: str) -> str:
        """Text that the type can show: what it has no shape for (most emoji) becomes a square."""
        font = self.fonts["text"]
        shapes = font.cmap if isinstance(font, TTFFont) else {}
        kept = (character for character in text if ord(character) not in _SILENT)
        return "".join(
            character if character == "\n" or (ord(character) in shapes and character.isprintable()) else "□"
            for character in kept
        )

    def fit(self, text: str, width: float) -> str:
        """As much of a text as fits one line of so many millimetres."""
        shown = " ".join(self.plain(text).split())
        if self.get_string_width(shown) <= width:
            return shown
        while shown and self.get_string_width(f"{shown}…") > width:
            shown = shown[:-1]
        return f"{shown}…"


def _number(value: int) -> str:
    return str(number_format(value, use_l10n=True, force_grouping=True))


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{number_format(round(share, 1), decimal_pos=1)} %"


def _moment(value: datetime) -> str:
    local = timezone.localtime(value)
    return f"{date_format(local, 'j M Y, H:i')} {local.tzname()}"
