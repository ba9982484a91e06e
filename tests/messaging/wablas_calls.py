"""The 73 Wablas calls as a table: what is called, the request that must leave, the recorded answer.

Answers have the shapes of docs/wire.md 3.2 (the rows' numbers are that table's); phones, texts and ids are our own.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from messaging.providers.wablas.client import WablasClient

PHONE, OTHER = "34600111222", "34600111333"
ID, OTHER_ID = "0b6f6a52-95d5-4f0e-9f51-6cf1d4a1d001", "0b6f6a52-95d5-4f0e-9f51-6cf1d4a1d002"
FILE_URL = "https://files.example/menu"
FULL, TOKEN = "tok-1.key-2", "tok-1"


@dataclass(frozen=True, kw_only=True)
class Row:
    """auth: where and what is shown. query, form, body: exactly what must leave besides the token."""

    number: int
    call: Callable[[WablasClient], Any]
    asks: str
    auth: str = "header"
    query: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    body: Any = None
    files: dict[str, bytes] = field(default_factory=dict)
    answer: Any = None


def ok(message: str, **more: Any) -> dict[str, Any]:
    return {"status": True, "message": message, **more}


def queued(**content: Any) -> dict[str, Any]:
    row = {"id": ID, "phone": PHONE, "message": None, "status": "pending", "ref_id": None, **content}
    data = {"device_id": "D3V1C3", "quota": 97, "messages": [row]}
    return ok("Message is pending and waiting to be processed", data=data)


def data(*items: dict[str, Any]) -> dict[str, Any]:
    return {"data": list(items)}


REPORTED = {
    "id": ID,
    "phone": {"from": OTHER, "to": PHONE},
    "category": "text",
    "text": "Hola",
    "URL_file": None,
    "status": "sent",
    "type": "agent",
    "ref_id": "41",
    "date": {"created_at": "2026-03-02 09:10:11", "updated_at": "2026-03-02 09:10:12"},
}
REPORT = {"status": True, "totalData": 1, "perPage": "100", "page": "1", "totalPage": 1, "message": [REPORTED]}
SCHEDULED = {"phone": PHONE, "date": "2026-05-20", "time": "13:20:00", "timezone": "Asia/Jakarta", "message": "Hola"}
LATER = {"category": "text", "phone": PHONE, "scheduled_at": "2026-05-20 13:20:00", "text": "Hola"}
REMINDER = {"id": ID, "phone": PHONE, "title": "Cita", "message": "Mañana", "timezone": "Asia/Jakarta"}
REPLY = {"keyword": "horario", "response": "De 9 a 14 h"}
AGENT = {"name": "Noa", "phone": PHONE, "email": "noa@example.org", "password": "a-pass-word"}
AGENTS = {"data": {"Total Agent": 2, "Remaining Slot": 3}, "Info Agent": [{"name": "Noa", "phone": PHONE}]}
MENU = {
    "title": "Menú",
    "description": "Elige",
    "buttonText": "Ver",
    "lists": [{"title": "Paella", "description": "12 €"}],
    "footer": "Bar Sol",
}
PLACE = {"name": "Bar Sol", "address": "Calle Mayor 1", "latitude": 40.41, "longitude": -3.7}
LINK = {"text": "Mira", "link": "https://bar.example"}
GROUP = {"group_id": "regulars-1"}

DEVICE_ROWS = [
    Row(
        number=1,
        call=lambda c: c.check_phone_number(phones=f"{PHONE},{OTHER}"),
        asks="GET /check-phone-number",
        auth="header token only",
        query={"phones": f"{PHONE},{OTHER}"},
        answer={"status": "success", "data": [{"phone": PHONE, "status": "online"}], "message": "Success"},
    ),
    Row(
        number=2,
        call=lambda c: c.create_device(name="Bar Sol", phone=PHONE, bank="BCA", product="lite"),
        asks="POST /api/device/create",
        form={"name": "Bar Sol", "phone": PHONE, "bank": "BCA", "product": "lite", "periode": "monthly"},
        answer=ok("create device", data={"device": "D3V1C3", "numberInvoice": "INV1", "total": 69000}),
    ),
    Row(
        number=3,
        call=lambda c: c.device_info(),
        asks="GET /api/device/info",
        auth="query token only",
        answer={"status": True, "data": {"name": "Bar Sol", "serial": "D3V1C3", "status": "connected"}},
    ),
    Row(
        number=4,
        call=lambda c: c.list_server(),
        asks="GET /api/list-server",
        auth="query",
        answer=ok("servers", server=["kudus", "solo"]),
    ),
    Row(
        number=5,
        call=lambda c: c.scan_device().text,
        asks="GET /api/device/scan",
        auth="query token only",
        answer="<html>scan</html>",
    ),
    Row(
        number=6,
        call=lambda c: c.change_number(phone=OTHER),
        asks="POST /api/device/change-number",
        form={"phone": OTHER},
        answer=ok("number successfully changed"),
    ),
    Row(
        number=7,
        call=lambda c: c.change_webhook_url(webhook_url="https://bar.example/in"),
        asks="POST /api/device/change-webhook-url",
        form={"webhook_url": "https://bar.example/in"},
        answer=ok("webhook url successfully changed"),
    ),
    Row(
        number=8,
        call=lambda c: c.change_tracking_url(tracking_url="https://bar.example/t"),
        asks="POST /api/device/change-tracking-url",
        form={"tracking_url": "https://bar.example/t"},
        answer=ok("tracking url successfully changed"),
    ),
    Row(
        number=9,
        call=lambda c: c.change_closing(closing="Hasta pronto"),
        asks="POST /api/device/change-closing",
        form={"closing": "Hasta pronto"},
        answer=ok("closing message successfully changed"),
    ),
    Row(
        number=10,
        call=lambda c: c.generate_token(),
        asks="GET /api/device/generate-token",
        answer=ok("token successfully changed", data={"device_serial": "D3V1C3", "token": "tok-new"}),
    ),
    Row(
        number=11,
        call=lambda c: c.disconnect_device(),
        asks="GET /api/device/disconnect",
        answer=ok("your device D3V1C3 succesfully disconnected"),
    ),
    Row(
        number=12,
        call=lambda c: c.restart_device(),
        asks="GET /api/device/restart",
        answer=ok("restart device D3V1C3 successfully"),
    ),
    Row(
        number=13,
        call=lambda c: c.delete_device(),
        asks="DELETE /api/device/delete",
        answer=ok("your device succesfully deleted"),
    ),
    Row(
        number=14,
        call=lambda c: c.device_speed(delay=10),
        asks="POST /api/device/speed",
        form={"delay": "10"},
        answer={"status": True, "data": {"deviceId": "D3V1C3", "message": "delay set to 10 second"}},
    ),
]

VERSION_1_ROWS = [
    Row(
        number=15,
        call=lambda c: c.send_message_get(phone=PHONE, message="Hola", priority=True),
        asks="GET /api/send-message",
        auth="query",
        query={"phone": PHONE, "message": "Hola", "priority": "true"},
        answer=queued(message="Hola"),
    ),
    Row(
        number=16,
        call=lambda c: c.send_message(phone=f"{PHONE},{OTHER}", message="Hola", isGroup=True, ref_id="41", retry=False),
        asks="POST /api/send-message",
        form={"phone": f"{PHONE},{OTHER}", "message": "Hola", "isGroup": "true", "ref_id": "41"},
        answer=queued(message="Hola"),
    ),
    Row(
        number=17,
        call=lambda c: c.send_image(phone=PHONE, image=FILE_URL, caption="Hoy", secret=True),
        asks="POST /api/send-image",
        form={"phone": PHONE, "image": FILE_URL, "caption": "Hoy", "secret": "true"},
        answer=queued(caption="Hoy", image="menu.png"),
    ),
    Row(
        number=18,
        call=lambda c: c.send_image_from_local(phone=PHONE, file="aG9sYQ==", data='{"name":"a.png"}', filename="a.png"),
        asks="POST /api/send-image-from-local",
        form={"phone": PHONE, "file": "aG9sYQ==", "data": '{"name":"a.png"}', "filename": "a.png"},
        answer=queued(image="a.png"),
    ),
    Row(
        number=19,
        call=lambda c: c.send_document(phone=PHONE, document=FILE_URL, spintax=True),
        asks="POST /api/send-document",
        form={"phone": PHONE, "document": FILE_URL, "spintax": "true"},
        answer=queued(document="menu.pdf"),
    ),
    Row(
        number=20,
        call=lambda c: c.send_document_from_local(phone=PHONE, file="aG9sYQ==", data='{"name":"a.pdf"}', name_file="a"),
        asks="POST /api/send-document-from-local",
        form={"phone": PHONE, "file": "aG9sYQ==", "data": '{"name":"a.pdf"}', "name_file": "a"},
        answer=queued(document="a.pdf"),
    ),
    Row(
        number=21,
        call=lambda c: c.send_video(phone=PHONE, video=FILE_URL, caption="Hoy", random=True),
        asks="POST /api/send-video",
        form={"phone": PHONE, "video": FILE_URL, "caption": "Hoy", "random": "true"},
        answer=queued(caption="Hoy", video="menu.mp4"),
    ),
    Row(
        number=22,
        call=lambda c: c.send_video_from_local(
            phone=PHONE, file=b"mp4!", name="a.mp4", mime="video/mp4", caption="Hoy"
        ),
        asks="POST /api/send-video-from-local",
        form={"phone": PHONE, "caption": "Hoy"},
        files={"file": b"mp4!"},
        answer=queued(video="a.mp4"),
    ),
    Row(
        number=23,
        call=lambda c: c.send_audio(phone=PHONE, audio=FILE_URL, source="blog"),
        asks="POST /api/send-audio",
        form={"phone": PHONE, "audio": FILE_URL, "source": "blog"},
        answer=queued(caption="audio", audio="menu.mp3"),
    ),
    Row(
        number=24,
        call=lambda c: c.send_audio_from_local(phone=PHONE, file=b"mp3!", name="a.mp3", mime="audio/mpeg"),
        asks="POST /api/send-audio-from-local",
        form={"phone": PHONE},
        files={"file": b"mp3!"},
        answer=queued(audio="a.mp3"),
    ),
    Row(
        number=73,
        call=lambda c: c.send_channel(name="telegram", user_id="77", message="Hola", type="image", url_file=FILE_URL),
        asks="POST /api/channel/telegram",
        auth="header token only",
        form={"user_id": "77", "message": "Hola", "type": "image", "urlFile": FILE_URL},
        answer=ok("sent"),
    ),
]
