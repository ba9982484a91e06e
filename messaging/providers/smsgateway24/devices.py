"""SMSGateway24's phones as lines: SIM slots, and the two WhatsApp apps that are addressed as slots 3 and 2."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from messaging.providers.shapes import Channel, RemoteLine, Route
from messaging.providers.smsgateway24.reading import moment, number

SILENT_AFTER = timedelta(minutes=60)  # a phone asks for work every few seconds; one this silent is off
SIM_SLOTS = (0, 1)


def lines_of(device: Mapping[str, Any]) -> list[RemoteLine]:
    """One line per SIM, and both WhatsApp apps: the gateway does not tell which of them the phone has."""
    note = _trouble(device)
    sims = _sims(device)
    ways: list[tuple[Channel, int, str, str]] = [
        ("sms", slot, f"SIM {slot + 1}", _phone(sim)) for slot, sim in sims.items()
    ]
    ways += [("whatsapp", 3, "WhatsApp", ""), ("whatsapp", 2, "WhatsApp Business", "")]
    title = str(device.get("title") or device["id"])
    return [
        RemoteLine(
            route=Route(channel=channel, kind="sim", address=str(device["id"]), slot=slot),
            label=f"{title} {way}",
            phone=phone,
            is_connected=not note,
            note=note,
            device_name=title,
            raw=device,
        )
        for channel, slot, way, phone in ways
    ]


def _trouble(device: Mapping[str, Any]) -> str:
    """Why the phone cannot send now, "" when it can."""
    if device.get("subscription") is False:
        return "no subscription for this phone"
    seen = moment(device.get("lastseen"))
    if seen is None or datetime.now(UTC) - seen > SILENT_AFTER:
        return f"not seen since {seen:%Y-%m-%d %H:%M} UTC" if seen else "never seen by the gateway"
    return ""


def _sims(device: Mapping[str, Any]) -> dict[int, Mapping[str, Any]]:
    """Slot → what the phone says of the card. A phone that names none is taken to have the first."""
    listed = device.get("siminfo")
    cards = listed.values() if isinstance(listed, Mapping) else listed if isinstance(listed, list) else []
    found = {number(card.get("Slot")): card for card in cards if isinstance(card, Mapping)}
    return {slot: found[slot] for slot in SIM_SLOTS if slot in found} or {0: {}}


def _phone(sim: Mapping[str, Any]) -> str:
    """ " 15555215554" → "15555215554"; the gateway writes the word null where it knows none."""
    phone = str(sim.get("Number") or "").strip()
    return "" if phone.lower() == "null" else phone
