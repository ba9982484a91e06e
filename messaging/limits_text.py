"""Opening hours, warm-up ladders and holidays as people type them, one to a line: "Mon-Fri 09:00-18:00", "0: 20"."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from contacts.refusal import Refused
from messaging.limits import DAYS

_HOURS = re.compile(r"(?P<days>[^\d]*?)[\s:]*(?P<start>\d{1,2}[:.]\d{2})\s*[-–—]\s*(?P<end>\d{1,2}[:.]\d{2})")
_RUNG = re.compile(r"\D*?(?P<day>\d+)\D+?(?P<count>\d+)?\D*")
_NOT_BETWEEN = 3  # days in a row from which "Mon–Wed" is shorter than a list


def read_windows(text: str) -> list[dict[str, Any]]:
    """Windows as messaging.limits stores them; weekdays in English or in the reader's language. Raises Refused."""
    return [_window(line) for line in _lines(text)]


def write_windows(windows: Sequence[Mapping[str, Any]]) -> str:
    """The same windows for people, in the reader's language."""
    return "\n".join(f"{_days_words(window['days'])} {window['start']}–{window['end']}".strip() for window in windows)


def read_rungs(text: str) -> list[dict[str, int | None]]:
    """A warm-up: the first number of a line is the day, the second how many messages a day; none is no limit."""
    rungs = []
    for line in _lines(text):
        found = _RUNG.fullmatch(f"{line} ")
        if not found:
            raise Refused(_("“%(line)s” is not a step. Write it like 4: 50.") % {"line": line[:40]}, field="warm_up")
        rungs.append({"from_day": int(found["day"]), "per_day": int(found["count"]) if found["count"] else None})
    return rungs


def write_rungs(rungs: Sequence[Mapping[str, int | None]]) -> str:
    """The same ladder for people."""
    return "\n".join(
        f"{rung['from_day']}: {'' if rung['per_day'] is None else rung['per_day']}".strip() for rung in rungs
    )


def read_days(text: str) -> list[str]:
    """Days, one to a line or with commas between them."""
    return [word for line in _lines(text) for word in line.replace(",", " ").split()]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _window(line: str) -> dict[str, Any]:
    found = _HOURS.fullmatch(line)
    days = _days(found["days"]) if found else None
    if not found or days is None:
        raise Refused(
            _("“%(line)s” is not clear. Write it like Mon-Fri 09:00-18:00.") % {"line": line[:40]}, field="windows"
        )
    return {"days": days, "start": _padded(found["start"]), "end": _padded(found["end"])}


def _padded(time: str) -> str:
    return time.replace(".", ":").zfill(5)


def _days(words: str) -> list[str] | None:
    """The days that words like "Mon-Wed, Fri" name; every day for none; None when a word names no day."""
    if not words.strip():
        return list(DAYS)
    chosen: set[int] = set()
    for part in re.split(r"[,;/&\s]+", re.sub(r"\s*[-–—]\s*", "-", words.strip())):
        numbers = [_number(word) for word in part.split("-")]
        known = [number for number in numbers if number is not None]
        if len(known) < len(numbers) or len(known) > 2:
            return None
        chosen |= {(known[0] + step) % 7 for step in range((known[-1] - known[0]) % 7 + 1)}
    return [day for number, day in enumerate(DAYS) if number in chosen]


def _number(word: str) -> int | None:
    word = word.lower().rstrip(".")
    for number in range(7):
        if word in (str(WEEKDAYS_ABBR[number]).lower().rstrip("."), str(WEEKDAYS[number]).lower()):
            return number
    return DAYS.index(word[:3]) if word[:3] in DAYS else None


def _days_words(days: Sequence[str]) -> str:
    """ "Mon–Fri", "Sat, Sun"; nothing for every day."""
    numbers = sorted(DAYS.index(day) for day in days)
    if len(numbers) == len(DAYS):
        return ""
    names = [str(WEEKDAYS_ABBR[number]) for number in numbers]
    is_row = numbers[-1] - numbers[0] == len(numbers) - 1 >= _NOT_BETWEEN - 1
    return f"{names[0]}–{names[-1]}" if is_row else ", ".join(names)
