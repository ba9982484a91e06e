"""Dates of people, as lists have them, and when a message that goes by them is due. Pure."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from messaging.automation.recurring import in_month, moment_of

NO_YEAR = 1904  # a leap year, for birthdays without one
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_WRITTEN = re.compile(r"(\d{1,2})[./-](\d{1,2})(?:[./-](\d{4}))?")
_NO_YEAR_ISO = re.compile(r"--(\d{1,2})-(\d{1,2})")


def read_date(text: object, *, is_day_first: bool) -> date | None:
    """1990-05-14, 14/05/1990, 14.05.1990, 14/05, --05-14; None for anything else.

    is_day_first: whether 5/4 is the fifth of April. Without a year it is NO_YEAR.
    """
    written = str(text).strip()
    if found := _ISO.fullmatch(written):
        return _date(int(found[1]), int(found[2]), int(found[3]))
    if found := _NO_YEAR_ISO.fullmatch(written):
        return _date(NO_YEAR, int(found[1]), int(found[2]))
    if found := _WRITTEN.fullmatch(written):
        first, second = int(found[1]), int(found[2])
        day, month = (first, second) if is_day_first else (second, first)
        return _date(int(found[3] or NO_YEAR), month, day)
    return None


def due_between(
    value: date, *, offset_days: int, is_yearly: bool, at: time, zone: ZoneInfo, since: datetime, until: datetime
) -> tuple[date, datetime] | None:
    """The day and the moment (UTC) after `since` and not after `until` at which a person's message is due; None for none.

    value: their date. offset_days: after it, negative for before. is_yearly: each year on that day, 29 February on the 28th
    where there is none. zone: of their wall clock. The stretch must be shorter than a year.
    """
    if is_yearly:
        around = since.astimezone(zone).date() - timedelta(days=offset_days)
        years = [year for year in range(around.year - 1, around.year + 3) if year >= value.year]
        days = [in_month(year, value.month, value.day) for year in years]
    else:
        days = [value] if value.year != NO_YEAR else []
    for day in days:
        due = moment_of(day + timedelta(days=offset_days), at, zone)
        if since < due <= until:
            return day + timedelta(days=offset_days), due
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if 1900 <= year <= 2200 else None
