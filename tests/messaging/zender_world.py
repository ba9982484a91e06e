"""A Zender provider at the sandbox's demo account, its lines, and recipients with a story (messaging/sandbox/stories.py)."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from messaging.providers.errors import ProviderError
from messaging.providers.http import Http
from messaging.providers.shapes import Accepted, Outgoing, Route
from messaging.providers.zender import ZenderProvider
from tests.sandbox_process import SandboxProcess

PLAIN, FAILS, REJECTED, THROTTLED, DROPPED, ERROR_PAGE, STOP, SILENT = (
    f"+52155550100{ending}" for ending in ("01", "92", "91", "93", "94", "95", "97", "99")
)


@pytest.fixture(scope="module")
def http() -> Iterator[Http]:
    session = Http()
    yield session
    session.close()


@pytest.fixture
def provider(sandbox: SandboxProcess, http: Http) -> ZenderProvider:
    account = sandbox.account("zender")
    return ZenderProvider(base_url=account["base_url"], credentials=account["credentials"], http=http)


@pytest.fixture
def whatsapp(sandbox: SandboxProcess) -> Route:
    return Route(channel="whatsapp", kind="whatsapp", address=sandbox.account()["numbers"][0]["unique"])


@pytest.fixture
def sim(sandbox: SandboxProcess) -> Route:
    return Route(channel="sms", kind="sim", address=sandbox.account()["devices"][0]["unique"], slot=2)


PAID = Route(channel="sms", kind="paid", address="1")


def outgoing(route: Route, to: str = PLAIN, body: str = "La función empieza a las 8", **more: object) -> Outgoing:
    fields: dict[str, object] = {"reference": "71", "attempted_at": datetime.now(UTC), **more}
    return Outgoing(route=route, to=to, body=body, **fields)  # type: ignore[arg-type]


def send(provider: ZenderProvider, message: Outgoing) -> str:
    """The remote id of one message handed over."""
    (outcome,) = provider.send([message])
    assert isinstance(outcome, Accepted)
    return outcome.remote_id


def refusal_of_send(provider: ZenderProvider, message: Outgoing) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        provider.send([message])
    return caught.value
