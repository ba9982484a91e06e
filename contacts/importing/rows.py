"""One row of a file: who it is about, or why it cannot be taken."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from contacts.people import tidy_details
from contacts.phone import normalise, phone_key
from contacts.refusal import Refused


@dataclass(frozen=True, kw_only=True)
class Person:
    """A row that was understood. known: details by model field, as `people.tidy_details` gives them."""

    phone: str
    phone_key: str
    known: dict[str, object]


def read_person(cells: list[str], *, mapping: Mapping[str, str], columns: int, region: str) -> Person:
    """The person a row is about. columns: of the heading. Raises Refused with the sentence for this row."""
    if len(cells) > columns and any(cells[columns:]):
        raise Refused(_("The row has more cells than the heading: put quotation marks around text with a comma in it."))
    found = {meaning: cells[int(place)] for place, meaning in mapping.items() if int(place) < len(cells)}
    phone = normalise(found.get("phone", ""), region=region)
    known = tidy_details(
        name=found.get("name", ""),
        language=found.get("language", ""),
        time_zone=found.get("time_zone", ""),
        fields={
            meaning.removeprefix("field:"): text for meaning, text in found.items() if meaning.startswith("field:")
        },
    )
    return Person(phone=phone, phone_key=phone_key(phone), known=known)
