"""Five real people whose texts show what can go wrong: found in a bounded number of rows, however large the audience is."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import F, IntegerField, Max, Min, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Length
from django.utils.translation import gettext_lazy as _

from campaigns import variants, wording
from campaigns.models import Campaign
from contacts import rendering
from contacts.models import Channel, Contact
from messaging.parts import beyond_gsm, count_parts

LONGEST, PARTS, LACKS, LANGUAGE, RANDOM = "longest", "parts", "lacks", "language", "random"
WHY = {
    LONGEST: _("the longest text"),
    PARTS: _("the most SMS parts"),
    LACKS: _("somebody who lacks a field"),
    LANGUAGE: _("another language"),
    RANDOM: _("somebody at random"),
}
SHOWN = 5
POINTS, EACH, LONG_ONES = 8, 25, 15  # where in the audience, how many there, and how many by their values' length


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One person's text. whys: what they are an example of; lacks: merge fields that leave a hole in it."""

    person: Contact
    text: str
    parts: int
    forcing: list[str]
    lacks: list[str]
    whys: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        return ", ".join(str(WHY[why]) for why in self.whys)


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """picks: (why, contact's id), each person once. likely: parts of a text on average; most: of the longest that was seen."""

    picks: list[tuple[tuple[str, ...], int]]
    likely: Fraction
    most: int
    looked_at: int
    forcing: tuple[str, ...] = ()


