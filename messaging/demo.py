"""What the demo wrote down for the launcher: its logins, and where its sandbox was."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings


def notes_path() -> Path:
    """Where the demo's logins and sandbox address are kept: readable by their owner only."""
    return Path(settings.VAR_DIR) / "demo.json"


def demo_notes() -> dict[str, Any]:
    """What `manage.py demo` wrote down; {} without demo data."""
    notes: dict[str, Any] = json.loads(notes_path().read_text()) if notes_path().exists() else {}
    return notes


def write_demo_notes(notes: dict[str, Any]) -> None:
    path = notes_path()
    path.touch(mode=0o600)
    path.write_text(json.dumps(notes))
