"""Contacts as a CSV file that a spreadsheet opens rightly and that can be imported again."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice

from contacts import consent
from contacts.csvtext import csv_lines
from contacts.models import Channel, Contact, Group, Membership
from contacts.search import find_contacts

_BATCH = 1000


def contacts_csv(*, q: str = "", group: Group | None = None) -> Iterator[str]:
    """Lines of CSV, for a streaming response; memory does not grow with the number of people."""
    return csv_lines(_rows(q, group))


def _rows(q: str, group: Group | None) -> Iterator[list[str]]:
    fields = _field_names(q, group)
    yield ["phone", "name", "language", "time_zone", "groups", *[f"consent_{c}" for c in Channel.values], *fields]
    names = dict(Group.objects.values_list("pk", "name"))
    people = find_contacts(q=q, group=group).order_by("pk").iterator(chunk_size=_BATCH)
    while some := list(islice(people, _BATCH)):
        said = consent.states(person.phone_key for person in some)
        inside: dict[int, list[str]] = defaultdict(list)
        memberships = Membership.objects.filter(contact__in=[person.pk for person in some])
        for contact_id, group_id in memberships.values_list("contact_id", "group_id"):
            inside[contact_id].append(names.get(group_id, ""))
        for person in some:
            yield _row(person, sorted(inside[person.pk]), said[person.phone_key], fields)


def _field_names(q: str, group: Group | None) -> list[str]:
    names: set[str] = set()
    for fields in find_contacts(q=q, group=group).order_by().values_list("fields", flat=True).iterator(_BATCH):
        names.update(fields)
    return sorted(names)


def _row(person: Contact, groups: list[str], said: dict[str, str], fields: list[str]) -> list[str]:
    own = [str(person.fields.get(name, "")) for name in fields]
    return [
        *(person.phone, person.name, person.language, person.time_zone, "; ".join(groups)),
        *(said[channel] for channel in Channel.values),
        *own,
    ]