class Reader:
    """Renders people's texts; the texts of the campaign are read once."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self._wording = None if campaign.is_gateway_run else wording.planned(campaign)

    def text(self, person: Contact) -> str:
        """What this person would read; where a gateway sends, what it is given."""
        return self._wording.shown_to(person) if self._wording else self._campaign.body.strip()

    def lacks(self, person: Contact) -> list[str]:
        """The merge fields of their text that leave a hole."""
        if self._wording is None:
            return []
        values = rendering.values_of(name=person.name, phone=person.phone, fields=person.fields)
        fields = rendering.fields_without_fallback(self._wording.body_for(person))
        return [name for name in fields if not values.get(name.lower(), "")]

    def sample(self, person: Contact, whys: tuple[str, ...] = ()) -> Sample:
        text = self.text(person)
        return Sample(
            person=person, text=text, parts=count_parts(text), forcing=beyond_gsm(text), lacks=self.lacks(person), whys=whys
        )  # fmt: skip

    def bodies(self) -> list[str]:
        """Every template that somebody may read."""
        return self._wording.texts.bodies if self._wording else [self._campaign.body]


def look(campaign: Campaign, people: QuerySet[Contact], *, missing: Sequence[str]) -> Sampled:
    """Look at some of those who will get it. missing: merge fields that some of them lack."""
    reader = Reader(campaign)
    by_chance = _by_chance(campaign, people)
    pool = {person.pk: person for person in (*by_chance, *_long_ones(people, reader))}
    read = {pk: reader.sample(person) for pk, person in pool.items()}
    found = {
        LONGEST: _best(read.values(), lambda each: len(each.text)),
        PARTS: _best(read.values(), lambda each: each.parts) if campaign.channel == Channel.SMS else None,
        LACKS: _lacking(people, read.values(), missing),
        LANGUAGE: _foreigner(people, campaign, pool.values()),
        RANDOM: by_chance[random.Random(campaign.pk).randrange(len(by_chance))].pk if by_chance else None,  # noqa: S311  # the same each time
    }
    sizes = [read[person.pk].parts for person in by_chance]
    return Sampled(
        picks=_filled(_distinct(found), by_chance, campaign),
        likely=Fraction(sum(sizes), len(sizes)) if sizes else Fraction(1),
        most=max((each.parts for each in read.values()), default=1),
        looked_at=len(read),
        forcing=tuple(dict.fromkeys(mark for each in read.values() for mark in each.forcing)),
    )


def shown(campaign: Campaign, sampled: Sampled) -> list[Sample]:
    """The people that were picked, read anew: one query for them. Who was deleted meanwhile is left away."""
    people = Contact.objects.in_bulk([pk for _whys, pk in sampled.picks])
    reader = Reader(campaign)
    return [reader.sample(people[pk], whys) for whys, pk in sampled.picks if pk in people]


def lacks(name: str) -> Q:
    """Which contacts have nothing for a merge field."""
    if name.lower() in ("name", "first_name"):
        return Q(name="")
    return ~Q(fields__has_key=name.lower())


def _by_chance(campaign: Campaign, people: QuerySet[Contact]) -> list[Contact]:
    """Some of them from POINTS places; the same ones each time."""
    ends = people.order_by().aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return []
    chance = random.Random(campaign.pk)  # noqa: S311  # the same each time
    starts = [ends["first"], *(chance.randint(ends["first"], ends["last"]) for _n in range(POINTS - 1))]
    found: dict[int, Contact] = {}
    for start in starts:
        found.update((person.pk, person) for person in people.filter(pk__gte=start).order_by("pk")[:EACH])
        if len(found) < EACH:  # the first place had them all
            break
    return [found[pk] for pk in sorted(found)]


def _long_ones(people: QuerySet[Contact], reader: Reader) -> list[Contact]:
    """Those whose values in the texts are the longest."""
    names = {name.lower() for body in reader.bodies() for name in rendering.fields_in(body)} - {"phone"}
    if not names:
        return []
    length = Value(0, output_field=IntegerField())
    for name in sorted(names):
        length = length + _length(name)  # type: ignore[assignment]  # a sum of expressions
    return list(people.annotate(length_of_values=length).order_by("-length_of_values", "pk")[:LONG_ONES])


def _length(name: str) -> Coalesce:
    own = F("name") if name in ("name", "first_name") else KeyTextTransform(name, "fields", output_field=TextField())
    return Coalesce(Length(own), Value(0))


def _best(read: Iterable[Sample], key: Callable[[Sample], int]) -> int | None:
    best = max(read, key=key, default=None)
    return best.person.pk if best else None


def _lacking(people: QuerySet[Contact], read: Iterable[Sample], missing: Sequence[str]) -> int | None:
    seen = next((each.person.pk for each in read if each.lacks), None)
    if seen or not missing:
        return seen
    return people.filter(lacks(missing[0])).order_by("pk").values_list("pk", flat=True).first()


def _foreigner(people: QuerySet[Contact], campaign: Campaign, pool: Iterable[Contact]) -> int | None:
    """Somebody whose language has a text of its own; else one of those looked at who does not speak what most of them do."""
    languages = list(campaign.variants.exclude(language="").values_list("language", flat=True))
    if languages:
        return people.filter(language__in=languages).order_by("pk").values_list("pk", flat=True).first()
    spoken = [(person.pk, variants.plain(person.language)) for person in pool]
    usual = Counter(language for _pk, language in spoken).most_common(1)
    return next((pk for pk, language in spoken if language and language != usual[0][0]), None)


def _filled(
    picks: list[tuple[tuple[str, ...], int]], by_chance: Sequence[Contact], campaign: Campaign
) -> list[tuple[tuple[str, ...], int]]:
    """With others at random, where one person is an example of several things."""
    known = {pk for _whys, pk in picks}
    others = [person.pk for person in by_chance if person.pk not in known]
    more = random.Random(campaign.pk).sample(others, min(len(others), max(0, SHOWN - len(picks))))  # noqa: S311  # the same each time
    return [*picks, *(((RANDOM,), pk) for pk in sorted(more))]


def _distinct(found: dict[str, int | None]) -> list[tuple[tuple[str, ...], int]]:
    """Each person once, with everything they are an example of."""
    whys: dict[int, list[str]] = {}
    for why, pk in found.items():
        if pk is not None:
            whys.setdefault(pk, []).append(why)
    return [(tuple(each), pk) for pk, each in whys.items()]
