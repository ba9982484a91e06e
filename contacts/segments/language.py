"""The words of the language: facts that can be asked of people, and what can be said of each. Closed, but for what floors
above register at start-up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.refusal import Refused

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Choices = list[tuple[str, str]]
_MOST_DAYS = 3650
_LONGEST = 200


class Asks(StrEnum):
    """What an operator wants to be told."""

    NOTHING = ""
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    DAYS = "days"
    CHOICE = "choice"


@dataclass(frozen=True, kw_only=True)
class Op:
    """One thing that can be said of a fact. label: words between the fact and the value, translated when shown."""

    key: str
    label: "str | _StrPromise"
    asks: Asks = Asks.NOTHING


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One condition, its parts known to be words of the language; `value` is still as it was typed."""

    of: str
    op: str
    value: str

    @property
    def text(self) -> str:
        """The value as text. Raises Refused(field="rules") where there is none."""
        if not (found := self.value.strip()):
            raise no(_("Fill in what to compare with."))
        return found[:_LONGEST]

    @property
    def number(self) -> float:
        """The value as a number, like 12 or 12.5. Raises Refused(field="rules")."""
        try:
            found = float(self.value)
        except ValueError:
            found = float("nan")
        if not abs(found) < 1e12:  # nor for “nan”
            raise no(_("“%(text)s” is not a number: write it like 12 or 12.5.") % {"text": self.value[:40]})
        return found

    @property
    def days(self) -> int:
        """The value as a number of days, 1 or more. Raises Refused(field="rules")."""
        text = self.value.strip()
        if not (text.isascii() and text.isdecimal() and len(text) < 6 and 0 < int(text) <= _MOST_DAYS):
            raise no(_("Give a number of days from 1 to %(most)d.") % {"most": _MOST_DAYS})
        return int(text)

    @property
    def date(self) -> date:
        """The value as a day. Raises Refused(field="rules")."""
        try:
            return date.fromisoformat(self.value.strip())
        except ValueError:
            raise no(_("“%(text)s” is not a date: write it like 2026-05-14.") % {"text": self.value[:40]}) from None

    @property
    def midnight(self) -> datetime:
        """The beginning of that day here."""
        return timezone.make_aware(datetime.combine(self.date, time.min))


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that can be asked of people.

    condition: makes SQL of what is asked (NULL counts as no: `rules.is_true` turns it into yes or no); raises Refused where
    the value will not do, or where what it names does not exist any more. things: what it can be asked of (a field, a group, …) as
    (key, label); None where there is only one. values: what `value` may be, where the operator asks for a choice.
    """

    key: str
    label: "str | _StrPromise"
    ops: Sequence[Op]
    condition: Callable[[Asked], Q]
    things: Callable[[], Choices] | None = None
    values: Callable[[], Choices] | None = None

    def op(self, key: str) -> Op | None:
        """One of its operators."""
        return next((op for op in self.ops if op.key == key), None)


_FACTS: dict[str, Fact] = {}


def add_fact(fact: Fact) -> None:
    """Let people be asked for something more: for floors above, at start-up."""
    _FACTS[fact.key] = fact


def facts() -> list[Fact]:
    """Everything that can be asked, in the order of registration."""
    return list(_FACTS.values())


def fact_named(key: str) -> Fact | None:
    """One of them."""
    return _FACTS.get(key)


def no(sentence: str) -> Refused:
    """The refusal of a wrong rule."""
    return Refused(sentence, field="rules")
