"""Contacts: made, changed, merged and deleted here, and nowhere else."""

import re
import zoneinfo
from collections.abc import Iterable, Mapping
from functools import cache

from django.db import IntegrityError, transaction
from django.db.models import ManyToOneRel, QuerySet
from django.utils.translation import gettext as _

from contacts import groups as memberships
from contacts.fields import tidy_fields, tidy_text
from contacts.models import Contact, Group, Membership
from contacts.phone import normalise, phone_key
from contacts.refusal import Refused

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,6})?")
_LONGEST_NAME = 200
_CHANGEABLE = ["name", "language", "time_zone", "fields"]


def save_contact(
    *,
    phone: str,
    name: str = "",
    groups: Iterable[Group] = (),
    fields: Mapping[str, object] | None = None,
    language: str = "",
    time_zone: str = "",
    region: str,
) -> tuple[Contact, bool]:
    """Make a person known, or add to what is known of them; True when they are new.

    phone: as written; region: for numbers without a country code. A person is recognised by the number in any spelling;
    for one who exists, blanks change nothing, fields are added to theirs, and the stored spelling stays.
    Raises Refused with the field's name.
    """
    written = normalise(phone, region=region)
    known = tidy_details(name=name, language=language, time_zone=time_zone, fields=fields or {})
    with transaction.atomic():
        contact, created = Contact.objects.select_for_update().get_or_create(
            phone_key=phone_key(written), defaults={"phone": written, **known}
        )
        if not created and (changed := apply_details(contact, known)):
            contact.save(update_fields=[*changed, "updated_at"])
        memberships.add_ids(group_ids=[group.pk for group in groups], contact_ids=[contact.pk])
    return contact, created


def change_contact(
    *,
    contact: Contact,
    phone: str,
    name: str,
    groups: Iterable[Group],
    fields: Mapping[str, object],
    language: str,
    time_zone: str,
    region: str,
) -> Contact:
    """Make a person exactly what a form says: blanks empty what was there, groups left out are left.

    Raises Refused(field="phone") when the number belongs to somebody else: then `merge` is what is wanted.
    """
    written = normalise(phone, region=region)
    known = tidy_details(name=name, language=language, time_zone=time_zone, fields=fields)
    wanted = {group.pk for group in groups}
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=contact.pk)
        contact.phone, contact.phone_key = written, phone_key(written)
        for field, value in known.items():
            setattr(contact, field, value)
        try:
            with transaction.atomic():
                contact.save(update_fields=["phone", "phone_key", *_CHANGEABLE, "updated_at"])
        except IntegrityError:
            other = Contact.objects.filter(phone_key=contact.phone_key).first()
            sentence = _("%(phone)s already belongs to %(name)s.") % {"phone": written, "name": other}
            raise Refused(sentence, field="phone") from None
        present = set(Membership.objects.filter(contact=contact).values_list("group_id", flat=True))
        this_one = Contact.objects.filter(pk=contact.pk)
        for group in Group.objects.filter(pk__in=present - wanted).order_by("pk"):
            memberships.remove_from_group(group=group, contacts=this_one)
        memberships.add_ids(group_ids=wanted - present, contact_ids=[contact.pk])
    return contact


def delete_contacts(contacts: QuerySet[Contact]) -> int:
    """Delete people; how many. Their messages and what they said about consent stay, under the phone number."""
    with transaction.atomic():
        ids = list(contacts.select_for_update().order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(ids), 1000):
            some = ids[start : start + 1000]
            memberships.leave_all_groups(some)
            Contact.objects.filter(pk__in=some).delete()
    return len(ids)


def merge(*, keep: Contact, other: Contact) -> Contact:
    """Two entries of one person become one.

    `keep` stays what it is and takes over the groups, the messages and conversations, and whatever it does not have itself;
    the other phone number is kept in the field other_phone. Consent belongs to numbers, so it stays as it was for both.
    """
    if keep.pk == other.pk:
        raise Refused(_("A contact cannot be merged with itself."))
    with transaction.atomic():
        locked = {
            c.pk: c for c in Contact.objects.select_for_update().filter(pk__in=[keep.pk, other.pk]).order_by("pk")
        }
        if len(locked) < 2:
            raise Refused(_("One of the two contacts does not exist any more."))
        kept, gone = locked[keep.pk], locked[other.pk]
        for field in ("name", "language", "time_zone"):
            setattr(kept, field, getattr(kept, field) or getattr(gone, field))
        kept.fields = {"other_phone": gone.phone, **gone.fields, **kept.fields}
        kept.save(update_fields=[*_CHANGEABLE, "updated_at"])
        theirs = Membership.objects.filter(contact=gone).values_list("group_id", flat=True)
        memberships.add_ids(group_ids=list(theirs), contact_ids=[kept.pk])
        _point_to(kept, gone)
        delete_contacts(Contact.objects.filter(pk=gone.pk))
    return kept


def tidy_details(*, name: str, language: str, time_zone: str, fields: Mapping[str, object]) -> dict[str, object]:
    """The details of a person, checked and tidied, by model field. Raises Refused with the field's name."""
    name, language, time_zone = tidy_text(name), tidy_text(language).replace("_", "-").lower(), tidy_text(time_zone)
    if len(name) > _LONGEST_NAME:
        raise Refused(_("The name is longer than %(most)d characters.") % {"most": _LONGEST_NAME}, field="name")
    if language and not _LANGUAGE.fullmatch(language):
        sentence = _("“%(text)s” is not a language code: write it like en, es or pt-br.")
        raise Refused(sentence % {"text": language[:40]}, field="language")
    if time_zone and time_zone not in _time_zones():
        sentence = _("“%(text)s” is not a time zone: write it like America/Mexico_City.")
        raise Refused(sentence % {"text": time_zone[:40]}, field="time_zone")
    return {"name": name, "language": language, "time_zone": time_zone, "fields": tidy_fields(fields)}


def apply_details(contact: Contact, known: Mapping[str, object]) -> list[str]:
    """Put what is known (of `tidy_details`) on a contact, blanks and all that is already so left out; what changed."""
    changed = []
    for field, value in known.items():
        if field == "fields":
            value = {**contact.fields, **value}  # type: ignore[dict-item]  # tidy_details made it a dict
        if value and value != getattr(contact, field):
            setattr(contact, field, value)
            changed.append(field)
    return changed


def _point_to(kept: Contact, gone: Contact) -> None:
    """Whatever points at one contact points at the other: messages and conversations live in apps above this one."""
    for relation in Contact._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToOneRel) and relation.related_model is not Membership:
            rows = relation.related_model._base_manager.filter(**{relation.field.name: gone})
            rows.update(**{relation.field.name: kept})


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
