"""Changing the texts of a draft: another language, another letter, their parts of the audience, and what they compete for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Variant
from campaigns.variants import FIRST, LETTERS, plain
from contacts.models import Contact
from contacts.refusal import Refused

LONGEST = 10_000  # characters of a text
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,6})?\Z")
_LOOKED_AT, _KEPT = 1000, 60  # the newest contacts tell which languages there are; kept for so many seconds
_SHARE = 50  # percent, of the first other letter


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text as another system hands it over. share: percent, for a letter without a language."""

    letter: str
    language: str
    body: str
    share: int


def add_language(campaign: Campaign, *, letter: str, language: str) -> Variant:
    """A text for those of a letter who speak a language; it begins as a copy of what they would read without it."""
    spoken = _known_language(language)
    with transaction.atomic():
        current = _draft(campaign)
        rows = {(row.letter, row.language): row for row in Variant.objects.filter(campaign=current)}
        if letter != FIRST and (letter, "") not in rows:
            raise Refused(_("There is no text %(letter)s.") % {"letter": letter}, field="letter")
        if (letter, spoken) in rows:
            raise Refused(
                _("Text %(letter)s is there in %(language)s already.") % {"letter": letter, "language": spoken},
                field="language",
            )
        body = current.body if letter == FIRST else rows[letter, ""].body
        return Variant.objects.create(campaign=current, letter=letter, language=spoken, body=body)


def add_letter(campaign: Campaign) -> Variant:
    """One more text that competes, with an even part of the audience; it begins as a copy of A."""
    with transaction.atomic():
        current = _draft(campaign)
        rows = list(Variant.objects.filter(campaign=current, language="").order_by("letter"))
        free = [letter for letter in LETTERS if letter != FIRST and letter not in {row.letter for row in rows}]
        if not free:
            raise Refused(_("More than %(most)s texts cannot be compared.") % {"most": len(LETTERS)}, field="letter")
        even = 100 // (len(rows) + 2)
        Variant.objects.filter(pk__in=[row.pk for row in rows]).update(share=even)
        if not current.goal:
            Campaign.objects.filter(pk=current.pk).update(goal=Campaign.Goal.REPLY)
        return Variant.objects.create(campaign=current, letter=free[0], body=current.body, share=even or _SHARE)


def write(campaign: Campaign, *, bodies: Mapping[int, str], shares: Mapping[int, int], goal: str) -> None:
    """Keep what stands in the fields, by the variants' ids. Wrong things are kept too, and are in the way when it starts."""
    with transaction.atomic():
        current = _draft(campaign)
        for row in Variant.objects.filter(campaign=current):
            row.body = bodies.get(row.pk, row.body)[:LONGEST]
            row.share = max(0, min(99, shares.get(row.pk, row.share)))
            row.save(update_fields=["body", "share"])
        current.goal = _known_goal(goal)
        current.save(update_fields=["goal"])
    campaign.refresh_from_db()


def follow_links(campaign: Campaign, *, is_on: bool) -> None:
    """Whether each person gets short addresses of their own."""
    with transaction.atomic():
        current = _draft(campaign)
        current.tracks_links = is_on
        current.save(update_fields=["tracks_links"])
    campaign.refresh_from_db()


def remove(campaign: Campaign, *, variant_id: int) -> None:
    """Take a text out; with a letter, its languages too. Those who would have read it read what is left."""
    with transaction.atomic():
        current = _draft(campaign)
        row = Variant.objects.filter(campaign=current, pk=variant_id).first()
        if row is None:
            return
        gone = Variant.objects.filter(campaign=current, letter=row.letter)
        (gone.filter(language=row.language) if row.language else gone).delete()
        if not Variant.objects.filter(campaign=current).exclude(letter=FIRST).exists():
            Campaign.objects.filter(pk=current.pk).update(goal="")
    campaign.refresh_from_db()


def replace(campaign: Campaign, *, texts: Sequence[Text], goal: str, tracks_links: bool) -> None:
    """All of them at once. Refused for a letter or a language that will not do, and for two texts of one place."""
    rows = [
        Variant(
            campaign=campaign, letter=_known_letter(text.letter), body=text.body[:LONGEST],
            language=_known_language(text.language) if text.language else "", share=max(0, min(99, text.share)),
        )
        for text in texts
    ]  # fmt: skip
    places = [(row.letter, row.language) for row in rows]
    if (FIRST, "") in places:
        raise Refused(_("Text A is the campaign's own: write it there."), field="variants")
    if len(set(places)) < len(places):
        raise Refused(_("Two of the texts are for the same letter and language."), field="variants")
    for letter, _language in places:
        if letter != FIRST and (letter, "") not in places:
            raise Refused(_("There is no text %(letter)s.") % {"letter": letter}, field="variants")
    with transaction.atomic():
        current = _draft(campaign)
        Variant.objects.filter(campaign=current).delete()
        Variant.objects.bulk_create(rows)
        is_split = any(letter != FIRST for letter, _language in places)
        current.goal = _known_goal(goal) or (Campaign.Goal.REPLY if is_split else "")
        current.tracks_links = tracks_links
        current.save(update_fields=["goal", "tracks_links"])
    campaign.refresh_from_db()


def languages_spoken() -> list[str]:
    """Languages of contacts, as far as the newest ones tell; kept for a minute."""
    found: list[str] | None = cache.get("languages-spoken")
    if found is None:
        newest = Contact.objects.order_by("-pk").values_list("language", flat=True)[:_LOOKED_AT]
        found = sorted({plain(language) for language in newest if language})
        cache.set("languages-spoken", found, timeout=_KEPT)
    return found


def _draft(campaign: Campaign) -> Campaign:
    current = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if current.state != Campaign.State.DRAFT:
        raise Refused(_("Only a draft can be changed. Cancel this campaign and make a new one."))
    return current


def _known_language(language: str) -> str:
    spoken = plain(language)
    if not _LANGUAGE.match(spoken):
        raise Refused(_("Write the language as its code: es, id or es-mx."), field="language")
    return spoken


def _known_letter(letter: str) -> str:
    if letter not in tuple(LETTERS):
        raise Refused(_("The letters are %(letters)s.") % {"letters": ", ".join(LETTERS)}, field="variants")
    return letter


def _known_goal(goal: str) -> str:
    if goal and goal not in Campaign.Goal.values:
        raise Refused(_("Compare texts by replies, clicks or opt-outs."), field="goal")
    return goal
