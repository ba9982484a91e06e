"""Merge fields in SQL: their text, and the number or the date that it is. The same on SQLite and PostgreSQL."""

from datetime import date, timedelta

from django.db.models import Case, CharField, Expression, F, FloatField, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Concat, LPad, Substr
from django.db.models.lookups import Regex

_NUMBER = r"^-?[0-9]{1,12}([.][0-9]{1,6})?$"
_ISO = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
NEVER = ""  # of a text that is no date


def text_of(field: str) -> Expression:
    """What a person has in a merge field, "" for nothing."""
    return Coalesce(KeyTextTransform(field, F("fields")), Value(""), output_field=TextField())


def number_of(field: str) -> Expression:
    """The number in a merge field, written like 12 or 12.5; NULL for anything else."""
    text = text_of(field)
    return Case(When(Regex(text, _NUMBER), then=Cast(text, FloatField())), default=None, output_field=FloatField())


def day_of(field: str) -> Expression:
    """The date in a merge field as 2026-05-14, whether it is written so or like 14/05/2026 or 14.5.2026, the day before the
    month; "" for anything else."""
    text = text_of(field)
    written = [
        When(
            Regex(text, _written(days, months, "[./-][0-9]{4}")),
            then=Concat(
                Substr(text, days + months + 3, 4), Value("-"), _two(text, days + 2, months), Value("-"),
                _two(text, 1, days), output_field=CharField(),
            ),
        )
        for days in (1, 2)
        for months in (1, 2)
    ]  # fmt: skip
    iso = When(Regex(text, _ISO), then=Substr(text, 1, 10))
    return Case(iso, *written, default=Value(NEVER), output_field=CharField())


def month_and_day_of(field: str) -> Expression:
    """The same without the year, as 05-14; dates written without a year (14/05, --05-14) count too."""
    text = text_of(field)
    written = [
        When(
            Regex(text, _written(days, months, "([./-][0-9]{4})?")),
            then=Concat(_two(text, days + 2, months), Value("-"), _two(text, 1, days), output_field=CharField()),
        )
        for days in (1, 2)
        for months in (1, 2)
    ]
    iso = When(Regex(text, _ISO), then=Substr(text, 6, 5))
    bare = When(Regex(text, r"^--[0-9]{2}-[0-9]{2}$"), then=Substr(text, 3, 5))
    return Case(iso, bare, *written, default=Value(NEVER), output_field=CharField())


def days_of_the_year(first: date, days: int) -> list[str]:
    """The next so many days from `first` on as 05-14; who was born on 29 February has it on the 28th where there is none."""
    found = [first + timedelta(days=n) for n in range(min(days, 366))]
    written = {f"{day:%m-%d}" for day in found}
    if any(f"{day:%m-%d}" == "02-28" and (day + timedelta(days=1)).month == 3 for day in found):
        written.add("02-29")
    return sorted(written)


def _written(days: int, months: int, year: str) -> str:
    return rf"^[0-9]{{{days}}}[./-][0-9]{{{months}}}{year}$"


def _two(text: Combinable, start: int, length: int) -> Expression:
    return LPad(Substr(text, start, length), 2, Value("0"))
