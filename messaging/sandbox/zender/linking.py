"""Linking a WhatsApp number by QR (docs/endpoints.md 1.2 rows 37-41)."""

import io
from collections.abc import Callable

import segno

from messaging.sandbox.records import Link, Number
from messaging.sandbox.server import Request, Response
from messaging.sandbox.world import World
from messaging.sandbox.zender.call import Call, ok, refuse

SERVERS = {1: "Sandbox WhatsApp 1"}
QR_PIXELS = 500


def get_servers(call: Call) -> Response:
    rows = [{"id": number, "name": name} for number, name in SERVERS.items()]
    return ok("WhatsApp Servers", rows)


def create_link(call: Call) -> Response:
    _check_server(call)
    limit = call.account.settings.get("limits", {}).get("wa_accounts", 0)
    if limit and len(call.account.numbers) >= limit:
        refuse(400, "You have reached the maximum allowed WhatsApp accounts for your package!")
    data = _addresses(call, None)
    data["infolink"] = data["qrimagelink"].replace("/get/wa.qr?", "/get/wa.info?")
    return ok("WhatsApp QRCode has been created!", data)


def create_relink(call: Call) -> Response:
    """As create/wa.link, but without infolink (row 41)."""
    _check_server(call)
    return ok("WhatsApp QRCode has been created!", _addresses(call, call.whatsapp_account("unique")))


def _check_server(call: Call) -> None:
    if call.number("sid") not in SERVERS:
        refuse(400, "WhatsApp server is not available!")


def _addresses(call: Call, relinks: Number | None) -> dict[str, str]:
    link = call.world.open_link(call.account, relinks)
    # The doubled slash is the gateway's own (docs/wire.md 1.6.10).
    return {"qrstring": link.qr, "qrimagelink": f"{call.root}//api/get/wa.qr?token={link.token}"}


def get_qr(world: World, request: Request) -> Response:
    """A PNG, not JSON."""
    code = segno.make(_link(world, request).qr, error="m", micro=False)
    image = io.BytesIO()
    code.save(image, kind="png", scale=max(1, QR_PIXELS // code.symbol_size()[0]))
    return Response(image.getvalue(), content_type="image/png")


def get_info(world: World, request: Request) -> Response:
    number = _link(world, request).number
    if number is None:
        refuse(301, "Waiting for WhatsApp information!")
    return ok("WhatsApp Information", {"wid": number.phone, "unique": number.unique})


def _link(world: World, request: Request) -> Link:
    """These two take a token instead of the secret (docs/wire.md 1.1)."""
    link = world.link_of(request.params().get("token", ""))
    return link or refuse(401, "Invalid token supplied!")


ENDPOINTS = {
    "get/wa.servers": get_servers,
    "create/wa.link": create_link,
    "create/wa.relink": create_relink,
}
TOKEN_ENDPOINTS: dict[str, Callable[[World, Request], Response]] = {
    "get/wa.qr": get_qr,
    "get/wa.info": get_info,
}
