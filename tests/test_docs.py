"""The documents against the code: what they list is what there is."""

import io
import re
from pathlib import Path

from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent


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
