"""What holds for every template: it compiles, keeps to the content security policy, and names only icons we have."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

from contacts.looks import LOOKS, LOOKS_BY_KIND

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted(path.relative_to(ROOT / "templates").as_posix() for path in (ROOT / "templates").rglob("*.html"))
SPRITE = (ROOT / "static/vendor/icons/icons.svg").read_text()
FORBIDDEN = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)", re.IGNORECASE),
    "an inline style": re.compile(r"<style|\sstyle\s*=", re.IGNORECASE),
    "an on… handler": re.compile(r"\son[a-z]+\s*=|\shx-on", re.IGNORECASE),
    "evaluated HTMX": re.compile(r"hx-(?:vals|headers)=[\"']js:|hx-vars=", re.IGNORECASE),
    "a foreign host": re.compile(r"(?:src|href)=[\"'](?:https?:)?//", re.IGNORECASE),
}


def text_of(name: str) -> str:
    return (ROOT / "templates" / name).read_text()


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_compiles(name: str) -> None:
    assert get_template(name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_keeps_to_the_content_security_policy(name: str) -> None:
    found = [what for what, pattern in FORBIDDEN.items() if pattern.search(text_of(name))]
    assert found == []


def test_it_names_only_icons_of_the_sprite() -> None:
    named = {
        icon for name in TEMPLATES for icon in re.findall(r"{% icon \"([\w-]+)\"|icon_name=\"([\w-]+)\"", text_of(name))
    }
    flat = {icon for pair in named for icon in pair if icon} | {look.icon for look in (LOOKS | LOOKS_BY_KIND).values()}
    assert sorted(icon for icon in flat if f'id="{icon}"' not in SPRITE) == []


def test_it_has_every_vendored_file_as_the_manifest_says() -> None:
    vendor = ROOT / "static/vendor"
    manifest = json.loads((vendor / "MANIFEST.json").read_text())["files"]
    on_disk = {
        p.relative_to(vendor).as_posix(): p for p in vendor.rglob("*") if p.is_file() and p.name != "MANIFEST.json"
    }
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in on_disk.items()} == manifest
