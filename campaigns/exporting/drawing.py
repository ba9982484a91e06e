"""The timeline as lines on paper: each series with a colour and a dash of its own, so that it reads without colours too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaigns.funnel import LABELS
from campaigns.timeline import Timeline

if TYPE_CHECKING:
    from campaigns.exporting.paper import Paper

_HEIGHT, _WIDTH = 46.0, 180.0  # millimetres
_LEFT = 14.0  # for the numbers of the axis
_LOOKS = {
    "sent": ((0, 114, 178), 0.0), "delivered": ((0, 132, 95), 3.0), "read": ((154, 79, 135), 1.2),
    "replied": ((168, 100, 0), 5.0), "clicked": ((77, 90, 92), 0.6), "failed": ((196, 74, 0), 2.0),
}  # fmt: skip  # colour, and millimetres of dash (0: a whole line)


def draw_timeline(paper: Paper, found: Timeline) -> None:
    """The picture and its legend, where the pen is."""
    shown = [key for key in _LOOKS if any(found.series[key])]
    if paper.will_page_break(_HEIGHT + 20):
        paper.add_page()
    top = paper.get_y() + 2
    most = max((max(found.series[key]) for key in shown), default=0) or 1
    _axes(paper, found, top, most)
    for key in shown:
        colour, dash = _LOOKS[key]
        paper.set_draw_color(*colour)
        paper.set_line_width(0.5)
        paper.set_dash_pattern(dash=dash, gap=max(1.0, dash / 2))
        points = [(_across(paper, at, len(found.starts)), _up(top, n, most)) for at, n in enumerate(found.series[key])]
        if len(points) == 1:
            paper.circle(points[0][0], points[0][1], 0.8)
        else:
            paper.polyline(points)
    paper.set_dash_pattern()
    _legend(paper, shown, top + _HEIGHT + 7)


def _axes(paper: Paper, found: Timeline, top: float, most: int) -> None:
    paper.set_draw_color(200, 208, 206)
    paper.set_line_width(0.15)
    paper.type(6.5, colour=(82, 100, 106))
    for part in (0, 0.5, 1):
        y = top + _HEIGHT * (1 - part)
        paper.line(paper.l_margin + _LEFT, y, paper.l_margin + _WIDTH, y)
        paper.set_xy(paper.l_margin, y - 2)
        paper.cell(_LEFT - 1.5, 4, f"{round(most * part)}", align="R")
    labels = found.labels
    every = max(1, -(-len(labels) // 7))
    for at in range(0, len(labels), every):
        paper.set_xy(min(_across(paper, at, len(labels)) - 12, paper.l_margin + _WIDTH - 24), top + _HEIGHT + 1)
        paper.cell(24, 4, labels[at], align="C")


def _legend(paper: Paper, shown: list[str], y: float) -> None:
    x = paper.l_margin + _LEFT
    for key in shown:
        colour, dash = _LOOKS[key]
        paper.set_draw_color(*colour)
        paper.set_line_width(0.7)
        paper.set_dash_pattern(dash=dash, gap=max(1.0, dash / 2))
        paper.line(x, y + 2, x + 8, y + 2)
        paper.set_xy(x + 9, y)
        paper.type(7.5)
        words = paper.plain(str(LABELS[key]))
        paper.cell(18, 4, words)
        x += 14 + paper.get_string_width(words)
    paper.set_dash_pattern()
    paper.set_xy(paper.l_margin, y + 6)


def _across(paper: Paper, at: int, many: int) -> float:
    return paper.l_margin + _LEFT + (_WIDTH - _LEFT) * (at / (many - 1) if many > 1 else 0.5)


def _up(top: float, n: int, most: int) -> float:
    return top + _HEIGHT * (1 - n / most)
