"""Finding conversations by what was said, by name and by number, in a time that does not grow with the table.

Each conversation has its words: what its messages say (campaigns left out), its person's name, its number from either end.
They are found by their beginning in an index that PostgreSQL and SQLite both have, at most FOUND of them. Any piece of a
name, a number or the last words is found among the newest NEWEST conversations besides.
"""

import re
from collections.abc import Iterable

from django.db.models import Q

from contacts.phone import phone_key
from messaging.models import Conversation, SearchWord

FOUND = 1000  # conversations a word brings at most
NEWEST = 2000  # conversations whose rows are read whole
PER_TEXT = 60  # words kept of one text
ASKED = 6  # words of a search
LONGEST = 30
_WORDS = re.compile(r"[^\W_]+")


def words_in(text: str) -> list[str]:
    """The words of a text as they are kept and looked for: letters and digits, in one case, each once."""
    found = (word.casefold()[:LONGEST] for word in _WORDS.findall(text))
    return list(dict.fromkeys(word for word in found if word.isalnum()))


def remember(conversation: Conversation, text: str, *, is_new: bool = False) -> None:
    """Let a conversation be found by a text (what was said in it, its person's name) and, when it is new, by its number."""
    words = words_in(text)[:PER_TEXT]
    if is_new:
        words += [*_numbers(conversation.phone), *words_in(conversation.phone_key)]
    SearchWord.objects.bulk_create(
        (SearchWord(conversation=conversation, word=word) for word in dict.fromkeys(words)), ignore_conflicts=True
    )


def matching(text: str) -> Q:
    """The conversations that a search finds, as a condition. What it reads is bounded by FOUND and NEWEST."""
    digits = "".join(character for character in text if character.isdecimal())
    found = _by_words(words_in(text)[:ASKED])
    if len(digits) >= 3 and not any(character.isalpha() for character in text):
        found += _by_words([_backwards(digits)]) + _by_words([phone_key(digits)]) + _by_words([digits[:LONGEST]])
    else:
        digits = ""
    return Q(pk__among=_once(found, _among_newest(text.casefold(), digits)))


def _among_newest(text: str, digits: str) -> list[int]:
    """Those of the newest with a piece of a name, of the last words or of a number. Read and compared here: a condition
    beside a limit makes PostgreSQL read the whole table, and SQLite knows no capitals but those of English."""
    newest = Conversation.objects.order_by("-last_at", "-id").values_list("pk", "contact__name", "snippet", "phone")
    return [
        pk
        for pk, name, snippet, phone in newest[:NEWEST]
        if text in snippet.casefold() or text in (name or "").casefold() or (digits and digits in phone)
    ]


def _by_words(words: list[str]) -> list[int]:
    """Conversations that have all these words or words that begin so; the longest one, likely the rarest, is looked up
    first, the newest conversations before others."""
    found: list[int] = []
    for number, word in enumerate(sorted(words, key=len, reverse=True)):
        rows = SearchWord.objects.order_by("-conversation_id")
        if number:
            rows = rows.filter(conversation__id__among=found)
        exact = rows.filter(word=word).values_list("conversation_id", flat=True)[:FOUND]
        begun = rows.order_by().filter(word__begins=word).values_list("conversation_id", flat=True)[:FOUND]
        found = _once(exact, begun)
    return found


def _once(*found: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(pk for some in found for pk in some))


def _numbers(phone: str) -> list[str]:
    """A number from its beginning and from its end; words of other senders."""
    digits = phone.removeprefix("+")[:LONGEST]
    return [digits, _backwards(digits)] if digits.isdecimal() else words_in(phone)


def _backwards(digits: str) -> str:
    return f"r{digits[::-1]}"[:LONGEST]
