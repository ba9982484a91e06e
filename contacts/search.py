"""Finding people: by a piece of their name or number, and by group."""

from dataclasses import dataclass

from django.db.models import Prefetch, Q, QuerySet

from contacts import consent
from contacts.models import Contact, Group, Membership
from contacts.paging import Slice, keyset
from contacts.phone import phone_key

_SHORTEST_WHOLE_NUMBER = 10  # digits: from here on a number is looked up by its key, in every spelling
_PAGE = 50
_LARGEST_PAGE = 500


@dataclass(frozen=True, kw_only=True)
class ListedContact:
    """A row of the contacts list. consent: {"sms": "opted-in", "whatsapp": "unknown"}."""

    contact: Contact
    groups: list[Group]
    consent: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class ContactPage:
    """Rows of the contacts list; next: the cursor of the next page, None at the end."""

    items: list[ListedContact]
    next: str | None


def find_contacts(*, q: str = "", group: Group | None = None) -> QuerySet[Contact]:
    """People whose name or number contains what is asked for, in a group where one is given. In no order."""
    found = Contact.objects.filter(membership__group=group) if group else Contact.objects.all()
    if text := _text(q):
        found = found.filter(_matches(text))
    return found


def list_contacts(
    *, q: str = "", group: Group | None = None, cursor: str | None = None, size: int = _PAGE
) -> ContactPage:
    """One page, newest first, with groups and consent: three queries whatever the size. Raises Refused(field="cursor")."""
    size = max(1, min(size, _LARGEST_PAGE))
    page = _everybody(q, cursor, size) if group is None else _members(q, group, cursor, size)
    said = consent.states(person.phone_key for person in page.items)
    return ContactPage(
        items=[
            ListedContact(contact=person, groups=list(person.groups.all()), consent=said[person.phone_key])
            for person in page.items
        ],
        next=page.next,
    )


def _everybody(q: str, cursor: str | None, size: int) -> Slice[Contact]:
    people = find_contacts(q=q).prefetch_related(Prefetch("groups", Group.objects.order_by("name")))
    return keyset(people, cursor=cursor, size=size)


def _members(q: str, group: Group, cursor: str | None, size: int) -> Slice[Contact]:
    """In the order of the memberships' own index: ordered by the contact's id, SQLite would sort the whole group."""
    rows = Membership.objects.filter(group=group).select_related("contact")
    if text := _text(q):
        rows = rows.filter(_matches(text, of="contact__"))
    groups = Prefetch("contact__groups", Group.objects.order_by("name"))
    page = keyset(rows.prefetch_related(groups), cursor=cursor, size=size, by=("-contact_id",))
    return Slice(items=[row.contact for row in page.items], next=page.next)


def _text(q: str) -> str:
    return " ".join(q.replace("\x00", "").split())


def _matches(text: str, *, of: str = "") -> Q:
    """of: the way from the rows asked to the contact, "" or "contact__"."""
    digits = "".join(character for character in text if character.isdecimal())
    looks_like_a_number = digits and not any(character.isalpha() for character in text)
    if not looks_like_a_number:
        return Q(**{f"{of}name__icontains": text})
    in_phone = Q(**{f"{of}phone__contains": digits})
    if len(digits) >= _SHORTEST_WHOLE_NUMBER:
        return Q(**{f"{of}phone_key": phone_key(digits)}) | in_phone
    return in_phone | Q(**{f"{of}name__icontains": text})
