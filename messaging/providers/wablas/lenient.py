"""Reading JSON that is nearly JSON: trailing commas, missing commas, bare words, comments. docs/wire.md 3.6.3.

Strict parsing comes first; the repair below only moves punctuation and never evaluates anything. A body that was cut off
stays unreadable: half an answer must not look like a whole one.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

_PIECE = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*")|(?P<mark>[{}\[\]:,])|(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<word>[^\s{}\[\]:,"/]+)|(?P<gap>\s+)',
    re.DOTALL,
)
_LITERAL = re.compile(r"(?:true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\Z")
_CLOSER = {"{": "}", "[": "]"}


def parse(text: str) -> Any:
    """The value in `text`; ValueError when it cannot be read even after repair."""
    try:
        return json.loads(text, object_pairs_hook=_keep_richest)
    except ValueError:
        return json.loads(repair(text), object_pairs_hook=_keep_richest)


def repair(text: str) -> str:
    """The same document with its punctuation put right. ValueError when it is cut off or is no JSON at all."""
    written: list[str] = []
    open_brackets: list[str] = []
    before = ""  # the piece written last
    for piece in _pieces(text):
        if piece in "}]":
            _drop_comma(written)
            while open_brackets and _CLOSER[open_brackets[-1]] != piece:
                written.append(_CLOSER[open_brackets.pop()])
            if not open_brackets:
                raise ValueError("a bracket closes nothing")
            open_brackets.pop()
        elif piece not in ":," and _ends_a_value(before):
            written.append(",")
        if piece in "{[":
            open_brackets.append(piece)
        written.append(piece)
        before = piece
    if open_brackets or not written:
        raise ValueError("the text is cut off")
    return "".join(written)


def _pieces(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        found = _PIECE.match(text, place)
        if found is None:
            raise ValueError("no JSON")
        place = found.end()
        if found["text"] or found["mark"]:
            yield found[0]
        elif word := found["word"]:
            yield word if _LITERAL.match(word) else json.dumps(word)


def _ends_a_value(piece: str) -> bool:
    return bool(piece) and piece not in "{[:,"


def _drop_comma(written: list[str]) -> None:
    if written and written[-1] == ",":
        written.pop()


def _keep_richest(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A key that comes twice (report-realtime: `message` as a sentence, then as the list) keeps the list."""
    kept = dict(pairs)
    if len(kept) == len(pairs):
        return kept
    kept.clear()
    for key, value in pairs:
        if not (isinstance(kept.get(key), list | dict) and not isinstance(value, list | dict)):
            kept[key] = value
    return kept
