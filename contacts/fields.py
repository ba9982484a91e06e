"""Merge fields of a contact: how their names and values are made tidy."""

import unicodedata
from collections.abc import Mapping

from django.utils.translation import gettext as _

from contacts.refusal import Refused

_LONGEST_NAME = 40
_LONGEST_VALUE = 500
_MOST = 50
RESERVED = frozenset({"name", "phone", "language", "time_zone", "groups"})


def field_name(heading: str) -> str:
    """A column's or key's heading as a merge field: "Fecha de pago" → "fecha_de_pago". Empty when nothing is left."""
    plain = unicodedata.normalize("NFKD", heading).casefold()
    kept = "".join(c if c.isalnum() else " " for c in plain if unicodedata.category(c) not in ("Mn", "Cf"))
    name = "_".join(kept.split())[:_LONGEST_NAME].strip("_")
    return f"field_{name}"[:_LONGEST_NAME] if name[:1].isdigit() or name in RESERVED else name


def tidy_fields(fields: Mapping[str, object]) -> dict[str, str]:
    """Names as merge fields, values as trimmed text; empty values are left out.

    Raises Refused(field="fields") for a name of which nothing is left, a value that is too long, or too many fields.
    """
    tidied = {}
    for heading, value in fields.items():
        name = field_name(heading)
        if not name:
            raise Refused(
                _("“%(name)s” cannot be the name of a field: use letters.") % {"name": heading}, field="fields"
            )
        text = tidy_text("" if value is None else str(value))
        if len(text) > _LONGEST_VALUE:
            sentence = _("The text in “%(name)s” is longer than %(most)d characters.")
            raise Refused(sentence % {"name": heading, "most": _LONGEST_VALUE}, field="fields")
        if text:
            tidied[name] = text
    if len(tidied) > _MOST:
        raise Refused(_("A contact can have %(most)d fields at most.") % {"most": _MOST}, field="fields")
    return tidied


def tidy_text(text: str) -> str:
    """One line without control characters and outer spaces; PostgreSQL takes no NUL and no lone surrogate."""
    return " ".join("".join(c if unicodedata.category(c) not in ("Cc", "Cs") else " " for c in text).split())
