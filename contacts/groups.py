"""Groups and who is in them. `Group.size` is kept in the same transaction that changes a membership.

Locks are taken in one order, contacts before groups and each by id, so that two changes at once wait and do not deadlock.
"""

from collections.abc import Iterable, Iterator

from django.db import IntegrityError, transaction
from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext as _

from contacts.fields import tidy_text
from contacts.models import Contact, Group, Membership
from contacts.refusal import Refused

_CHUNK = 1000
_LONGEST_NAME = 100


def find_group(name: str) -> Group:
    """The group of this name, whatever the case. Raises Refused(field="group")."""
    found = _by_names([name]).get(tidy_text(name).lower())
    if found is None:
        raise Refused(_("There is no group named “%(name)s”.") % {"name": name}, field="group")
    return found


def find_groups(names: Iterable[str]) -> list[Group]:
    """The groups of these names, in their order. Raises Refused(field="groups") naming all that do not exist."""
    wanted = list(dict.fromkeys(tidy_text(name) for name in names))
    found = _by_names(wanted)
    if missing := [name for name in wanted if name.lower() not in found]:
        listed = ", ".join(f"“{name}”" for name in missing)
        raise Refused(_("There is no group named %(names)s.") % {"names": listed}, field="groups")
    return list({found[name.lower()].pk: found[name.lower()] for name in wanted}.values())


def create_group(*, name: str, description: str = "") -> Group:
    """A new empty group. Raises Refused(field="name") when the name is empty, too long or taken."""
    name = _checked_name(name)
    try:
        with transaction.atomic():
            return Group.objects.create(name=name, description=tidy_text(description)[:255])
    except IntegrityError:
        raise Refused(_("There is already a group named “%(name)s”.") % {"name": name}, field="name") from None


def find_or_create_groups(names: Iterable[str]) -> list[Group]:
    """The groups of these names, made where they do not exist."""
    wanted = list(dict.fromkeys(_checked_name(name) for name in names))
    found = _by_names(wanted)
    missing: dict[str, str] = {}
    for name in wanted:
        if name.lower() not in found:
            missing.setdefault(name.lower(), name)
    if missing:
        Group.objects.bulk_create([Group(name=name) for name in missing.values()], ignore_conflicts=True)
    return find_groups(wanted)


def rename_group(*, group: Group, name: str, description: str = "") -> Group:
    """Change a group's name and description. Raises Refused(field="name")."""
    group.name = _checked_name(name)
    group.description = tidy_text(description)[:255]
    try:
        with transaction.atomic():
            group.save(update_fields=["name", "description"])
    except IntegrityError:
        raise Refused(_("There is already a group named “%(name)s”.") % {"name": group.name}, field="name") from None
    return group


def add_to_group(*, group: Group, contacts: QuerySet[Contact]) -> int:
    """Put people into a group; how many were not in it before. The selection may be of any size."""
    added = 0
    with transaction.atomic():
        for ids in _chunks(contacts.order_by("pk").values_list("pk", flat=True)):
            added += add_ids(group_ids=[group.pk], contact_ids=ids)
    return added


def remove_from_group(*, group: Group, contacts: QuerySet[Contact]) -> int:
    """Take people out of a group; how many were in it."""
    with transaction.atomic():
        list(Group.objects.select_for_update().filter(pk=group.pk))
        gone, _kinds = Membership.objects.filter(group=group, contact__in=contacts.order_by().values("pk")).delete()
        Group.objects.filter(pk=group.pk).update(size=F("size") - gone)
    return gone


def add_ids(*, group_ids: Iterable[int], contact_ids: Iterable[int]) -> int:
    """Put each of these contacts into each of these groups; how many memberships are new. Needs a transaction."""
    wanted = sorted(set(contact_ids))
    # A contact that is being deleted waits for us, or is gone before we look.
    people = list(
        Contact.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk").values_list("pk", flat=True)
    )
    locked = list(Group.objects.select_for_update().filter(pk__in=list(group_ids)).order_by("pk"))
    added = 0
    for group in locked:
        inside = set(Membership.objects.filter(group=group, contact__in=people).values_list("contact_id", flat=True))
        missing = [pk for pk in people if pk not in inside]
        Membership.objects.bulk_create([Membership(group=group, contact_id=pk) for pk in missing])
        if missing:
            Group.objects.filter(pk=group.pk).update(size=F("size") + len(missing))
        added += len(missing)
    return added


def leave_all_groups(contact_ids: list[int]) -> None:
    """Take these contacts out of every group they are in. Needs a transaction."""
    inside = Membership.objects.filter(contact__in=contact_ids)
    ids = list(inside.order_by().values_list("group_id", flat=True).distinct())
    list(Group.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    for group_id in ids:
        gone, _kinds = inside.filter(group_id=group_id).delete()
        Group.objects.filter(pk=group_id).update(size=F("size") - gone)


def count_again(groups: QuerySet[Group]) -> int:
    """Set the kept sizes of these groups to what is really in them; how many were wrong."""
    with transaction.atomic():
        ids = list(groups.select_for_update().order_by("pk").values_list("pk", flat=True))
        counted = Membership.objects.filter(group=OuterRef("pk")).order_by().values("group").annotate(n=Count("pk"))
        truth = Coalesce(Subquery(counted.values("n")), Value(0))
        return Group.objects.filter(pk__in=ids).annotate(truth=truth).exclude(size=F("truth")).update(size=truth)


def _by_names(names: Iterable[str]) -> dict[str, Group]:
    """{lower name: group}. The database folds case for ASCII only, so other letters are compared here too."""
    wanted = {tidy_text(name).lower() for name in names} | {tidy_text(name) for name in names}
    rows = Group.objects.annotate(lower=Lower("name")).filter(lower__in=wanted | {_ascii_lower(n) for n in wanted})
    return {group.name.lower(): group for group in rows}


def _ascii_lower(text: str) -> str:
    return "".join(character.lower() if character.isascii() else character for character in text)


def _checked_name(name: str) -> str:
    name = tidy_text(name)
    if not name:
        raise Refused(_("A group needs a name."), field="name")
    if len(name) > _LONGEST_NAME:
        raise Refused(_("The group's name is longer than %(most)d characters.") % {"most": _LONGEST_NAME}, field="name")
    return name


def _chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    chunk: list[int] = []
    for pk in ids:
        chunk.append(pk)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
