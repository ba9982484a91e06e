"""What every Zender endpoint shares: parameters, pages, and the envelope {"status", "message", "data"}.

HTTP is always 200; the JSON status tells (docs/wire.md 1.4).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Never

from messaging.sandbox.records import Account, Device, Number
from messaging.sandbox.server import Request, Response
from messaging.sandbox.world import World

DEFAULT_LIMIT = 10
MAX_TEXT = 10_000
INVALID = "Invalid Parameters!"
NOTHING = False  # PHP's empty `data`


class Refusal(Exception):
    """An endpoint's "no": JSON status and message."""

    def __init__(self, status: int, message: str, data: object = NOTHING) -> None:
        self.status, self.message, self.data = status, message, data
        super().__init__(message)


def refuse(status: int, message: str, data: object = NOTHING) -> Never:
    raise Refusal(status, message, data)


def invalid() -> Never:
    refuse(400, INVALID)


def envelope(status: int, message: str, data: object = NOTHING) -> Response:
    return Response.json({"status": status, "message": message, "data": data})


def ok(message: str, data: object = NOTHING) -> Response:
    return envelope(200, message, data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One authenticated request. params: query and form as one, as PHP's $_REQUEST (docs/wire.md 1.1)."""

    world: World
    account: Account
    request: Request
    params: dict[str, str]

    @property
    def root(self) -> str:
        """Where the gateway thinks it lives, without /api."""
        return f"http://{self.request.host}/zender"

    def text(self, name: str) -> str:
        """A required parameter."""
        value = self.params.get(name, "").strip()
        return value or invalid()

    def optional(self, name: str, default: str = "") -> str:
        return self.params.get(name, "").strip() or default

    def number(self, name: str) -> int:
        """A required whole number."""
        value = self.text(name)
        return int(value) if value.isdecimal() else invalid()

    def whole(self, name: str, default: int, complaint: str) -> int:
        """An optional whole number with its own complaint."""
        value = self.optional(name, str(default))
        return int(value) if value.isdecimal() else refuse(400, complaint)

    def page(self, rows: Iterable[Any]) -> list[Any]:
        """One page of `limit` rows. Page 2 starts at row 2 × limit, so a page is skipped: as the script has it (1.6.3)."""
        limit, page = self.whole("limit", DEFAULT_LIMIT, INVALID), self.whole("page", 1, INVALID)
        offset = 0 if page < 2 else page * limit
        return list(islice(rows, offset, offset + limit))

    def whatsapp_account(self, name: str) -> Number:
        """The linked number whose unique id is in parameter `name`."""
        number = self.account.numbers.get(self.text(name))
        return number or refuse(404, "WhatsApp account doesn't exist!")

    def device(self, name: str = "device") -> Device:
        device = self.account.devices.get(self.text(name))
        return device or refuse(404, "Device doesn't exist!")


_SPELLING = re.compile(r"[\s().-]")


def phone_of(text: str) -> str | None:
    """A recipient as the gateway understands it: the "+" is simply put in front of the digits (docs/wire.md 1.6.7)."""
    digits = _SPELLING.sub("", text).removeprefix("+")
    return f"+{digits}" if digits.isdecimal() and 7 <= len(digits) <= 15 else None


def csv_of(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
