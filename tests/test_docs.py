"""The documents against the code: what they list is what there is."""

import io
import re
from dataclasses import fields
from pathlib import Path

from django.core.management import call_command

from messaging import capabilities
from messaging.providers.base import Capabilities

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


def test_the_table_of_capabilities_leaves_none_out() -> None:
    source = Path(capabilities.__file__).read_text()
    read = set(re.findall(r'can\.(\w+)|_flag\("(\w+)"\)', source))
    assert {name for pair in read for name in pair if name} == {field.name for field in fields(Capabilities)}
