"""Devices, USSD, rates, shorteners, notifications and money (docs/endpoints.md 1.2 rows 24, 47-52, and three beyond)."""

import functools
import time
from typing import Any

from messaging.sandbox.registry import Event
from messaging.sandbox.server import Response
from messaging.sandbox.zender.book import delete_row
from messaging.sandbox.zender.call import Call, ok, refuse
from messaging.sandbox.zender.sms import GATEWAYS


def get_devices(call: Call) -> Response:
    """`id` is a string here, an int everywhere else (1.6.8)."""
    rows = [
        {
            "id": str(device.id),
            "unique": device.unique,
            "name": device.name,
            "version": "13",
            "manufacturer": "Sandbox",
            "random_send": False,
            "random_min": 5,
            "random_max": 10,
            "limit_status": False,
            "limit_interval": "daily",
            "limit_number": 100,
            "notification_packages": [],
            "partner": False,
            "partner_sim": [str(slot) for slot in device.sims],
            "partner_priority": False,
            "partner_country": "MX",
            "partner_rate": 5,
            "partner_currency": "MXN",
            "created": int(device.created),
        }
        for device in call.page(reversed(call.account.devices.values()))
    ]
    return ok("Android Devices", rows)


def send_ussd(call: Call) -> Response:
    code, sim, device = call.text("code"), call.number("sim"), call.device()
    if call.account.settings.get("no_ussd"):
        refuse(403, "Subscription has no permission to use Android USSD service!")
    number = call.world.next_id()
    row = {
        "id": number,
        "device": device.unique,
        "sim": sim,
        "code": code,
        "response": "",
        "status": "pending",
        "created": int(time.time()),
    }
    call.account.drawers["ussd"][number] = row
    call.world.clock.after(call.world.options.step_seconds, functools.partial(_answer_ussd, call, row))
    return ok("USSD request has been queued!")


def _answer_ussd(call: Call, row: dict[str, Any]) -> None:
    row.update(response="Your balance is 52.40", status="completed", created=int(time.time()))
    call.world.notify(Event(kind="ussd", account=call.account, row=row))


def get_ussd(call: Call) -> Response:
    return ok("USSD Requests", call.page(reversed(call.account.drawers["ussd"].values())))


def delete_ussd(call: Call) -> Response:
    return delete_row(call, "ussd", "USSD request has been deleted!")


def get_rates(call: Call) -> Response:
    """Prices are strings, the partner's rate is a number."""
    gateways = [
        {
            "id": int(gateway),
            "name": name,
            "currency": "USD",
            "pricing": {"default": "0.05", "countries": {"mx": "0.03", "us": "0.01"}},
        }
        for gateway, name in GATEWAYS.items()
    ]
    partner = {
        "unique": "00000000-0000-0000-5a0d-b0c0ffee0001",
        "name": "Partner Phone",
        "version": "12",
        "priority": False,
        "sim": ["1"],
        "country": "MX",
        "currency": "MXN",
        "rate": 2,
        "owner": "Sandbox Partner",
        "status": "online",
    }
    return ok("Gateway Rates", {"gateways": gateways, "partners": [partner]})


def get_shorteners(call: Call) -> Response:
    return ok("Available Shorteners", [{"id": 1, "name": "Sandbox Short"}, {"id": 2, "name": "Sandbox Tiny"}])


def get_notifications(call: Call) -> Response:
    return ok("Received Notifications", call.page(reversed(call.account.drawers["notifications"].values())))


def delete_notification(call: Call) -> Response:
    return delete_row(call, "notifications", "Notification has been deleted!")


def get_credits(call: Call) -> Response:
    return ok("Remaining Credits", {"credits": "0.000" if call.account.no_credit else "798.634", "currency": "USD"})


def get_earnings(call: Call) -> Response:
    return ok("Partner Earnings", {"earnings": "0.000", "currency": "USD"})


ENDPOINTS = {
    "get/devices": get_devices,
    "send/ussd": send_ussd,
    "get/ussd": get_ussd,
    "delete/ussd": delete_ussd,
    "get/rates": get_rates,
    "get/shorteners": get_shorteners,
    "get/notifications": get_notifications,
    "delete/notification": delete_notification,
    "get/credits": get_credits,
    "get/earnings": get_earnings,
}
