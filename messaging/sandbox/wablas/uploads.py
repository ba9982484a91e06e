"""Files: uploaded, given as base64, or named by an address (docs/endpoints.md 3.2 rows 18, 20, 22, 24, 41, 72)."""

import binascii
import json
from base64 import b64decode
from pathlib import PurePath
from urllib.parse import quote, urlsplit

from messaging.sandbox.records import fingerprint
from messaging.sandbox.server import File, Response
from messaging.sandbox.wablas.call import BAD_PARAM, MAX_FILE, Call, Endpoint, ok, refuse
from messaging.sandbox.world import World

SUFFIXES = {
    "image": {"jpg", "jpeg", "png", "gif"},
    "document": {"doc", "docx", "pdf", "odt", "csv", "ppt", "pptx", "xls", "xlsx", "txt"},
    "video": {"mp4", "mpeg"},
    "audio": {"mp3", "ogg", "mpga"},
}


def check_address(kind: str, url: str) -> None:
    """Refuse what is no public web address, or ends in a suffix that this kind does not take."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        refuse("url invalid", 400)
    if kind in SUFFIXES and (suffix := _suffix(parts.path)):
        _check_suffix(kind, suffix)


def from_base64(call: Call, kind: str) -> str:
    """`file` in base64, its name in the JSON text of `data`."""
    try:
        content = b64decode(call.text("file"), validate=True)
        described = json.loads(call.text("data"))
    except (binascii.Error, ValueError):
        refuse(BAD_PARAM, 400)
    name = str(described.get("name") or "") if isinstance(described, dict) else ""
    return _keep(call, kind, File(name=name, content_type="application/octet-stream", content=content))


def from_part(call: Call, kind: str) -> str:
    """`file` as a part of a multipart body."""
    return _keep(call, kind, call.request.files().get("file") or refuse(BAD_PARAM, 400))


def upload(call: Call) -> Response:
    if call.name not in SUFFIXES:
        refuse(BAD_PARAM, 400)
    url = from_part(call, call.name)
    return ok("Upload file successfully", data={"messages": [{"url": url}]})


def delete_media(call: Call) -> Response:
    """The id is the message's."""
    message = call.account.messages.get(call.name)
    if message is None or not message.attachment:
        refuse("message not found")
    kind, _, name = urlsplit(message.attachment).path.removeprefix("/wablas/").partition("/")
    call.world.files.pop(f"wablas/{kind}/{name}", None)
    message.attachment = ""
    return ok(f"{(message.extra or {}).get('category', 'image')} file succesfully removed")


def show(world: World, path: str) -> Response | None:
    """An uploaded file at its public address; None when this is not the address of one."""
    file = world.files.get(f"wablas/{path}")
    return Response(file.content, content_type=file.content_type) if file else None


def _keep(call: Call, kind: str, file: File) -> str:
    if not file.content:
        refuse(BAD_PARAM, 400)
    if len(file.content) > MAX_FILE:
        refuse("max size file 2 MB", 400)
    suffix = _suffix(file.name)
    _check_suffix(kind, suffix)
    name = f"{fingerprint(file.content, length=32)}.{suffix}"
    call.world.keep_file(f"wablas/{kind}/{name}", file)
    return f"{call.root}/{kind}/{quote(name)}"


def _check_suffix(kind: str, suffix: str) -> None:
    if suffix not in SUFFIXES[kind]:
        refuse("file extention not support", 400)


def _suffix(name: str) -> str:
    return PurePath(name).suffix.removeprefix(".").lower()


ENDPOINTS: dict[str, Endpoint] = {
    "POST api/upload/{id}": upload,
    "DELETE api/v2/media/delete/{id}": delete_media,
}
