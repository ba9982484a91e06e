"""What SMSMobileAPI's endpoints share: parameters, and its two ways of saying no."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from messaging.sandbox.records import Account
from messaging.sandbox.server import Response
from messaging.sandbox.world import World


class Refusal(Exception):
    """HTTP status other than 200: 400 for parameters, 403 for access (docs/wire.md 2.2)."""

    def __init__(self, status: int, error: str, message: str) -> None:
        self.status, self.error, self.message = status, error, message
        super().__init__(message)


def refusal(no: Refusal) -> Response:
    return Response.json({"error": no.error, "message": no.message}, status=no.status)


def failed(error: str | int, note: str) -> Response:
    """The other way: HTTP 200 with the error inside."""
    return Response.json({"result": {"error": error, "sent": "0", "id": "", "note": note}})


def wrong(name: str) -> NoReturn:
    raise Refusal(400, "invalid_parameter", f"Parameter {name} is missing or invalid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One authenticated request; params: query and form as one."""

    world: World
    account: Account
    params: dict[str, str]

    def optional(self, name: str) -> str:
        return self.params.get(name, "").strip()

    def text(self, name: str) -> str:
        return self.optional(name) or wrong(name)

    def number(self, name: str) -> int | None:
        """An optional whole number."""
        value = self.optional(name)
        if not value:
            return None
        return int(value) if value.isdecimal() else wrong(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """How one path answers."""

    answer: Callable[[Call], Response]
    methods: tuple[str, ...] = ("GET", "POST")
