"""The words of consent in each language: ours until staff change them, and STOP whatever they do."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from contacts.fields import tidy_text
from contacts.models import Contact
from contacts.optout import BUILT_IN, Verdict, Vocabulary, merged, plain, reads_as_opt_in, reads_as_opt_out
from contacts.optout_words import ALWAYS, CONFIRMATIONS, LANGUAGE_OF_COUNTRY
from contacts.phone import country
from contacts.refusal import Refused
from messaging.models import ConsentWords

LONGEST_WORD = 40
MOST_WORDS = 100
_CODE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,6})?")


@dataclass(frozen=True, kw_only=True)
class Language:
    """How one language speaks of consent. out_text, in_text: what is confirmed; empty for nothing. is_ours: nobody changed
    it yet."""

    code: str
    name: str
    vocabulary: Vocabulary
    out_text: str
    in_text: str
    is_ours: bool

    @property
    def clear(self) -> list[str]:
        return sorted(self.vocabulary.clear)

    @property
    def alone(self) -> list[str]:
        return sorted(self.vocabulary.alone)

    @property
    def back(self) -> list[str]:
        return sorted(self.vocabulary.back)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a reply says: verdict about stopping, whether it asks to come back, and in which language it said so."""

    verdict: Verdict
    is_back: bool
    language: str = ""


def languages() -> list[Language]:
    """Every language that is listened to, by code."""
    changed = {row.language: _of_row(row) for row in ConsentWords.objects.all()}
    ours = {code: _built_in(code) for code in BUILT_IN if code not in changed}
    return sorted((changed | ours).values(), key=lambda each: each.code)


def language(code: str) -> Language:
    """One of them; empty for one nobody has written yet."""
    row = ConsentWords.objects.filter(language=code).first()
    return _of_row(row) if row else _built_in(code)


def read(text: str, known: Sequence[Language]) -> Reading:
    """What a reply says in any of the languages."""
    everything = merged(each.vocabulary for each in known)
    verdict = reads_as_opt_out(text, everything)
    is_back = verdict != Verdict.YES and reads_as_opt_in(text, everything)
    if verdict != Verdict.YES and not is_back:
        return Reading(verdict=verdict, is_back=False)
    said = [each.code for each in known if _says(text, each.vocabulary, is_back=is_back)]
    return Reading(verdict=verdict, is_back=is_back, language=said[0] if said else "")


def language_for(*, contact: Contact | None, phone: str, said: str, known: Sequence[Language]) -> Language | None:
    """In which language to confirm: the person's, that of the number's country, that of the word, ours, any."""
    by_code = {each.code: each for each in known}
    own = contact.language.lower() if contact else ""
    wanted = (own, own[:2], LANGUAGE_OF_COUNTRY.get(country(phone), ""), said, settings.LANGUAGE_CODE)
    return next((by_code[code] for code in wanted if code in by_code), known[0] if known else None)


def save_language(
    *, code: str, clear: Sequence[str], alone: Sequence[str], back: Sequence[str], out_text: str, in_text: str
) -> Language:
    """Write down how a language speaks of consent. Words are compared without case, accents and punctuation.

    Raises Refused for a code that is none, a word that is too long, a list without an end, or a word on two sides.
    """
    code = code.strip().lower()
    if not _CODE.fullmatch(code):
        raise Refused(_("“%(code)s” is not the code of a language. Write it like es.") % {"code": code}, field="code")
    lists = {"clear": _tidied(clear, "clear"), "alone": _tidied(alone, "alone"), "back": _tidied(back, "back")}
    if both := (set(lists["clear"]) | set(lists["alone"]) | set(ALWAYS)) & set(lists["back"]):
        raise Refused(
            _("“%(word)s” cannot both end and bring back our messages.") % {"word": sorted(both)[0]}, field="back"
        )
    row, _is_new = ConsentWords.objects.update_or_create(
        language=code,
        defaults={**lists, "out_text": tidy_text(out_text)[:300], "in_text": tidy_text(in_text)[:300]},
    )
    return _of_row(row)


def forget_changes(code: str) -> None:
    """Back to the built-in words; a language that has none is no longer listened to."""
    ConsentWords.objects.filter(language=code).delete()


def _says(text: str, vocabulary: Vocabulary, *, is_back: bool) -> bool:
    if is_back:
        return reads_as_opt_in(text, vocabulary)
    return reads_as_opt_out(text, vocabulary) == Verdict.YES


def _tidied(words: Sequence[str], field: str) -> list[str]:
    tidied = list(dict.fromkeys(word for word in map(plain, words) if word))
    if long := next((word for word in tidied if len(word) > LONGEST_WORD), None):
        raise Refused(
            _("“%(word)s” is longer than %(most)d characters.") % {"word": long, "most": LONGEST_WORD}, field=field
        )
    if len(tidied) > MOST_WORDS:
        raise Refused(_("A language can have %(most)d words at most.") % {"most": MOST_WORDS}, field=field)
    return tidied


def _of_row(row: ConsentWords) -> Language:
    vocabulary = Vocabulary(frozenset(row.clear), frozenset(row.alone), frozenset(row.back))
    return Language(
        code=row.language, name=_name(row.language), vocabulary=vocabulary, out_text=row.out_text, in_text=row.in_text,
        is_ours=False,
    )  # fmt: skip


def _built_in(code: str) -> Language:
    nothing = Vocabulary(frozenset(), frozenset(), frozenset())
    out_text, in_text = CONFIRMATIONS.get(code, ("", ""))
    return Language(
        code=code, name=_name(code), vocabulary=BUILT_IN.get(code, nothing), out_text=out_text, in_text=in_text,
        is_ours=True,
    )  # fmt: skip


def _name(code: str) -> str:
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code
