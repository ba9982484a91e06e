"""What a dialect is: a gateway's HTTP words on one side, the world on the other."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

from messaging.sandbox.records import Account
from messaging.sandbox.registry import Event
from messaging.sandbox.server import Request, Response
from messaging.sandbox.world import World


@dataclass(frozen=True, kw_only=True)
class Callback:
    """One POST to the product. kind picks the URL among the account's `callback_urls` ("" fits every kind).

    attempts: how often the gateway tries when the answer is not 2xx or there is none.
    """

    body: bytes
    content_type: str
    kind: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    attempts: int = 1


class Dialect(ABC):
    """One gateway's way of speaking, mounted at `/<slug>`. A dialect keeps no state of its own: the world does."""

    slug: ClassVar[str]

    @abstractmethod
    def handle(self, world: World, request: Request, path: str) -> Response:
        """Answer one request. path: what follows "/<slug>", without a slash at either end, doubled slashes as one."""

    @abstractmethod
    def demo(self, world: World) -> Account:
        """Create the account that is always there: stable credentials, lines and groups."""

    @abstractmethod
    def create(self, world: World, name: str) -> Account:
        """Create a further account with credentials and lines of its own, derived from its name."""

    @abstractmethod
    def callbacks(self, event: Event) -> list[Callback]:
        """The calls this gateway makes to its customer on this news; empty when it makes none."""
