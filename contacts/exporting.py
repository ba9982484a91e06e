"""Contacts as a CSV file that a spreadsheet opens rightly and that can be imported again."""

from collections.abc import Iterator
from itertools import islice

from contacts import consent
from contacts.csvtext import csv_lines
from contacts.models import Channel, Contact, Group
from contacts.search import find_contacts

_BATCH = 1000


def contacts_csv(*, q: str = "", group: Group | None = None) -> Iterator[str]:
    """Lines of CSV, for a streaming response; memory does not grow with the number of people."""
    return csv_lines(_rows(q, group))


def _rows(q: str, group: Group | None) -> Iterator[list[str]]:
    fields = _field_names(q, group)
    yield ["phone", "name", "language", "time_zone", "groups", *[f"consent_{c}" for c in Channel.values], *fields]
    people = find_contacts(q=q, group=group).order_by("pk").prefetch_related("groups").iterator(chunk_size=_BATCH)
    while some := list(islice(people, _BATCH)):
        said = consent.states(person.phone_key for person in some)
        for person in some:
            yield _row(person, said[person.phone_key], fields)


def _field_names(q: str, group: Group | None) -> list[str]:
    names: set[str] = set()
    for fields in find_contacts(q=q, group=group).order_by().values_list("fields", flat=True).iterator(_BATCH):
        names.update(fields)
    return sorted(names)


def _row(person: Contact, said: dict[str, str], fields: list[str]) -> list[str]:
    groups = "; ".join(sorted(group.name for group in person.groups.all()))
    own = [str(person.fields.get(name, "")) for name in fields]
    return [
        *(person.phone, person.name, person.language, person.time_zone, groups),
        *(said[channel] for channel in Channel.values),
        *own,
    ]
