"""docs/endpoints.md against the clients and their tests: nothing the gateways offer is left out, and nothing untried.

A row is covered when the client has a method with the row's number in a comment, the test tables ask for what the row
shows, and a test module of that gateway calls the method.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.messaging import test_smsgateway24_client, test_smsmobileapi_client
from tests.messaging.wablas_calls_v2 import ROWS as WABLAS_ROWS
from tests.messaging.zender_endpoints import ENDPOINTS as ZENDER_ENDPOINTS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "endpoints.md").read_text()
ENDPOINT = re.compile(r"^\| (\w+) \| ([1-4]\.\d) row (\d+) \| `([A-Z]+ /\S+)` \| `(\w+)` \|$", re.MULTILINE)
WEBHOOK = re.compile(r"^\| (\w+) \| (`?)([\w. ]+)`? \| [^|]+ \| `(test_it_\w+)` \|$", re.MULTILINE)
NUMBER = re.compile(r"\s*# ([1-4]\.\d) row (\d+)")
GATEWAYS = {"zender": "1.2", "smsmobileapi": "2.2", "wablas": "3.2", "smsgateway24": "4.2"}


@dataclass(frozen=True)
class Listed:
    """A row of docs/endpoints.md. request: "POST /api/send-message", `{id}` standing for one part of the path."""

    gateway: str
    section: str
    row: int
    request: str
    method: str


@dataclass(frozen=True)
class Webhook:
    """A row of its webhooks. is_word: the gateway itself says the kind, in this word."""

    gateway: str
    kind: str
    is_word: bool
    test: str


def listed_endpoints(page: str) -> list[Listed]:
    return [Listed(slug, section, int(row), asks, name) for slug, section, row, asks, name in ENDPOINT.findall(page)]


def listed_webhooks(page: str) -> list[Webhook]:
    return [Webhook(slug, kind, bool(quote), test) for slug, quote, kind, test in WEBHOOK.findall(page)]


def numbered_methods(gateway: str) -> Iterator[tuple[str, int, str]]:
    """(section, row, method) for each numbered comment in a gateway's client: in the method, or right above it."""
    for path in (ROOT / "messaging" / "providers" / gateway).glob("*.py"):
        source = path.read_text()
        functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
        for number, text in enumerate(source.splitlines(), start=1):
            if found := NUMBER.fullmatch(text):
                yield found[1], int(found[2]), _method_at(number, functions)


def _method_at(line: int, functions: Iterable[ast.FunctionDef]) -> str:
    for function in functions:
        starts = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
        if starts - 1 <= line <= (function.end_lineno or 0):
            return function.name
    return "no method here"


@cache
def modules_about(gateway: str) -> list[ast.Module]:
    """The test modules of a gateway, and the tables they import."""
    paths = [path for path in Path(__file__).parent.glob("*.py") if gateway in path.name]
    return [ast.parse(path.read_text()) for path in paths]


def called_in_tests(gateway: str) -> set[str]:
    """The names of the methods that a gateway's tests call."""
    nodes = (node for module in modules_about(gateway) for node in ast.walk(module))
    return {node.func.attr for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)}


def asked_in_tables() -> dict[tuple[str, int], str]:
    """What the test tables prove to leave, by gateway and row (0, beyond the gateway's list, left out)."""
    asked = {("zender", one.row): one.request.replace(" ", " /api/") for one in ZENDER_ENDPOINTS}
    asked |= {("smsmobileapi", one.row): one.request for one in test_smsmobileapi_client.ENDPOINTS}
    asked |= {("wablas", one.number): one.asks for one in WABLAS_ROWS}
    asked |= {("smsgateway24", one.row): f"POST /getdata/{one.name}" for one in test_smsgateway24_client.ENDPOINTS}
    return {(gateway, row): request for (gateway, row), request in asked.items() if row}


