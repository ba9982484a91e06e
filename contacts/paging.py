"""Lists page by key: the next page starts after the last row seen, so no page is slower than the first."""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Any, Generic, TypeVar

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from contacts.refusal import Refused

Row = TypeVar("Row", bound=Model)
_SALT = "carillon.cursor"


@dataclass(frozen=True, kw_only=True)
class Slice(Generic[Row]):
    """Some rows of a list. next: the cursor of the rows after them, None at the end."""

    items: list[Row]
    next: str | None


def keyset(queryset: QuerySet[Row], *, cursor: str | None, size: int, by: Sequence[str] = ("-id",)) -> Slice[Row]:
    """The rows after a cursor, `size` at most, in one query.

    by: field names of the model, "-" for descending, the last one unique; they must not be null. None or "" starts at
    the beginning. Raises Refused(field="cursor") for a cursor that is not one of this list.
    """
    rows = queryset.order_by(*by)
    if cursor:
        rows = rows.filter(_after(queryset.model, _values(cursor, by), by))
    items = list(rows[: size + 1])
    more = len(items) > size
    items = items[:size]
    return Slice(items=items, next=_cursor_of(items[-1], by) if more else None)


def _after(model: type[Model], values: list[Any], by: Sequence[str]) -> Q:
    """(a, b) after (x, y): a ≥ x and (a > x or (a = x and b > y)). The first bound lets the index jump there."""
    typed = []
    for name, value in zip(by, values, strict=True):
        try:  # ignored: one of a relation or a generic key has no to_python, and that is caught
            typed.append(model._meta.get_field(name.lstrip("-")).to_python(value))  # type: ignore[union-attr]
        except (ValidationError, AttributeError):
            raise _broken() from None
    names = [name.lstrip("-") for name in by]
    sides = ["lt" if name.startswith("-") else "gt" for name in by]
    choices = []
    for place, name in enumerate(names):
        equal = [Q(**{names[before]: typed[before]}) for before in range(place)]
        choices.append(reduce(operator.and_, [*equal, Q(**{f"{name}__{sides[place]}": typed[place]})]))
    return Q(**{f"{names[0]}__{sides[0]}e": typed[0]}) & reduce(operator.or_, choices)


def _cursor_of(row: Model, by: Sequence[str]) -> str:
    values = [getattr(row, name.lstrip("-")) for name in by]
    plain = [value.isoformat() if isinstance(value, date) else value for value in values]
    return signing.dumps([*by, *plain], salt=_SALT)


def _values(cursor: str, by: Sequence[str]) -> list[Any]:
    try:
        parts = signing.loads(cursor, salt=_SALT)
    except (signing.BadSignature, ValueError):
        raise _broken() from None
    if parts[: len(by)] != list(by):
        raise _broken()
    values: list[Any] = parts[len(by) :]
    return values


def _broken() -> Refused:
    return Refused(_("This page address is not valid any more: start again at the first page."), field="cursor")
