"""What every Wablas endpoint shares: who is asking, the parameters, the two shapes of an answer (docs/wire.md 3.1, 3.4)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Never
from zoneinfo import ZoneInfo

from messaging.sandbox.records import Account, Number
from messaging.sandbox.server import Request, Response
from messaging.sandbox.world import World

JAKARTA = ZoneInfo("Asia/Jakarta")
MAX_TEXT = 1024
MAX_FILE = 2 * 1024 * 1024
MAX_BATCH = 100
BAD_PARAM = "param invalid"
BAD_PHONE = "format phone invalid"
BAD_TOKEN = "token invalid or device expired"  # noqa: S105  a sentence


class Refusal(Exception):
    """An endpoint's "no": the HTTP status and the message. Most are 500, whatever is wrong (3.4)."""

    def __init__(self, message: str, status: int = 500, headers: dict[str, str] | None = None) -> None:
        self.message, self.status, self.headers = message, status, headers
        super().__init__(message)


def refuse(message: str, status: int = 500) -> Never:
    raise Refusal(message, status)


def ok(message: str, **more: Any) -> Response:
    return Response.json({"status": True, "message": message, **more})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One authenticated request. number: the device behind the token. name: the last part of a path that ends in an id.
    params: query and form as one."""

    world: World
    account: Account
    number: Number
    request: Request
    params: dict[str, str]
    name: str = ""

    @property
    def root(self) -> str:
        """Where the gateway thinks it lives."""
        return f"http://{self.request.host}/wablas"

    def text(self, name: str) -> str:
        """A required parameter."""
        return self.optional(name) or refuse(BAD_PARAM, 400)

    def optional(self, name: str, default: str = "") -> str:
        return self.params.get(name, "").strip() or default

    def whole(self, name: str, default: int) -> int:
        value = self.optional(name, str(default))
        return int(value) if value.isdecimal() else refuse(BAD_PARAM, 400)

    def body(self) -> dict[str, Any]:
        """The JSON object of a v2 call."""
        try:
            body = self.request.json()
        except ValueError:
            refuse(BAD_PARAM, 400)
        return body if isinstance(body, dict) else refuse(BAD_PARAM, 400)

    def items(self) -> list[dict[str, Any]]:
        """The items under "data" of a v2 call: 1 to 100."""
        items = self.body().get("data")
        if not isinstance(items, list) or not 0 < len(items) <= MAX_BATCH:
            refuse(BAD_PARAM, 400)
        return items if all(isinstance(item, dict) for item in items) else refuse(BAD_PARAM, 400)

    def quota(self) -> int | str:
        """What is left: a number, or the word "unlimited"."""
        quota: int | str = self.account.settings.get("quota", "unlimited")
        return 0 if self.account.no_credit else quota

    def ready(self) -> None:
        """Refuse when the device cannot send now."""
        if is_expired(self.account):
            refuse(BAD_TOKEN)
        if self.number.state != "connected":
            refuse("device disconnected, need to scan qr code again")
        if self.quota() == 0:
            refuse("your quota is used up")


Endpoint = Callable[[Call], Response]
_SPELLING = re.compile(r"[\s().+-]")


def phone_of(text: object) -> str | None:
    """Digits with the country in front; "08…" is Indonesian. None when it is no phone."""
    digits = _SPELLING.sub("", str(text or ""))
    if not digits.isdecimal() or not 7 <= len(digits) <= 15:
        return None
    return f"62{digits[1:]}" if digits.startswith("0") else digits


def csv_of(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def is_true(value: object) -> bool:
    """Booleans come as the word "true", in JSON too (3.6.4)."""
    return str(value).lower() == "true"


def local(moment: float) -> str:
    """Seconds since 1970 as Wablas writes them: Jakarta's time without a zone (3.6.7)."""
    return datetime.fromtimestamp(moment, JAKARTA).strftime("%Y-%m-%d %H:%M:%S")


def is_expired(account: Account) -> bool:
    return str(account.settings.get("expired_date", "9999-12-31")) < datetime.now(JAKARTA).strftime("%Y-%m-%d")