def gaps(page: str) -> list[str]:
    """What is missing for the rows of a page, one sentence each."""
    listed = listed_endpoints(page)
    methods = {(slug, *numbered) for slug in GATEWAYS for numbered in numbered_methods(slug)}
    called = {slug: called_in_tests(slug) for slug in GATEWAYS}
    asked = asked_in_tables()
    found = []
    for one in listed:
        where = f"{one.gateway} {one.section} row {one.row}"
        if (one.gateway, one.section, one.row, one.method) not in methods:
            found.append(f"{where}: no method {one.method} with this number")
        if one.method not in called[one.gateway]:
            found.append(f"{where}: no test calls {one.method}")
        leaves = asked.get((one.gateway, one.row), one.request)
        if not re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(one.request)), leaves):
            found.append(f"{where}: the tests see {leaves}, the page says {one.request}")
    rows = {(one.gateway, one.section, one.row) for one in listed}
    for slug, section, row, _method in sorted(methods):
        if (slug, section, row) not in rows:
            found.append(f"{slug} {section} row {row}: not on the page")
    return found


def unread(page: str) -> list[str]:
    """Which webhooks of a page no test reads."""
    found = []
    for one in listed_webhooks(page):
        nodes = [node for module in modules_about(one.gateway) for node in ast.walk(module)]
        tests = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
        words = {node.value for node in nodes if isinstance(node, ast.Constant)}
        if one.test not in tests or (one.is_word and one.kind not in words):
            found.append(f"{one.gateway}: no test reads {one.kind}")
    return found


def test_it_has_a_method_and_a_test_for_140_of_140_endpoints() -> None:
    listed = listed_endpoints(PAGE)
    assert gaps(PAGE) == []
    assert Counter(one.gateway for one in listed) == {"zender": 52, "smsmobileapi": 5, "wablas": 73, "smsgateway24": 10}
    assert len({(one.gateway, one.section, one.row) for one in listed}) == 140


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_it_numbers_the_endpoints_of_a_gateway_without_a_hole(gateway: str) -> None:
    listed = [one for one in listed_endpoints(PAGE) if one.gateway == gateway]
    assert [one.row for one in listed] == list(range(1, len(listed) + 1))
    assert {one.section for one in listed} == {GATEWAYS[gateway]}


def test_it_reads_every_type_of_webhook() -> None:
    listed = listed_webhooks(PAGE)
    assert unread(PAGE) == []
    assert Counter(one.gateway for one in listed) == {"zender": 4, "smsmobileapi": 15, "wablas": 3, "smsgateway24": 3}
    assert len({(one.gateway, one.kind) for one in listed}) == 25


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("| zender | 1.2 row 53 | `GET /api/get/moon` | `get_contacts` |", "no method get_contacts with this number"),
        ("| zender | 1.2 row 7 | `GET /api/get/contacts` | `get_moon` |", "no test calls get_moon"),
        (
            "| wablas | 3.2 row 31 | `PUT /api/schedule/{id}` | `cancel_schedule` |",
            "the page says PUT /api/schedule/{id}",
        ),
    ],
)
def test_it_notices_a_planted_gap(row: str, complaint: str) -> None:
    assert any(found.endswith(complaint) for found in gaps(f"{PAGE}\n{row}\n"))


def test_it_notices_a_method_that_the_page_leaves_out() -> None:
    shortened = "\n".join(line for line in PAGE.splitlines() if " 4.2 row 10 " not in line)
    assert gaps(shortened) == ["smsgateway24 4.2 row 10: not on the page"]


@pytest.mark.parametrize(
    "row",
    [
        "| zender | `moon` | a new moon | `test_it_reads_an_sms_from_a_call` |",
        "| wablas | incoming | a message came in | `test_it_reads_the_moon` |",
    ],
)
def test_it_notices_a_webhook_that_nobody_reads(row: str) -> None:
    assert len(unread(f"{PAGE}\n{row}\n")) == 1
