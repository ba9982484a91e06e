"""What the Wablas dialect is asked in its tests, row by row of docs/wire.md 3.2, and what its answer must tell.

MESSAGE (delivered), PENDING, SCHEDULE, REMINDER and REPLY in a path or value stand for ids that the tests make first.
"""

from typing import Any

PHONE, OTHER, WAITING = "6281230000042", "6281230000043", "6281230000099"
LATER = {"date": "2035-05-20", "time": "13:20:00", "timezone": "Asia/Jakarta"}
ITEM = {"category": "text", "phone": PHONE, "scheduled_at": "2035-05-20 13:20:00", "text": "Halo"}
AGENT = {"name": "Sri", "phone": PHONE, "email": "sri@example.org", "password": "rahasia"}
WHERE = {"name": "Warung", "address": "Jalan 1", "latitude": -6.2, "longitude": 106.8}
MENU = {"title": "Menu", "description": "Pilih", "buttonText": "Lihat", "lists": [{"title": "Soto"}], "footer": "Kami"}
PNG, MP4, MP3, PDF = (f"https://files.example/a.{suffix}" for suffix in ("png", "mp4", "mp3", "pdf"))
LOCAL = {"phone": PHONE, "file": "aGFsbw=="}

# (row, call, {"query" | "form" | "json" | "files": …}, what the answer tells)
Ask = tuple[int, str, dict[str, Any], str]


def batch(**item: Any) -> dict[str, Any]:
    return {"json": {"data": [item]}}


def upload(name: str, **form: str) -> dict[str, Any]:
    return {"files": {"file": (name, b"bytes", "application/octet-stream")}, "form": form}


DEVICE: list[Ask] = [
    (1, "GET check-phone-number", {"query": {"phones": f"{PHONE},6281230000091"}}, '"status":"offline"'),
    (2, "POST api/device/create", {"form": {**AGENT, "bank": "BCA", "product": "lite"}}, '"numberInvoice"'),
    (3, "GET api/device/info", {}, '"status":"connected"'),
    (4, "GET api/list-server", {}, '"server":["sandbox"'),
    (5, "GET api/device/scan", {}, "data:image/png;base64,"),
    (6, "POST api/device/change-number", {"form": {"phone": PHONE}}, "number successfully changed"),
    (7, "POST api/device/change-webhook-url", {"form": {"webhook_url": "http://127.0.0.1:9/"}}, "webhook url"),
    (8, "POST api/device/change-tracking-url", {"form": {"tracking_url": "http://127.0.0.1:9/"}}, "tracking url"),
    (9, "POST api/device/change-closing", {"form": {"closing": "Dada"}}, "closing message"),
    (10, "GET api/device/generate-token", {}, '"token":"'),
    (11, "GET api/device/disconnect", {}, "succesfully disconnected"),
    (12, "GET api/device/restart", {}, "restart device"),
    (14, "POST api/device/speed", {"form": {"delay": "10"}}, '"data":{"deviceId"'),
    (73, "POST api/channel/telegram", {"form": {"user_id": "7", "message": "Halo"}}, '"status":true'),
]

SENDING: list[Ask] = [
    (15, "GET api/send-message", {"query": {"phone": PHONE, "message": "Halo"}}, f'"phone":"{PHONE}"'),
    (16, "POST api/send-message", {"form": {"phone": "081230000042,x", "message": "Halo"}}, "format phone invalid"),
    (17, "POST api/send-image", {"form": {"phone": PHONE, "image": PNG, "caption": "Ini"}}, '"caption":"Ini"'),
    (18, "POST api/send-image-from-local", {"form": {**LOCAL, "data": '{"name":"a.png"}'}}, '"image":"'),
    (19, "POST api/send-document", {"form": {"phone": PHONE, "document": PDF}}, '"document":"a.pdf"'),
    (20, "POST api/send-document-from-local", {"form": {**LOCAL, "data": '{"name":"a.pdf"}'}}, '"document":"'),
    (21, "POST api/send-video", {"form": {"phone": PHONE, "video": MP4}}, '"video":"a.mp4"'),
    (22, "POST api/send-video-from-local", upload("a.mp4", phone=PHONE), '"video":"'),
    (23, "POST api/send-audio", {"form": {"phone": PHONE, "audio": MP3}}, '"caption":"audio"'),
    (24, "POST api/send-audio-from-local", upload("a.mp3", phone=PHONE), '"audio":"'),
    (46, "POST api/v2/send-message", batch(phone=PHONE, message="Halo", ref_id="41"), '"ref_id":"41"'),
    (47, "POST api/v2/send-image", batch(phone=PHONE, image=PNG), '"message":null'),
    (48, "POST api/v2/send-audio", batch(phone=PHONE, audio=MP3), '"audio":"a.mp3"'),
    (49, "POST api/v2/send-document", batch(phone=PHONE, document=PDF), '"document":"a.pdf"'),
    (50, "POST api/v2/send-video", batch(phone=PHONE, video=MP4, caption="Ini"), '"video":"a.mp4"'),
    (51, "POST api/v2/send-link", batch(phone=PHONE, message={"link": PNG}), "with error: 0"),
    (52, "POST api/v2/send-list", batch(phone=PHONE, message=MENU), '"message":"Pilih"'),
    (56, "POST api/v2/send-location", batch(phone=PHONE, message=WHERE), '"message":"{\\"name\\"'),
    (57, "GET api/v2/group/text", {"query": {"group_id": "Regulars", "message": "Halo"}}, "to Group Regulars"),
    (58, "POST api/v2/group/text", batch(group_id="Regulars", message="Halo"), '"phone":"6281230003002"'),
    (59, "POST api/v2/group/image", batch(group_id="Regulars", image=PNG), '"image":"a.png"'),
    (60, "POST api/v2/group/video", batch(group_id="Regulars", video=MP4, caption="Ini"), '"video":"a.mp4"'),
    (61, "POST api/v2/group/audio", batch(group_id="Regulars", audio=MP3), '"audio":"a.mp3"'),
    (62, "POST api/v2/group/document", batch(group_id="Regulars", document=PDF), '"document":"a.pdf"'),
]

