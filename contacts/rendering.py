"""From a template to one person's text: merge fields and spintax, in a language too small to be dangerous.

`{{ name }}` and `{{ name|default:"friend" }}` are merge fields; `{hi|hello}` chooses one, nested as deep as you like.
The template alone is read, once and from left to right; values are only put in where it says so, so nothing in a person's
fields is ever read as an instruction. What is neither stays as it was written.
"""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

# Possessive throughout: whatever somebody types, no piece of it is looked at twice.
FIELD = re.compile(
    r"\{\{\s*+([\w.-]++(?: ++[\w.-]++)*+)\s*+(?:\|\s*+default\s*+:\s*+(?:\"([^\"]*+)\"|'([^']*+)')\s*+)?+\}\}"
)
_TOKEN = re.compile(rf"(?P<field>{FIELD.pattern})|[{{}}|]")
# Double braces that are closed but no merge field, or that are not closed and hold no choice.
_BRACES = re.compile(r"\{\{[^{}]*+\}\}|\{\{[^{}|]*+(?:\}(?!\})|\Z)")
BUILT_IN = ("name", "first_name", "phone")


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    fallback: str


@dataclass(frozen=True, slots=True, eq=False)
class _Branch:
    """One of the options is read; of a single one that one."""

    options: "list[list[_Node]]"


_Node = str | _Field | _Branch


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
    return list(_BRACES.findall(FIELD.sub("…", template)))


def render(template: str, values: Mapping[str, str], *, seed: str) -> str:
    """One person's text. values: field → text; seed: the same seed gives the same choices (preview = what is sent)."""
    text, chance = [], None
    open_ones: list[Iterator[_Node]] = [iter(_parsed(template))]
    while open_ones:
        node = next(open_ones[-1], None)
        if node is None:
            open_ones.pop()
        elif isinstance(node, str):
            text.append(node)
        elif isinstance(node, _Field):
            text.append(values.get(node.name, "").strip() or node.fallback)
        elif len(node.options) == 1:
            open_ones.append(iter(node.options[0]))
        else:
            chance = chance or random.Random(seed)  # noqa: S311  # the same person always gets the same choice
            open_ones.append(iter(chance.choice(node.options)))
    return "".join(text).replace("\x00", "").strip()  # no database keeps a NUL


def values_of(*, name: str, phone: str, fields: Mapping[str, object]) -> dict[str, str]:
    """What merge fields can be filled with for one person. Names are found whatever their case."""
    own = {str(key).lower(): "" if value is None else str(value) for key, value in fields.items()}
    return {**own, "name": name, "first_name": name.split(" ", 1)[0] if name else "", "phone": phone}


@lru_cache(maxsize=256)
def _parsed(template: str) -> list[_Node]:
    """A template as a tree: linear in its length, whatever is in it."""
    levels: list[list[list[_Node]]] = [[[]]]  # the options of every brace that is open, the outermost first
    end = 0
    for token in _TOKEN.finditer(template):
        if token.start() > end:
            levels[-1][-1].append(template[end : token.start()])
        end = token.end()
        _take(token, levels)
    levels[-1][-1].append(template[end:])
    while len(levels) > 1:  # never closed: all of it is text
        _close(levels, as_choice=False, after="")
    return levels[0][0]


def _take(token: re.Match[str], levels: list[list[list[_Node]]]) -> None:
    if token["field"]:
        fallback = token[3] if token[3] is not None else token[4] or ""
        levels[-1][-1].append(_Field(name=token[2].lower(), fallback=fallback))
    elif token[0] == "{":
        levels.append([[]])
    elif token[0] == "|" and len(levels) > 1:
        levels[-1].append([])
    elif token[0] == "}" and len(levels) > 1:
        _close(levels, as_choice=len(levels[-1]) > 1, after="}")
    else:
        levels[-1][-1].append(token[0])


def _close(levels: list[list[list[_Node]]], *, as_choice: bool, after: str) -> None:
    options = levels.pop()
    around = levels[-1][-1]
    if as_choice:
        around.append(_Branch(options))
        return
    for at, option in enumerate(options):
        around += ["|" if at else "{", _Branch([option])]
    around.append(after)
