"""The phones of an SMSMobileAPI account as lines. What the list looks like is known from scattered clients only."""

from collections.abc import Mapping
from typing import Any

from messaging.providers.shapes import RemoteLine, Route

SECOND_SIM = 2
OFFLINE = frozenset(["0", "false", "offline", "off", "disconnected", "no"])


def lines_of(phone: Mapping[str, Any], sid: str, name: str) -> list[RemoteLine]:
    """WhatsApp, the SIM the phone itself chooses, and SIM 2 of a named phone (`port`), which cannot be reached otherwise."""
    is_connected = _is_online(phone)
    note = "" if is_connected else "the phone is offline"
    routes = [
        (Route(channel="whatsapp", kind="whatsapp", address=sid), "WhatsApp"),
        (Route(channel="sms", kind="sim", address=sid), "SMS"),
    ]
    if sid:
        routes.append((Route(channel="sms", kind="sim", address=sid, slot=SECOND_SIM), "SMS, SIM 2"))
    return [
        RemoteLine(
            route=route,
            label=f"{name} {way}",
            phone=str(phone.get("phone") or phone.get("number") or ""),
            is_connected=is_connected,
            note=note,
            device_name=name,
            raw=phone,
        )
        for route, way in routes
    ]


def sid_of(phone: Mapping[str, Any]) -> str:
    return str(phone.get("sid") or phone.get("sIdentifiant") or phone.get("sIdentifiantPhone") or "")


def name_of(phone: Mapping[str, Any]) -> str:
    return str(phone.get("name") or phone.get("label") or phone.get("phone") or sid_of(phone))


def _is_online(phone: Mapping[str, Any]) -> bool:
    """The words are undocumented: a phone is offline when one of the usual words says so."""
    states = [phone[name] for name in ("online", "connected", "status") if phone.get(name) is not None]
    return not (states and str(states[0]).strip().lower() in OFFLINE)


def quota_of(payload: Any, listed: int) -> dict[str, dict[str, int | None]]:
    numbers = numbers_in(payload)
    used, limit = str(numbers.get("connected_now", listed)), str(numbers.get("connected_limit", ""))
    return {
        "devices": {"used": int(used) if used.isdigit() else listed, "limit": int(limit) if limit.isdigit() else None}
    }


def numbers_in(payload: Any) -> dict[str, Any]:
    if not isinstance(payload, dict):
        return {"phones": payload}
    result = payload.get("result")
    return result if isinstance(result, dict) else payload
