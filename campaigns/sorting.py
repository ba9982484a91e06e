"""Keeping many campaigns in order: the words they are sorted by, and those that are put away."""

from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Tag
from contacts.fields import tidy_text
from contacts.refusal import Refused

MOST_TAGS = 10
_LONGEST = 40
AT_REST = (Campaign.State.DRAFT, Campaign.State.FINISHED, Campaign.State.CANCELLED)


def tags_named(words: Iterable[str]) -> list[Tag]:
    """Tags by name, whatever its case; those that there are not yet are made. Refused(field="tags")."""
    names = dict.fromkeys(tidy_text(word) for word in words)
    names.pop("", None)
    if len(names) > MOST_TAGS:
        raise Refused(_("At most %(most)s tags. Take some away.") % {"most": MOST_TAGS}, field="tags")
    for name in names:
        if len(name) > _LONGEST:
            raise Refused(_("“%(name)s…” is too long for a tag.") % {"name": name[:20]}, field="tags")
    return list({tag.pk: tag for tag in map(_tag, names)}.values())


def tags_in_use() -> QuerySet[Tag]:
    """Those that some campaign has, by name."""
    return Tag.objects.filter(campaigns__isnull=False).distinct()


def add_tags(campaigns: Iterable[Campaign], tags: Sequence[Tag]) -> None:
    """Sort campaigns by further words, whatever has become of them."""
    for campaign in campaigns:
        campaign.tags.add(*tags)


def remove_tags(campaigns: Iterable[Campaign], tags: Sequence[Tag]) -> None:
    """Take words off campaigns."""
    for campaign in campaigns:
        campaign.tags.remove(*tags)


def archive(campaigns: Sequence[Campaign]) -> None:
    """Put campaigns away: drafts, and what has ended. Nothing of them changes, they only leave the list."""
    for campaign in campaigns:
        if campaign.state not in AT_REST:
            raise Refused(
                _("“%(name)s” is %(state)s. Only drafts and campaigns that have ended can be put away.")
                % {"name": campaign.name, "state": campaign.get_state_display()}
            )
    _put([campaign.pk for campaign in campaigns], is_away=True)


def unarchive(campaigns: Iterable[Campaign]) -> None:
    """Bring campaigns back to the list."""
    _put([campaign.pk for campaign in campaigns], is_away=False)


def _put(ids: list[int], *, is_away: bool) -> None:
    Campaign.objects.filter(pk__in=ids, archived_at__isnull=is_away).update(
        archived_at=timezone.now() if is_away else None
    )


def _tag(name: str) -> Tag:
    found = Tag.objects.filter(name__iexact=name).first()
    if found:
        return found
    try:
        with transaction.atomic():
            return Tag.objects.create(name=name)
    except IntegrityError:  # somebody made it in this moment
        return Tag.objects.get(name__iexact=name)
