"""What SMSGateway24's endpoints share: parameters, its yes and no (always HTTP 200), and its DateTime objects."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from messaging.sandbox.records import Account, Device
from messaging.sandbox.server import Request, Response
from messaging.sandbox.world import World

HOME = "Europe/Paris"  # the zone of the vendor's own sample


class Refusal(Exception):
    """The gateway's "no". Only "Login or password incorrect" is documented (docs/wire.md 4.4); the rest is ours."""


def refuse(words: str) -> NoReturn:
    raise Refusal(words)


def no(words: object) -> Response:
    return Response.json({"error": 1, "message": str(words)})


def yes(message: str = "OK", **fields: object) -> Response:
    return Response.json({"error": 0, **fields, "message": message})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One authenticated request; params: query and form as one."""

    world: World
    account: Account
    request: Request
    params: Mapping[str, str]

    def optional(self, name: str) -> str:
        return str(self.params.get(name, "")).strip()

    def text(self, name: str) -> str:
        return self.optional(name) or refuse(f"Parameter {name} is required")

    def number(self, name: str) -> int | None:
        """An optional whole number."""
        value = self.optional(name)
        if not value:
            return None
        return int(value) if value.isdecimal() else refuse(f"Parameter {name} must be a number")

    def zone(self) -> ZoneInfo:
        name = self.optional("timezone") or HOME
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            refuse("Parameter timezone is unknown")

    def moment(self, name: str, zone: ZoneInfo) -> float | None:
        """YYYY-MM-DD or YYYY-MM-DD HH:MM:SS in `zone`, as unix seconds."""
        value = self.optional(name)
        return read_moment(value, zone) if value else None

    def device(self) -> Device:
        return device_of(self.account, self.text("device_id"))


def read_moment(value: str, zone: ZoneInfo) -> float:
    for shape in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d"):
        try:
            return datetime.strptime(value, shape).replace(tzinfo=zone).timestamp()
        except ValueError:
            continue
    refuse("Date must be YYYY-MM-DD or YYYY-MM-DD HH:MM:SS")


def device_of(account: Account, identifier: str) -> Device:
    found = next((device for device in account.devices.values() if str(device.id) == identifier), None)
    return found or refuse("Device not found")


def php_time(at: float, zone: str | ZoneInfo = "UTC") -> dict[str, Any]:
    """A PHP DateTime object: timezone_type 3 is a zone's name."""
    where = ZoneInfo(zone) if isinstance(zone, str) else zone
    local = datetime.fromtimestamp(at, where)
    return {"date": f"{local:%Y-%m-%d %H:%M:%S.%f}", "timezone_type": 3, "timezone": where.key}


def phone_of(text: str) -> str:
    """ "+digits"; a leading blank or a missing "+" is no trouble."""
    digits = text.strip().removeprefix("+")
    if not digits.isdecimal() or not 7 <= len(digits) <= 15:
        refuse("Phone number is wrong")
    return f"+{digits}"
