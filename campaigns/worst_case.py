"""What a text costs by SMS in the worst case: the person whose own values make it longest, of so many that are looked at."""

from dataclasses import dataclass

from campaigns import previews, wording
from campaigns.previews import Draft
from contacts.models import Contact
from messaging.gsm_instead import instead_of
from messaging.parts import beyond_gsm, count_parts, is_gsm

LOOKED_AT = 500  # people, so that it takes as long for a million as for these


@dataclass(frozen=True, kw_only=True)
class Forcing:
    """A character that leaves 70 instead of 160 to a part. instead: what may stand there; None: nothing does, it may be taken
    out. is_typed: it stands in the text itself, not in somebody's values."""

    character: str
    instead: str | None
    is_typed: bool

    @property
    def code(self) -> str:
        """Its number, for what cannot be seen: 00A0."""
        return f"{ord(self.character):04X}"


@dataclass(frozen=True, kw_only=True)
class WorstCase:
    """person: whose text needs the most parts, and of these the longest; None where nobody is chosen yet. looked_at: of so
    many people. per_part: characters that fit one part of it."""

    person: Contact | None
    parts: int
    length: int
    looked_at: int
    forcing: list[Forcing]

    @property
    def replaceable(self) -> list[Forcing]:
        """Characters of the text itself that something may stand for."""
        return [each for each in self.forcing if each.is_typed and each.instead is not None]


def worst_case(draft: Draft) -> WorstCase:
    """The worst of a bounded number of people; exact for audiences that are no larger."""
    people = list(previews.people_of(draft)[:LOOKED_AT])
    words = wording.planned(draft.campaign, own=draft.body)
    texts = {person: words.shown_to(person) for person in people}
    person = max(texts, key=lambda each: (count_parts(texts[each]), len(texts[each])), default=None)
    text = texts[person] if person else previews.text_for(draft, None)
    # Forced by anybody: one such text costs more than the others do.
    forced = dict.fromkeys(beyond_gsm(draft.body))
    for each in texts.values():
        if not is_gsm(each):
            forced |= dict.fromkeys(beyond_gsm(each))
    return WorstCase(
        person=person,
        parts=count_parts(text),
        length=len(text),
        looked_at=len(people),
        forcing=[Forcing(character=c, instead=instead_of(c), is_typed=c in draft.body) for c in forced],
    )
