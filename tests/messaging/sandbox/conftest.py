"""A Zender customer who speaks to the sandbox."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.sandbox_process import SandboxProcess

Answer = dict[str, Any]
Ask = Callable[..., Answer]


@pytest.fixture
def http(sandbox: SandboxProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url) as client:
        yield client


@pytest.fixture
def ask(http: httpx.Client, sandbox: SandboxProcess) -> Ask:
    """ask("get/wa.sent", limit=5): the JSON answer. Posts the calls that create something, as the documents do."""
    secret = sandbox.account()["credentials"]["secret"]

    def _ask(path: str, *, files: Any = None, **parameters: object) -> Answer:
        fields = {"secret": secret, **{name: str(value) for name, value in parameters.items()}}
        if path.startswith(("send/", "create/contact", "create/group")):
            response = http.post(f"/zender/api/{path}", data=fields, files=files)
        else:
            response = http.get(f"/zender/api/{path}", params=fields)
        assert response.status_code == 200
        answer: Answer = response.json()
        assert list(answer) == ["status", "message", "data"]
        return answer

    return _ask


@pytest.fixture
def number(sandbox: SandboxProcess) -> str:
    """Unique id of a linked WhatsApp number."""
    unique: str = sandbox.account()["numbers"][0]["unique"]
    return unique


@pytest.fixture
def device(sandbox: SandboxProcess) -> str:
    """Unique id of an Android phone with two SIMs."""
    unique: str = sandbox.account()["devices"][0]["unique"]
    return unique
