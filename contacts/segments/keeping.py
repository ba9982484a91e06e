"""Segments as they are kept: made, changed, counted, and deleted unless something above still uses them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.fields import tidy_text
from contacts.models import Contact, Segment
from contacts.refusal import Refused
from contacts.segments import rules as language

_LONGEST_NAME = 100
_EXAMPLES = 10
_USES: list[Callable[[Segment], str]] = []


@dataclass(frozen=True, kw_only=True)
class Found:
    """Whom rules find now: how many, and the newest ten."""

    count: int
    examples: list[Contact]


def add_use(what_uses: Callable[[Segment], str]) -> None:
    """Let a floor above say what still uses a segment, in words; "" for nothing."""
    _USES.append(what_uses)


def people_of(segment: Segment) -> QuerySet[Contact]:
    """Everybody in a segment now. Raises Refused(field="segments")."""
    return Contact.objects.filter(language.condition_of(segment))


def look(rules: Any) -> Found:
    """Count whom these rules find. Raises Refused(field="rules")."""
    people = Contact.objects.filter(language.compile_rules(rules))
    return Found(count=people.order_by().count(), examples=list(people.order_by("-pk")[:_EXAMPLES]))


def save_segment(*, segment: Segment | None = None, name: str, rules: Any, user: User | None = None) -> Segment:
    """Make or change a segment, and count it. Raises Refused(field="name" or "rules")."""
    name = tidy_text(name)
    if not name:
        raise Refused(_("A segment needs a name."), field="name")
    if len(name) > _LONGEST_NAME:
        sentence = _("The segment's name is longer than %(most)d characters.")
        raise Refused(sentence % {"most": _LONGEST_NAME}, field="name")
    tidied = language.tidy(rules)
    size = Contact.objects.filter(language.compile_rules(tidied)).order_by().count()
    kept = segment or Segment(created_by=user)
    kept.name, kept.rules, kept.size, kept.counted_at = name, tidied, size, timezone.now()
    try:
        with transaction.atomic():
            kept.save()
    except IntegrityError:
        raise Refused(_("There is already a segment named “%(name)s”.") % {"name": name}, field="name") from None
    return kept


def count_again(segment: Segment) -> int:
    """Count a segment and keep the number. Raises Refused(field="segments")."""
    segment.size, segment.counted_at = people_of(segment).order_by().count(), timezone.now()
    segment.save(update_fields=["size", "counted_at"])
    return segment.size


def delete_segment(segment: Segment) -> None:
    """Throw a segment away. Raises Refused where something still uses it."""
    for what_uses in _USES:
        if used := what_uses(segment):
            raise Refused(_("“%(name)s” is still used by %(what)s.") % {"name": segment.name, "what": used})
    segment.delete()


def segments_by_word(words: list[str | int]) -> list[Segment]:
    """Segments by name (whatever its case) or id, each known. Raises Refused(field="segments")."""
    found = []
    for word in words:
        wanted = {"pk": word} if isinstance(word, int) else {"name__iexact": word.strip()}
        segment = Segment.objects.filter(**wanted).first()
        if segment is None:
            raise Refused(_("There is no segment “%(name)s”.") % {"name": word}, field="segments")
        found.append(segment)
    return found