MESSAGES: list[Ask] = [
    (25, "GET api/report/message", {"query": {"ref_id": "41"}}, '"perPage":"100","page":"1"'),
    (26, "GET api/report-realtime", {"query": {"message_id": "MESSAGE"}}, "report only today"),
    (37, "GET api/resend-message", {"query": {"id": "MESSAGE"}}, "Resend Message is pending"),
    (38, "GET api/cancel-message", {"query": {"id": "PENDING,MESSAGE"}}, "not pending anymore"),
    (39, "GET api/cancel-all-message", {}, "Cancel 3 pending messages"),
    (40, "GET api/revoke-message", {"query": {"id": "MESSAGE"}}, '"status":"revoke"'),
    (41, "POST api/upload/image", upload("a.png"), '"url":"http://127.0.0.1'),
    (72, "DELETE api/v2/media/delete/MESSAGE", {}, "image file succesfully removed"),
    (29, "POST api/schedule", {"form": {"phone": "081230000042", "message": "Halo", **LATER}}, '"phones list":["08'),
    (30, "PUT api/schedule/SCHEDULE", {"form": {"phone": PHONE, "message": "Hai", **LATER}}, '"messages":"Hai"'),
    (31, "PUT api/schedule-cancel/SCHEDULE", {}, "schedule canceled successfully"),
    (32, "DELETE api/schedule/SCHEDULE", {}, "schedule deleted successfully"),
    (53, "POST api/v2/schedule", batch(**ITEM), '"messages":"Halo"'),
    (54, "DELETE api/v2/delete-schedule", {"query": {"id": "SCHEDULE"}}, "schedules deleted"),
    (55, "PUT api/v2/schedule/SCHEDULE", batch(**{**ITEM, "text": "Hai"}), '"messages":"Hai"'),
    (
        42,
        "POST api/reminder",
        {
            "form": {
                "phone": PHONE,
                "message": "Ingat",
                "start_date": "2035-05-20 13:20:00",
                "periode": "custom",
                "custom_day": "5",
            }
        },
        "custom: send every 5 days",
    ),
    (
        43,
        "POST api/reminder/REMINDER",
        {"form": {"phone": PHONE, "message": "Lagi", "start_date": "2035-05-21 13:20:00"}},
        '"reminder_type":"custom 5"',
    ),
    (44, "GET api/reminder/info/REMINDER", {}, '"title":null'),
    (45, "DELETE api/reminder/REMINDER", {}, "is succesfully deleted"),
]

PEOPLE: list[Ask] = [
    (27, "POST api/create-agent", {"form": AGENT}, '"Total Agent":2'),
    (28, "POST api/assign-agent", {"form": {**AGENT, "message_id": "MESSAGE"}}, "assigned to agent Sri"),
    (33, "POST api/group/add", {"form": {"name": "Regulars", "phone": f"{PHONE},x"}}, '"phone":"x"'),
    (34, "POST api/group/delete-phone", {"form": {"name": "Regulars", "phone": PHONE}}, "not found on group"),
    (35, "GET api/blacklist", {"query": {"phone": PHONE}}, f"Add {PHONE} to blacklist"),
    (36, "GET api/blacklist/cancel", {"query": {"phone": PHONE}}, f"cancel {PHONE} from blacklist"),
    (63, "POST api/v2/autoreply", {"json": {"keyword": "jam", "response": "9-14"}}, '"keyword":"jam"'),
    (64, "PUT api/v2/autoreply/REPLY", {"json": {"keyword": "jam", "response": "9-15"}}, '"response":"9-15"'),
    (65, "DELETE api/v2/autoreply/REPLY", {}, "remove autoreply keyword: harga"),
    (66, "GET api/v2/autoreply/getData", {"query": {"keyword": "harga"}}, '"category":"text"'),
    (67, "POST api/v2/contact", batch(phone="6281230003001", name="Rosa"), "already add on contact"),
    (68, "POST api/v2/contact/update", batch(phone=PHONE, name="Rosa"), f"contact {PHONE} not found"),
    (69, "DELETE api/contact", {"query": {"phone": "081230003001"}}, "deleted contacts: 6281230003001"),
    (70, "GET api/v2/contact", {"query": {"page": "1", "limit": "1"}}, '"birth_day":"01-02-1990"'),
    (71, "POST api/v2/create-agent", batch(**AGENT), '"Info Agent":[{"name":"Sri"'),
]

# Row 13 deletes expired devices only and has a test of its own.
ASKS = [*DEVICE, *SENDING, *MESSAGES, *PEOPLE]
