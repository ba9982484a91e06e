"""When the lines of a campaign may send at all, in words: what the composer shows beside the time of a campaign."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from messaging import limits, limits_text
from messaging.models import Line


@dataclass(frozen=True, kw_only=True)
class LineHours:
    """hours: one stretch each, like "Mon–Fri 09:00–18:00"; none: at any time. holidays: those to come, as 2026-12-25."""

    line: Line
    hours: list[str]
    holidays: list[str]
    zone: str
    by_person: bool


def hours_of(lines: Iterable[Line]) -> list[LineHours]:
    """Those of the lines that may not send at any time."""
    today = timezone.localdate().isoformat()
    return [
        LineHours(
            line=line,
            hours=limits_text.write_windows(line.windows).splitlines(),
            holidays=[day for day in line.holidays if day >= today],
            zone=limits.zone_of(line).key,
            by_person=line.window_basis == Line.Basis.PERSON,
        )
        for line in lines
        if line.windows or line.holidays
    ]
