"""From a template to one person's text: merge fields and spintax, in a language too small to be dangerous.

`{{ name }}` and `{{ name|default:"friend" }}` are merge fields; `{hi|hello}` chooses one, nested if need be. The template
is spun first and values are put in last, so nothing in a person's fields is ever read as an instruction.
"""

import random
import re
from collections.abc import Mapping
from functools import lru_cache

FIELD = re.compile(r"\{\{\s*([\w. -]+?)\s*(?:\|\s*default\s*:\s*(?:\"([^\"]*)\"|'([^']*)')\s*)?\}\}")
_BRACES = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_CHOICE = re.compile(r"\{([^{}]*\|[^{}]*)\}")
_HOLE = "\x00{}\x01"
_HOLES = re.compile("\x00(\\d+)\x01")
DEPTH = 50
BUILT_IN = ("name", "first_name", "phone")


@lru_cache(maxsize=256)
def fields_in(template: str) -> tuple[str, ...]:
    """The merge fields a template asks for, in order, each once."""
    return tuple(dict.fromkeys(match[1] for match in FIELD.finditer(template)))


@lru_cache(maxsize=256)
def fields_without_fallback(template: str) -> tuple[str, ...]:
    """The merge fields that leave a hole for people who lack them."""
    return tuple(dict.fromkeys(m[1] for m in FIELD.finditer(template) if m[2] is None and m[3] is None))


def problems_in(template: str) -> list[str]:
    """Pieces in double braces that are no merge field: a typing mistake that would otherwise go out as it stands."""
    return [piece for piece in _BRACES.findall(template) if not FIELD.fullmatch(piece)]


def render(template: str, values: Mapping[str, str], *, seed: str) -> str:
    """One person's text. values: field → text; seed: the same seed gives the same choices (preview = what is sent)."""
    pieces: list[re.Match[str]] = []

    def hole(match: re.Match[str]) -> str:
        pieces.append(match)
        return _HOLE.format(len(pieces) - 1)

    def fill(match: re.Match[str]) -> str:
        number = int(match[1])
        return _value(pieces[number], values) if number < len(pieces) else ""

    text = template.replace("\x00", "").replace("\x01", "")
    return _HOLES.sub(fill, _spin(FIELD.sub(hole, text), seed)).strip()


def values_of(*, name: str, phone: str, fields: Mapping[str, object]) -> dict[str, str]:
    """What merge fields can be filled with for one person. Names are found whatever their case."""
    own = {str(key).lower(): "" if value is None else str(value) for key, value in fields.items()}
    return {**own, "name": name, "first_name": name.split(" ", 1)[0] if name else "", "phone": phone}


def _spin(text: str, seed: str) -> str:
    if "{" not in text:
        return text
    chance = random.Random(seed)  # noqa: S311  # the same person always gets the same choice
    for _level in range(DEPTH):
        text, found = _CHOICE.subn(lambda match: chance.choice(match[1].split("|")), text)
        if not found:
            break
    return text


def _value(match: re.Match[str], values: Mapping[str, str]) -> str:
    fallback = match[2] if match[2] is not None else match[3] or ""
    return values.get(match[1].lower(), "").strip() or fallback
