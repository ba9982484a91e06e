"""One object at the gateway, decided by a person: whose name is right, and what is to be deleted there. Nothing here is
ever repeated by itself."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import Contact
from contacts.people import apply_details, tidy_details
from contacts.refusal import Refused
from messaging.gateway import provider_of
from messaging.mirror import changes
from messaging.models import Account, MirrorChange, MirroredObject
from messaging.providers import PROVIDERS
from messaging.providers.base import Capabilities
from messaging.providers.errors import OutcomeUnknown, ProviderError
from messaging.providers.shapes import RemoteObject, RemotePerson
from messaging.reasons import sentence

What = MirrorChange.What


@dataclass(frozen=True, kw_only=True)
class Beside:
    """A mirrored object with the contact who has its phone. differs: both have a name, and they are not the same."""

    item: MirroredObject
    contact: Contact | None
    differs: bool


def can(account: Account) -> Capabilities:
    """What the account's gateway can do."""
    return PROVIDERS[account.provider].capabilities


def shown_kinds(account: Account) -> list[str]:
    """The kinds it can list, and those of which only what we put there is known."""
    ability = can(account)
    kept = [kind for kind in ("contact_group", "contact") if ability.pushes_people and kind not in ability.mirrors]
    if kept:
        there = MirroredObject.objects.filter(account=account, kind__in=kept).order_by().values_list("kind", flat=True)
        kept = sorted(set(there.distinct()))
    return [*ability.mirrors, *kept]


def beside(items: Iterable[MirroredObject]) -> list[Beside]:
    """Theirs beside ours, by phone key. One query."""
    listed = list(items)
    keys = {item.phone_key for item in listed if item.phone_key}
    ours = {contact.phone_key: contact for contact in Contact.objects.filter(phone_key__in=keys)}
    return [_beside(item, ours.get(item.phone_key)) for item in listed]


def differing(account: Account) -> QuerySet[MirroredObject]:
    """People of the gateway's address book whose name there is another than the name here. One query."""
    ours = Contact.objects.filter(phone_key=OuterRef("phone_key")).exclude(name="").exclude(name=OuterRef("name"))
    book = MirroredObject.objects.filter(account=account, kind="contact", gone_at=None).exclude(name="")
    return book.exclude(phone_key="").filter(Exists(ours))


def take_theirs(item: MirroredObject) -> Contact:
    """Our contact gets the gateway's name. Raises Refused where there is no such contact or no name."""
    contact = _contact_of(item)
    if not item.name.strip():
        raise Refused(_("The gateway has no name for this phone."))
    known = tidy_details(name=item.name[:200], language="", time_zone="", fields={})
    if changed := apply_details(contact, known):
        contact.save(update_fields=[*changed, "updated_at"])
    return contact


def send_ours(item: MirroredObject) -> Contact:
    """The gateway gets our name. Raises Refused with what the gateway says."""
    contact = _contact_of(item)
    if not can(item.account).updates_people:
        raise Refused(_("This gateway has no call that changes a contact: delete it there and send it again."))
    if not contact.name:
        raise Refused(_("This contact has no name here."))
    with _refusals(), provider_of(item.account) as provider:
        provider.update_person(RemotePerson(phone=item.phone, name=contact.name))
    change = changes.change_of(item, What.SENT, before={"name": item.name}, after={"name": contact.name})
    item.name, item.raw = contact.name, {**item.raw, "name": contact.name}
    item.save(update_fields=["name", "raw"])
    change.save()
    return contact


def delete_there(item: MirroredObject) -> None:
    """Delete one object at the gateway; ours stays. Raises Refused with what the gateway says, and where its answer got
    lost: the next sync shows whether it is gone, and nobody asks twice by accident."""
    if item.kind not in can(item.account).deletes:
        raise Refused(_("This gateway has no call that deletes this."))
    remote = RemoteObject(kind=item.kind, remote_id=item.remote_id, name=item.name, phone=item.phone, raw=item.raw)
    with _refusals(), provider_of(item.account) as provider:
        provider.delete_mirrored(remote)
    item.gone_at = timezone.now()
    item.save(update_fields=["gone_at"])
    changes.change_of(item, What.DELETED).save()


def _beside(item: MirroredObject, contact: Contact | None) -> Beside:
    differs = contact is not None and bool(item.name) and bool(contact.name) and contact.name != item.name
    return Beside(item=item, contact=contact, differs=differs)


def _contact_of(item: MirroredObject) -> Contact:
    contact = Contact.objects.filter(phone_key=item.phone_key).first() if item.phone_key else None
    if contact is None:
        raise Refused(_("Nobody with this phone is among the contacts: bring them in first."))
    return contact


@contextmanager
def _refusals() -> Iterator[None]:
    """The gateway's no, as a sentence."""
    try:
        yield
    except OutcomeUnknown as problem:
        words = {"why": sentence(problem.reason)}
        raise Refused(_("%(why)s It may have been done all the same: sync to see.") % words) from None
    except ProviderError as problem:
        raise Refused(f"{sentence(problem.reason)} {problem.detail}".strip()) from None
