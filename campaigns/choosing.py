"""Groups and segments as conditions on contacts: who is chosen, who is not wanted, and how often somebody was chosen."""

from collections.abc import Iterable
from functools import reduce
from operator import add

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from contacts.models import Group, Membership, Segment
from contacts.segments.rules import condition_of, is_true


def chosen(groups: Iterable[Group], segments: Iterable[Segment] = ()) -> Q:
    """Whoever is in one of these; nobody for none. Raises Refused(field="segments") for a segment that cannot be used."""
    members = Membership.objects.filter(contact=OuterRef("pk"), group__in=[group.pk for group in groups])
    found = Q(Exists(members))
    for segment in segments:
        found |= condition_of(segment)
    return found


def unwanted(groups: Iterable[Group], segments: Iterable[Segment] = ()) -> Q | None:
    """Whoever is in one of these, as a yes or no that can be turned around; None where there are none."""
    ids = [group.pk for group in groups]
    found = [Q(Exists(Membership.objects.filter(contact=OuterRef("pk"), group__in=ids)))] if ids else []
    found += [Q(is_true(condition_of(segment))) for segment in segments]
    return Q(*found, _connector=Q.OR) if found else None


def times_chosen(groups: Iterable[Group], segments: Iterable[Segment] = ()) -> Combinable | None:
    """In how many of these somebody is; None where there is only one, so nobody can be in two."""
    ids, rules = [group.pk for group in groups], list(segments)
    if len(ids) + len(rules) < 2:
        return None
    inside = Membership.objects.filter(contact=OuterRef("pk"), group__in=ids).order_by().values("contact")
    counts: list[Combinable] = [Coalesce(Subquery(inside.annotate(n=Count("pk")).values("n")), Value(0))] if ids else []
    counts += [
        Case(When(condition_of(segment), then=Value(1)), default=Value(0), output_field=IntegerField())
        for segment in rules
    ]
    return reduce(add, counts)
