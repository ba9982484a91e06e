"""What a reply says about consent: STOP and its cousins, in the languages our customers' customers write."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from contacts.optout_words import ALWAYS, ELSEWHERE, LEADING, MESSAGING, POLITE, SERVICE, WORDS


class Verdict(StrEnum):
    """How sure the reading is. `maybe` is for a person to decide; nothing happens by itself."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words and phrases as `plain` writes them.

    clear: mean it wherever they open a short message. alone: have a life of their own (“end of May”, “Baja California”),
    so they mean it alone or with a polite word. back: ask to be messaged again, likewise.
    """

    clear: frozenset[str]
    alone: frozenset[str]
    back: frozenset[str]


BUILT_IN = {
    language: Vocabulary(frozenset(clear), frozenset(alone), frozenset(back))
    for language, (clear, alone, back) in WORDS.items()
}


def merged(vocabularies: Iterable[Vocabulary]) -> Vocabulary:
    """All of them as one, with the words that nobody can take out. A word that stops never brings anybody back."""
    found = list(vocabularies)
    clear = frozenset(ALWAYS).union(*(each.clear for each in found))
    alone = frozenset().union(*(each.alone for each in found)) - clear
    back = frozenset().union(*(each.back for each in found)) - clear - alone
    return Vocabulary(clear, alone, back)


EVERY_LANGUAGE = merged(BUILT_IN.values())
_MORE_WORDS = 2


def reads_as_opt_out(text: str, vocabulary: Vocabulary = EVERY_LANGUAGE) -> Verdict:
    """Whether a reply asks us to stop.

    yes: a clear word or phrase opens it and at most two more words follow that name nothing else to stop, or a word that
    needs to be alone stands alone, with polite words, or with at most two that name our messages ("baja del servicio").
    maybe: such a word is in it somewhere, or it is a slip of the pen
    for one. Case, accents and punctuation do not count.
    """
    words = words_of(text)
    if not words:
        return Verdict.NO
    meant = [word for word in words if word not in POLITE]
    if any(_opens(words, each) for each in vocabulary.clear) or " ".join(words) in vocabulary.alone:
        return Verdict.YES
    if " ".join(meant) in vocabulary.clear | vocabulary.alone:  # "please stop", "baja por favor"
        return Verdict.YES
    if any(_opens_about_us(meant, each) for each in vocabulary.alone):
        return Verdict.YES
    said = f" {' '.join(words)} "
    if any(f" {each} " in said for each in vocabulary.clear) or any(
        said.startswith(f" {a} ") for a in vocabulary.alone
    ):
        return Verdict.MAYBE
    is_slip = len(meant) == 1 and any(_is_slip(meant[0], each) for each in vocabulary.clear)
    return Verdict.MAYBE if is_slip and not _reads_back(meant, vocabulary) else Verdict.NO


def reads_as_opt_in(text: str, vocabulary: Vocabulary = EVERY_LANGUAGE) -> bool:
    """Whether a reply asks to be messaged again: START, ALTA, MULAI, UNSTOP alone or with polite words."""
    return _reads_back([word for word in words_of(text) if word not in POLITE], vocabulary)


def words_of(text: str) -> list[str]:
    """The words of a text without case, accents and punctuation; "S.T.O.P." is one word."""
    decomposed = unicodedata.normalize("NFKD", text[:1000]).casefold()
    kept = [
        character if character.isalnum() else " "
        for character in decomposed
        if unicodedata.category(character) not in ("Mn", "Cf") and character not in "'’"
    ]
    words = "".join(kept).split()
    spelled = len(words) > 2 and all(len(word) == 1 for word in words)
    return ["".join(words)] if spelled else words


def plain(text: str) -> str:
    """A word or phrase as it is compared."""
    return " ".join(words_of(text))


def _opens(words: list[str], phrase: str) -> bool:
    opening = phrase.split()
    rest = words[len(opening) :]
    return words[: len(opening)] == opening and len(rest) <= _MORE_WORDS and not _names_something_else(rest)


def _names_something_else(rest: list[str]) -> bool:
    """What follows STOP when it is not about messages: "this bill", "by tomorrow"."""
    return bool(rest) and rest[0] in ELSEWHERE and rest[-1] not in ELSEWHERE | MESSAGING | POLITE


def _opens_about_us(meant: list[str], phrase: str) -> bool:
    opening = phrase.split()
    rest = meant[len(opening) :]
    is_short = meant[: len(opening)] == opening and 0 < len(rest) <= _MORE_WORDS
    return is_short and rest[-1] in SERVICE and all(word in LEADING | SERVICE for word in rest[:-1])


def _reads_back(meant: list[str], vocabulary: Vocabulary) -> bool:
    return " ".join(meant) in vocabulary.back


def _is_slip(word: str, meant: str) -> bool:
    """Two letters exchanged, a letter held too long, or, in longer words, one letter too few or too many."""
    if word == meant or " " in meant or len(meant) < 4 or abs(len(word) - len(meant)) > 8:
        return False
    if _squeezed(word) == _squeezed(meant):
        return True
    if len(word) == len(meant):
        wrong = [at for at in range(len(word)) if word[at] != meant[at]]
        return (
            len(wrong) == 2
            and wrong[1] == wrong[0] + 1
            and word[wrong[0]] == meant[wrong[1]]
            and word[wrong[1]] == meant[wrong[0]]
        )
    longer, shorter = sorted((word, meant), key=len, reverse=True)
    if len(meant) < 6 or len(longer) - len(shorter) != 1:
        return False
    return any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))


def _squeezed(word: str) -> str:
    return re.sub(r"(.)\1+", r"\1", word)
