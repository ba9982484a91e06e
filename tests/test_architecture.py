"""Imports point one way: config → campaigns → messaging → contacts, messaging → messaging.providers."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent

# The longest matching part of the house decides, and says which parts of ours it may import.
MAY_IMPORT = {
    "config": ("config", "campaigns", "messaging", "messaging.providers", "contacts"),
    "campaigns": ("campaigns", "messaging", "messaging.providers", "contacts"),
    "messaging": ("messaging", "messaging.providers", "contacts"),
    "messaging.providers": ("messaging.providers",),
    "messaging.sandbox": ("messaging.sandbox",),
    "messaging.management": ("messaging", "messaging.providers", "messaging.sandbox", "contacts"),
    "contacts": ("contacts",),
}
OURS = tuple(part for part in MAY_IMPORT if "." not in part)
WITHOUT_DJANGO = ("messaging.providers",)


class Import(NamedTuple):
    """One import statement, in the module it stands in."""

    module: str
    line: int
    target: str
    is_inside_function: bool


def imports_below(root: Path) -> Iterator[Import]:
    """Every import of every module of ours below a folder."""
    for package in OURS:
        for path in sorted((root / package).rglob("*.py")):
            names = path.relative_to(root).with_suffix("").parts
            module = ".".join(names[:-1] if names[-1] == "__init__" else names)
            here = module if names[-1] == "__init__" else module.rpartition(".")[0]
            yield from _imports_in(ast.parse(path.read_text()), module, here, is_inside_function=False)


def _imports_in(node: ast.AST, module: str, here: str, *, is_inside_function: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        for target in _targets(child, here):
            yield Import(module, child.lineno, target, is_inside_function)  # type: ignore[attr-defined]
        inside = is_inside_function or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _imports_in(child, module, here, is_inside_function=inside)


def _targets(node: ast.AST, here: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    parts = here.split(".")[: len(here.split(".")) - node.level + 1] if node.level else []
    base = ".".join([*parts, *([node.module] if node.module else [])])
    # `from messaging import providers` reaches messaging.providers, so the names count as well.
    return [f"{base}.{alias.name}" for alias in node.names]


def part_of(name: str) -> str:
    """The part of the house a dotted name belongs to; empty for other people's packages."""
    matching = [part for part in MAY_IMPORT if name == part or name.startswith(f"{part}.")]
    return max(matching, key=len, default="")


def complaints(root: Path) -> list[str]:
    """What is wrong with the imports below a folder, one sentence each."""
    found = []
    for one in imports_below(root):
        source, target = part_of(one.module), part_of(one.target)
        where = f"{one.module}, line {one.line}: imports {one.target}"
        if target and target not in MAY_IMPORT[source]:
            found.append(f"{where}, but {source} may not import {target}")
        # Django's own rule: models may be imported in AppConfig.ready and not before.
        if target and one.is_inside_function and not one.module.endswith(".apps"):
            found.append(f"{where} inside a function")
        if source in WITHOUT_DJANGO and one.target.split(".")[0] in ("django", "ninja", "django_q"):
            found.append(f"{where}, but {source} is the wire alone")
    return found


def plant(root: Path, path: str, source: str) -> None:
    """A module of a small house of its own."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(source)


def test_it_points_one_way() -> None:
    assert complaints(ROOT) == []


def test_it_reads_the_whole_house() -> None:
    assert {part_of(one.module) for one in imports_below(ROOT)} >= {"config", "campaigns", "messaging", "contacts"}


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("contacts/people.py", "from messaging.models import Message"),
        ("contacts/people.py", "import campaigns"),
        ("contacts/people.py", "from config.roles import ROLES"),
        ("messaging/outbox.py", "from campaigns.models import Campaign"),
        ("messaging/outbox.py", "from ..campaigns import models"),
        ("messaging/outbox.py", "def send():\n    from contacts.models import Contact"),
        ("messaging/outbox.py", "class Box:\n    def send(self):\n        import contacts.models"),
        ("messaging/providers/wablas/client.py", "from messaging.models import Account"),
        ("messaging/providers/wablas/client.py", "from ...models import Account"),
        ("messaging/providers/wablas/client.py", "from django.conf import settings"),
        ("messaging/sandbox/wablas.py", "from messaging.providers.base import Outgoing"),
        ("messaging/sandbox/wablas.py", "from messaging import redact"),
        ("messaging/outbox.py", "from messaging.sandbox import app"),
        ("campaigns/runner.py", "import config.settings"),
    ],
)
def test_it_fails_on_a_planted_wrong_import(tmp_path: Path, path: str, source: str) -> None:
    plant(tmp_path, path, source)
    assert complaints(tmp_path) != []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("config/api.py", "from campaigns.api import router"),
        ("campaigns/runner.py", "from messaging.outbox import queue"),
        ("messaging/outbox.py", "from contacts.models import Contact"),
        ("messaging/outbox.py", "from messaging.providers import PROVIDERS"),
        ("messaging/providers/wablas/client.py", "from ..base import Outgoing"),
        ("messaging/management/commands/sandbox.py", "from messaging.sandbox import app"),
        ("contacts/people.py", "def save():\n    import json"),
        ("contacts/people.py", "import messaging_tools"),
    ],
)
def test_it_leaves_a_right_import_alone(tmp_path: Path, path: str, source: str) -> None:
    plant(tmp_path, path, source)
    assert complaints(tmp_path) == []
