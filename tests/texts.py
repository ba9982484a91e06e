"""Every text of the sources that people read, and what the catalogues of a language have for it."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
APPS = ("config", "contacts", "messaging", "campaigns")
NOOP = frozenset({"gettext_noop"})
LAZY = frozenset({"gettext_lazy", "ngettext_lazy", "pgettext_lazy", "npgettext_lazy"})
EAGER = frozenset({"gettext", "ngettext", "pgettext", "npgettext"})
_LITERAL = r"u?(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")"
_MARKED = re.compile(rf"\b(_|n?p?gettext|npgettext)\(\s*({_LITERAL}(?:\s*,\s*{_LITERAL})*)")
_PLACEHOLDER = re.compile(r"%\(\w+\)\w|%%|\{\{.*?\}\}|</?\w+>")


@dataclass(frozen=True, order=True)
class Text:
    """A text as a source says it. context: tells two texts apart that are written alike. plural: for more than one."""

    context: str
    one: str
    plural: str = ""

    def __str__(self) -> str:
        return f"[{self.context}] {self.one}" if self.context else self.one


@dataclass
class Entry:
    """One text of a .po file. said: its translation, or one for each plural form."""

    text: Text
    said: list[str] = field(default_factory=list)
    is_guess: bool = False


def texts_of_templates() -> set[Text]:
    """What `translate` and `blocktranslate` mark."""
    return {
        _text(name, ast.literal_eval(f"({strings},)"))
        for path in (ROOT / "templates").rglob("*.html")
        for name, strings in _MARKED.findall(templatize(path.read_text()))
    }


def texts_of_code() -> set[Text]:
    """What calls of gettext and its siblings mark."""
    return {_text(name, strings) for path in code() for name, strings, _line in calls(path)}


def code() -> list[Path]:
    """Our Python files, the tests and migrations left out."""
    paths = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    return sorted(path for path in paths if "migrations" not in path.parts)


def calls(path: Path, tree: ast.Module | None = None) -> Iterator[tuple[str, list[str], ast.Call]]:
    """(gettext's own name for the function, the texts, the call) of each call in a file."""
    tree = tree or ast.parse(path.read_text())
    names = names_of_gettext(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            strings = [
                each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
            ]
            if strings:
                yield names[node.func.id].removesuffix("_lazy").removesuffix("_noop"), strings, node


def names_of_gettext(tree: ast.Module) -> dict[str, str]:
    """What this file calls the functions of django.utils.translation: its name → theirs."""
    imports = [
        node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
    ]
    known = LAZY | EAGER | NOOP
    return {each.asname or each.name: each.name for node in imports for each in node.names if each.name in known}


def entries(path: Path) -> list[Entry]:
    """What a .po file has, its header left out."""
    found: list[Entry] = []
    parts: dict[str, str] = {}
    is_guess, keyword = False, ""
    for line in [*path.read_text().splitlines(), ""]:
        if line.startswith("#,"):
            is_guess = "fuzzy" in line
        elif line.startswith('"'):
            parts[keyword] += ast.literal_eval(line)
        elif line and not line.startswith("#"):
            keyword, _, literal = line.partition(" ")
            parts[keyword] = ast.literal_eval(literal)
        elif not line and parts:
            if parts["msgid"]:
                found.append(_entry(parts, is_guess))
            parts, is_guess = {}, False
    return found


def placeholders(text: str) -> list[str]:
    """The names to be filled in, merge fields and tags of a text."""
    return sorted(set(_PLACEHOLDER.findall(text)))


def _entry(parts: dict[str, str], is_guess: bool) -> Entry:
    text = Text(parts.get("msgctxt", ""), parts["msgid"], parts.get("msgid_plural", ""))
    return Entry(text, [said for keyword, said in parts.items() if keyword.startswith("msgstr")], is_guess)


def _text(name: str, strings: list[str] | tuple[str, ...]) -> Text:
    context, *rest = strings if "p" in name.removesuffix("gettext") else ("", *strings)
    return Text(context, rest[0], rest[1] if name.startswith("n") else "")
