"""The device itself (docs/endpoints.md 3.2 rows 1-14, 73)."""

import base64
import io
import secrets

import segno

from messaging.sandbox.records import fingerprint
from messaging.sandbox.server import Response
from messaging.sandbox.wablas.call import BAD_PARAM, Call, Endpoint, csv_of, is_expired, ok, phone_of, refuse

BANKS = {"BCA", "BRI", "MANDIRI", "BNI"}
PRODUCTS = {"lite", "small", "medium", "large", "enterprise"}
PERIODS = {"monthly", "quarterly", "half-yearly", "yearly"}
CHANNELS = {"telegram", "line", "facebook", "twitter"}
SLOWEST, QUICKEST = 120, 10


def check_phones(call: Call) -> Response:
    """On a server of its own in real life: the header `url` says where the account lives. `status` is a word here."""
    if not call.request.headers.get("url"):
        refuse(BAD_PARAM, 400)
    rows = []
    for phone in csv_of(call.text("phones")):
        digits = phone_of(phone)
        is_online = digits is not None and not call.world.is_unreachable(f"+{digits}")
        rows.append({"phone": digits or phone, "status": "online" if is_online else "offline"})
    return Response.json({"status": "success", "data": rows, "message": "Success"})


def create(call: Call) -> Response:
    """Writes an invoice; no device comes of it here."""
    name, phone, period = call.text("name"), phone_of(call.text("phone")), call.optional("periode", "monthly")
    bank, product = call.text("bank"), call.text("product")
    if phone is None or bank not in BANKS or product not in PRODUCTS or period not in PERIODS:
        refuse(BAD_PARAM, 400)
    device = fingerprint("wablas device", name, phone, length=6).upper()
    data = {
        "device_name": name,
        "device": device,
        "product": product.title(),
        "numberInvoice": f"INV{device}",
        "periode": period,
        "bank": {"bankName": f"BANK {bank}", "account_number": "0000000000", "account_name": "Sandbox"},
        "discount": None,
        "total": 69000,
        "due_date": "2030-01-01",
    }
    return ok("create device & invoice succesfuly", data=data)


def info(call: Call) -> Response:
    """No message, and the state of the link under `status` inside."""
    settings = call.account.settings
    data = {
        "name": call.account.name,
        "serial": call.number.unique,
        "sender": call.number.phone.removeprefix("+"),
        "quota": call.quota(),
        "expired_date": settings.get("expired_date", "2030-12-31"),
        "active": not is_expired(call.account),
        "status": call.number.state,
    }
    return Response.json({"status": True, "data": data})


def list_server(call: Call) -> Response:
    return ok("succesfuly get available wablas server", server=["sandbox", "solo"])


def scan(call: Call) -> Response:
    """An HTML page, with the token in it."""
    code = segno.make(call.world.open_link(call.account, call.number).qr, error="m", micro=False)
    image = io.BytesIO()
    code.save(image, kind="png", scale=6)
    picture = base64.b64encode(image.getvalue()).decode()
    again = f"{call.root}/api/device/scan?token={call.account.credentials['token']}"
    return Response(
        f'<html><head><meta http-equiv="refresh" content="20;url={again}"></head><body><h1>Scan QR Code</h1>'
        f'<img id="qrcode" src="data:image/png;base64,{picture}"></body></html>'
    )


def change_number(call: Call) -> Response:
    phone = phone_of(call.text("phone")) or refuse(BAD_PARAM, 400)
    call.number.phone = f"+{phone}"
    return ok("number successfully changed")


def change_webhook(call: Call) -> Response:
    call.account.callback_urls["incoming"] = call.text("webhook_url")
    return ok("webhook url successfully changed")


def change_tracking(call: Call) -> Response:
    call.account.callback_urls["tracking"] = call.text("tracking_url")
    return ok("tracking url successfully changed")


def change_closing(call: Call) -> Response:
    call.account.settings["closing"] = call.text("closing")
    return ok("closing message successfully changed")


def generate_token(call: Call) -> Response:
    """The old one dies at once."""
    token = secrets.token_hex(32)
    call.world.set_credential(call.account, "token", token)
    data = {"device_name": call.account.name, "device_serial": call.number.unique, "token": token}
    return ok("token successfully changed", data=data)


def disconnect(call: Call) -> Response:
    call.world.set_number_state(call.account, call.number, "disconnected")
    return ok(f"your device {call.number.unique} succesfully disconnected")


def restart(call: Call) -> Response:
    return ok(f"restart device {call.number.unique} successfully")


def delete(call: Call) -> Response:
    """Expired ones only."""
    if not is_expired(call.account):
        refuse("device is not expired", 400)
    call.world.set_credential(call.account, "token", "")
    return ok("your device succesfully deleted")


def speed(call: Call) -> Response:
    """The sentence is inside `data`."""
    delay = call.whole("delay", 0)
    if not QUICKEST <= delay <= SLOWEST:
        refuse(BAD_PARAM, 400)
    told = f"delay sending message per 5 messages set to {delay} second"
    return Response.json({"status": True, "data": {"deviceId": call.number.unique, "message": told}})


def send_channel(call: Call) -> Response:
    """Its answer is nowhere documented; another network's phones are not in this world."""
    if call.name not in CHANNELS or not (call.text("user_id") and call.text("message")):
        refuse(BAD_PARAM, 400)
    return ok("Message is pending and waiting to be processed")


ENDPOINTS: dict[str, Endpoint] = {
    "GET check-phone-number": check_phones,
    "POST api/device/create": create,
    "GET api/device/info": info,
    "GET api/list-server": list_server,
    "GET api/device/scan": scan,
    "POST api/device/change-number": change_number,
    "POST api/device/change-webhook-url": change_webhook,
    "POST api/device/change-tracking-url": change_tracking,
    "POST api/device/change-closing": change_closing,
    "GET api/device/generate-token": generate_token,
    "GET api/device/disconnect": disconnect,
    "GET api/device/restart": restart,
    "DELETE api/device/delete": delete,
    "POST api/device/speed": speed,
    "POST api/channel/{id}": send_channel,
}
