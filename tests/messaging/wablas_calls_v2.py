"""Version 2 of the table of Wablas calls, and the table as a whole."""

from tests.messaging.wablas_calls import (
    DEVICE_ROWS,
    FILE_URL,
    GROUP,
    LINK,
    MENU,
    PHONE,
    PLACE,
    VERSION_1_ROWS,
    Row,
    data,
    queued,
)
from tests.messaging.wablas_calls_more import PEOPLE_ROWS, PLAN_ROWS, REPORT_ROWS

VERSION_2_ROWS = [
    Row(
        number=46,
        call=lambda c: c.send_messages([{"phone": PHONE, "message": "Hola", "ref_id": "41", "priority": True}]),
        asks="POST /api/v2/send-message",
        body=data({"phone": PHONE, "message": "Hola", "ref_id": "41", "priority": "true"}),
        answer=queued(message="Hola"),
    ),
    Row(
        number=47,
        call=lambda c: c.send_images([{"phone": PHONE, "image": FILE_URL, "caption": "Hoy"}]),
        asks="POST /api/v2/send-image",
        body=data({"phone": PHONE, "image": FILE_URL, "caption": "Hoy"}),
        answer=queued(caption="Hoy", image="menu.png"),
    ),
    Row(
        number=48,
        call=lambda c: c.send_audios([{"phone": PHONE, "audio": FILE_URL}]),
        asks="POST /api/v2/send-audio",
        body=data({"phone": PHONE, "audio": FILE_URL}),
        answer=queued(audio="menu.mp3"),
    ),
    Row(
        number=49,
        call=lambda c: c.send_documents([{"phone": PHONE, "document": FILE_URL}]),
        asks="POST /api/v2/send-document",
        body=data({"phone": PHONE, "document": FILE_URL}),
        answer=queued(document="menu.pdf"),
    ),
    Row(
        number=50,
        call=lambda c: c.send_videos([{"phone": PHONE, "video": FILE_URL, "caption": "Hoy"}]),
        asks="POST /api/v2/send-video",
        body=data({"phone": PHONE, "video": FILE_URL, "caption": "Hoy"}),
        answer=queued(video="menu.mp4"),
    ),
    Row(
        number=51,
        call=lambda c: c.send_links([{"phone": PHONE, "message": LINK}]),
        asks="POST /api/v2/send-link",
        body=data({"phone": PHONE, "message": LINK}),
        answer=queued(message="Mira"),
    ),
    Row(
        number=52,
        call=lambda c: c.send_lists([{"phone": PHONE, "message": MENU}]),
        asks="POST /api/v2/send-list",
        body=data({"phone": PHONE, "message": MENU}),
        answer=queued(message="Elige"),
    ),
    Row(
        number=56,
        call=lambda c: c.send_locations([{"phone": PHONE, "message": PLACE, "isGroup": True}]),
        asks="POST /api/v2/send-location",
        body=data({"phone": PHONE, "message": PLACE, "isGroup": "true"}),
        answer=queued(message='{"name":"Bar Sol"}'),
    ),
    Row(
        number=57,
        call=lambda c: c.send_group_text_get(group_id="regulars-1", message="Hola", priority=True),
        asks="GET /api/v2/group/text",
        auth="query token only",
        query={**GROUP, "message": "Hola", "priority": "true"},
        answer=queued(message="Hola"),
    ),
    Row(
        number=58,
        call=lambda c: c.send_group_texts([{"group_id": "regulars-1", "message": "Hola"}]),
        asks="POST /api/v2/group/text",
        body=data({**GROUP, "message": "Hola"}),
        answer=queued(message="Hola"),
    ),
    Row(
        number=59,
        call=lambda c: c.send_group_images([{"group_id": "regulars-1", "image": FILE_URL}]),
        asks="POST /api/v2/group/image",
        body=data({**GROUP, "image": FILE_URL}),
        answer=queued(image="menu.png"),
    ),
    Row(
        number=60,
        call=lambda c: c.send_group_videos([{"group_id": "regulars-1", "video": FILE_URL, "caption": "Hoy"}]),
        asks="POST /api/v2/group/video",
        body=data({**GROUP, "video": FILE_URL, "caption": "Hoy"}),
        answer=queued(video="menu.mp4"),
    ),
    Row(
        number=61,
        call=lambda c: c.send_group_audios([{"group_id": "regulars-1", "audio": FILE_URL}]),
        asks="POST /api/v2/group/audio",
        body=data({**GROUP, "audio": FILE_URL}),
        answer=queued(audio="menu.mp3"),
    ),
    Row(
        number=62,
        call=lambda c: c.send_group_documents([{"group_id": "regulars-1", "document": FILE_URL}]),
        asks="POST /api/v2/group/document",
        body=data({**GROUP, "document": FILE_URL}),
        answer=queued(document="menu.pdf"),
    ),
]

ROWS = [*DEVICE_ROWS, *VERSION_1_ROWS, *REPORT_ROWS, *PLAN_ROWS, *PEOPLE_ROWS, *VERSION_2_ROWS]
