"""People that another list knows: new ones become contacts, known ones gain what was blank, and nothing of theirs is lost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from contacts import groups as memberships
from contacts.fields import tidy_text
from contacts.models import Contact, Group
from contacts.phone import normalise, phone_key
from contacts.refusal import Refused

_LONGEST_NAME = 200


@dataclass(frozen=True, kw_only=True)
class Known:
    """Somebody as the other list has them. phone: in any usual spelling."""

    phone: str
    name: str = ""


@dataclass(kw_only=True)
class Brought:
    """What came of some people. refused: (who, why). conflicts: known here under another name, which stays."""

    created: int = 0
    completed: int = 0
    unchanged: int = 0
    conflicts: int = 0
    joined: int = 0
    refused: list[tuple[Known, str]] = field(default_factory=list)


def bring_in(
    *, people: Sequence[Known], region: str, groups: Iterable[Group] = (), fields: Mapping[str, str] | None = None
) -> Brought:
    """Make these people contacts and put them into the groups; a few statements, however many they are.

    region: for numbers without a country code. fields: merge fields for those who are new. People are recognised by the
    number in any spelling. Needs no transaction of the caller's.
    """
    result = Brought()
    wanted: dict[str, Known] = {}
    for person in people:
        try:
            written = normalise(person.phone, region=region)
        except Refused as refused:
            result.refused.append((person, refused.sentence))
            continue
        name = tidy_text(person.name)[:_LONGEST_NAME]
        earlier = wanted.get(phone_key(written))
        if earlier is None or not earlier.name:
            wanted[phone_key(written)] = Known(phone=written, name=name)
    with transaction.atomic():
        _write(wanted, fields or {}, result)
        ids = Contact.objects.filter(phone_key__in=wanted).values_list("pk", flat=True)
        result.joined = memberships.add_ids(group_ids=[group.pk for group in groups], contact_ids=list(ids))
    return result


def _write(wanted: Mapping[str, Known], fields: Mapping[str, str], result: Brought) -> None:
    here = {
        contact.phone_key: contact
        for contact in Contact.objects.select_for_update().filter(phone_key__in=wanted).order_by("pk")
    }
    named, now = [], timezone.now()
    for key, contact in here.items():
        name = wanted[key].name
        if name and not contact.name:
            contact.name, contact.updated_at = name, now
            named.append(contact)
        elif name and contact.name != name:
            result.conflicts += 1
        else:
            result.unchanged += 1
    Contact.objects.bulk_update(named, ["name", "updated_at"])
    new = [
        Contact(phone=person.phone, phone_key=key, name=person.name, fields=dict(fields))
        for key, person in sorted(wanted.items())
        if key not in here
    ]
    Contact.objects.bulk_create(new, ignore_conflicts=True)
    result.completed, result.created = len(named), len(new)
