"""The documents against the code: what they list is what there is."""

import io
import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
from django.core.management import call_command

from messaging import capabilities
from messaging.providers.base import Capabilities

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [
    path for app in ("config", "contacts", "messaging", "campaigns", "tests") for path in (ROOT / app).rglob("*.py")
]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def printed(command: str) -> str:
    """What a command of manage.py writes."""
    out = io.StringIO()
    call_command(command, stdout=out)
    return out.getvalue()


def test_the_page_about_gateways_shows_what_they_can_do_now() -> None:
    page = (ROOT / "docs" / "gateways.md").read_text()
    copy = re.search(r"<!-- manage.py capabilities -->\n(.*)<!-- end -->", page, re.DOTALL)
    assert copy is not None
    assert copy[1] == printed("capabilities"), "Copy what `manage.py capabilities` prints into docs/gateways.md."


def test_the_table_of_capabilities_leaves_none_out() -> None:
    source = Path(capabilities.__file__).read_text()
    read = set(re.findall(r'can\.(\w+)|_flag\("(\w+)"\)', source))
    assert {name for pair in read for name in pair if name} == {field.name for field in fields(Capabilities)}


def in_ticks(table: str) -> list[str]:
    """The first cell of each row, where it is `code`."""
    return re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)


def section(page: str, title: str) -> str:
    """A chapter of a page, without its heading."""
    return (ROOT / page).read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_the_readme_names_every_setting() -> None:
    source = (ROOT / "config" / "settings.py").read_text()
    read = re.findall(r'(?:\benv\.\w+|kept_secret)\(\s*"([A-Z_]+)"', source)
    assert sorted(in_ticks(section("README.md", "Settings"))) == sorted(set(read))


def test_the_readme_names_every_command_of_ours() -> None:
    ours = {path.stem for path in ROOT.glob("*/management/commands/*.py") if path.stem != "__init__"}
    named = {row.split()[0] for row in in_ticks(section("README.md", "Commands"))}
    assert ours <= named


def test_the_readme_begins_with_the_two_commands() -> None:
    assert re.findall(r"```\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[0] == "make run\nmake test\n"


def test_every_pinned_library_has_its_line() -> None:
    pinned = set(json.loads((ROOT / "package.json").read_text())["devDependencies"])
    for name in ("requirements.txt", "requirements-dev.txt"):
        pinned |= set(re.findall(r"^([\w-]+)(?:\[[^\]]+\])?==", (ROOT / name).read_text(), re.MULTILINE))
    page = (ROOT / "docs" / "dependencies.md").read_text().split("\n## Left out")[0]
    assert sorted(in_ticks(page)) == sorted(pinned)


@pytest.mark.parametrize("document", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_page_that_the_code_names_has_what_it_is_named_for() -> None:
    """`docs/wire.md 1.6.3` is a section of that page, `docs/endpoints.md 1.2 row 43` a row of its tables."""
    wire = (ROOT / "docs" / "wire.md").read_text()
    sections = set(re.findall(r"^#+ ([\d.]+) ", wire, re.MULTILINE))
    rows = set(re.findall(r"^\| \w+ \| (\d\.2 row \d+) ", (ROOT / "docs" / "endpoints.md").read_text(), re.MULTILINE))
    lost = []
    for source in SOURCES:
        text = source.read_text()
        lost += [page for page in re.findall(r"\b(?:docs/[a-z]+|[A-Z]+)\.md\b", text) if not (ROOT / page).exists()]
        named = re.findall(r"docs/wire\.md (\d(?:\.\d)?)", text)
        lost += [f"{source.name}: {number}" for number in named if number not in sections]
        asked = re.findall(r"docs/endpoints\.md (\d\.2) rows? (\d+)", text)
        lost += [f"{source.name}: {number}" for number in asked if f"{number[0]} row {number[1]}" not in rows]
    assert lost == []
