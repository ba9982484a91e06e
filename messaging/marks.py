"""What WhatsApp makes of the marks in a text: *bold*, _italic_, ~struck~ and ```typewriter```. For showing only: what is sent
keeps its marks."""

import re

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_TYPEWRITER = re.compile(r"```(.+?)```", re.DOTALL)
_MARKS = tuple(
    (re.compile(rf"(?<![^\W_])(?<!{mark}){mark}(?=\S)([^{mark}\n]+)(?<=\S){mark}(?![^\W_])(?!{mark})"), tag)
    for mark, tag in ((r"\*", "strong"), ("_", "em"), ("~", "s"))
)
_TAG = re.compile(r"<(/?)(\w+)>")


def as_shown(text: str) -> SafeString:
    """The text as HTML: everything escaped, and nothing but these four tags of ours in it."""
    pieces = _TYPEWRITER.split(str(escape(text)))
    shown = [f"<code>{piece}</code>" if at % 2 else _marked(piece) for at, piece in enumerate(pieces)]
    return mark_safe("".join(shown))  # noqa: S308  # escaped above; the tags are ours


def _marked(piece: str) -> str:
    for pattern, tag in _MARKS:  # ignored: a default that binds the loop's value is nothing that mypy can type
        piece = pattern.sub(lambda found, tag=tag: _wrapped(found, tag), piece)  # type: ignore[misc]
    return piece


def _wrapped(found: re.Match[str], tag: str) -> str:
    """With its tag; as it is where another mark begins inside and ends outside."""
    inner = found[1]
    return f"<{tag}>{inner}</{tag}>" if _is_balanced(inner) else found[0]


def _is_balanced(inner: str) -> bool:
    open_tags: list[str] = []
    for closes, name in _TAG.findall(inner):
        if not closes:
            open_tags.append(name)
        elif not open_tags or open_tags.pop() != name:
            return False
    return not open_tags
