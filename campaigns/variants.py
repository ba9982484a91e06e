"""Which text of a campaign a person reads: by the letter they drew and the language they speak. One answer for previews,
for freezing and for sending."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import md5

from django.db.models import Case, CharField, Expression, F, Value, When
from django.db.models.functions import MD5, Cast, Concat, Lower, Replace
from django.db.models.lookups import LessThan
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Variant
from contacts.models import Contact
from contacts.refusal import Refused

FIRST = "A"
LETTERS = "ABCDEF"
_SPACE = 16**32  # how many MD5 there are


@dataclass(frozen=True, kw_only=True)
class Texts:
    """All texts of a campaign. others: (letter, language in lower case) → text. shares: (letter, percent) of B and on."""

    own: str
    others: Mapping[tuple[str, str], str]
    shares: Sequence[tuple[str, int]]

    def body(self, letter: str, language: str) -> str:
        """What a person of this letter and language reads: es-MX, else es, else the letter's text without a language."""
        return self.others.get(self.place(letter, language), self.own)

    def place(self, letter: str, language: str) -> tuple[str, str]:
        """The letter and language of that text."""
        spoken = plain(language)
        while spoken and (letter, spoken) not in self.others:
            spoken = spoken.rpartition("-")[0]
        return (letter, spoken) if spoken or (letter, "") in self.others else (FIRST, "")

    def named(self) -> Iterator[tuple[str, str]]:
        """(letter and language, text) of each, the campaign's own first."""
        yield FIRST, self.own
        for (letter, language), body in self.others.items():
            yield f"{letter} {language}".strip(), body

    @property
    def bodies(self) -> list[str]:
        return [body for _name, body in self.named()]

    @property
    def is_split(self) -> bool:
        return bool(self.shares)

    @property
    def rest(self) -> int:
        """Percent of the audience that reads A."""
        return 100 - sum(share for _letter, share in self.shares)


def plain(language: str) -> str:
    """A language as it is compared: es_MX and ES-mx are es-mx."""
    return language.strip().replace("_", "-").lower()


def texts_of(campaign: Campaign, *, own: str | None = None) -> Texts:
    """A campaign's texts; own: instead of what is saved. One query, none for a campaign that is not saved."""
    rows = list(Variant.objects.filter(campaign=campaign)) if campaign.pk else []
    return Texts(
        own=campaign.body if own is None else own,
        others={(row.letter, plain(row.language)): row.body for row in rows},
        shares=[(row.letter, row.share) for row in rows if row.letter != FIRST and not row.language],
    )


def letter_of(campaign: Campaign, contact_id: int, texts: Texts) -> str:
    """The letter that a person draws in this campaign. Always the same one; `letter_drawn` says it to the database."""
    drawn = md5(_seed(campaign, contact_id).encode(), usedforsecurity=False).hexdigest()
    return next((letter for letter, until in _bounds(texts) if drawn < until), FIRST)


def letter_drawn(campaign: Campaign, texts: Texts) -> Expression:
    """`letter_of` of each contact, in the database: by a number that has nothing to do with the order of the ids."""
    if not texts.is_split:
        return Value(FIRST, output_field=CharField())
    drawn = MD5(Concat(Value(_seed(campaign, "")), Cast("pk", CharField()), output_field=CharField()))
    cases = [When(LessThan(drawn, Value(until)), then=Value(letter)) for letter, until in _bounds(texts)]
    return Case(*cases, default=Value(FIRST), output_field=CharField())


def language_spoken() -> Expression:
    """`plain` of each contact's language, in the database."""
    return Lower(Replace(F("language"), Value("_"), Value("-")))


def body_of(campaign: Campaign, contact: Contact, texts: Texts) -> str:
    """What a person would read who is not frozen into the campaign yet."""
    return texts.body(letter_of(campaign, contact.pk, texts), contact.language)


def check(campaign: Campaign, texts: Texts) -> None:
    """Raise Refused for texts that do not go together. Each text for itself is checked as any (`checks.check_body`)."""
    if not texts.others:
        return
    if campaign.is_gateway_run:
        raise Refused(
            _("A gateway that sends by itself knows one text. Remove the others, or let Carillon send."),
            field="variants",
        )
    if texts.is_split and campaign.goal == Campaign.Goal.CLICK and not campaign.tracks_links:
        raise Refused(_("To compare texts by clicks, let their links be followed."), field="tracks_links")
    for letter, share in texts.shares:
        if not share:
            raise Refused(
                _("Nobody would read text %(letter)s: give it a part of the audience, or remove it.")
                % {"letter": letter},
                field="variants",
            )
    if texts.rest < 1:
        raise Refused(
            _("The parts add up to %(sum)s %%, which leaves nobody for text A.") % {"sum": 100 - texts.rest},
            field="variants",
        )


def copy(campaign: Campaign, to: Campaign) -> None:
    """The same texts for another campaign."""
    rows = Variant.objects.filter(campaign=campaign)
    Variant.objects.bulk_create(
        Variant(campaign=to, letter=row.letter, language=row.language, body=row.body, share=row.share) for row in rows
    )


def _seed(campaign: Campaign, contact_id: int | str) -> str:
    return f"variant:{campaign.pk}:{contact_id}"


def _bounds(texts: Texts) -> list[tuple[str, str]]:
    """(letter, the MD5 below which it is drawn), ascending."""
    bounds, upto = [], 0
    for letter, share in texts.shares:
        upto += share
        bounds.append((letter, f"{min(upto * _SPACE // 100, _SPACE - 1):032x}"))
    return bounds
