"""Media and documents of WhatsApp chats: the checks of docs/wire.md 1.4, and the uploaded files themselves."""

from pathlib import PurePath
from urllib.parse import quote, urlsplit

from messaging.sandbox.records import fingerprint
from messaging.sandbox.server import File, Response
from messaging.sandbox.world import World
from messaging.sandbox.zender.call import Call, invalid, refuse

MEDIA_TYPES = {"image", "audio", "video"}
DOCUMENT_TYPES = {"pdf", "xml", "xls", "xlsx", "doc", "docx"}
MEDIA_SUFFIXES = {"jpg", "jpeg", "png", "gif", "webp", "mp3", "ogg", "mp4", "3gp"}


def attachment_of(call: Call) -> str:
    """The attachment's URL for a chat of type media or document; "" for text."""
    kind = call.optional("type", "text")
    if kind == "text":
        return ""
    if kind == "media":
        return _media(call)
    if kind == "document":
        return _document(call)
    return invalid()


def _media(call: Call) -> str:
    file = call.request.files().get("media_file")
    if file is not None:
        if not file.content or _suffix(file.name) not in MEDIA_SUFFIXES:
            refuse(400, "Invalid media file!")
        return _keep(call, file)
    url = call.text("media_url")
    if call.optional("media_type") not in MEDIA_TYPES:
        refuse(400, "Please declare the media type!")
    return url if _is_web_address(url) else refuse(400, "You provided an invalid media url!")


def _document(call: Call) -> str:
    file = call.request.files().get("document_file")
    if file is not None:
        if not file.content or _suffix(file.name) not in DOCUMENT_TYPES:
            refuse(400, "Invalid Document File!")
        return _keep(call, file)
    url, kind = call.text("document_url"), call.optional("document_type")
    if not kind:
        refuse(400, "Please declare the document type!")
    if kind not in DOCUMENT_TYPES:
        refuse(400, "Invalid Document Type!")
    return url if _is_web_address(url) else refuse(400, "You provided an invalid document url!")


def _keep(call: Call, file: File) -> str:
    name = f"{fingerprint(file.content, length=16)}-{PurePath(file.name).name}"
    call.world.keep_file(f"zender/{name}", file)
    # The doubled slash is the gateway's own (docs/wire.md 1.6.10).
    return f"{call.root}//uploads/{quote(name)}"


def show(world: World, name: str) -> Response:
    file = world.files.get(f"zender/{name}")
    if file is None:
        return Response("Not found", status=404)
    return Response(file.content, content_type=file.content_type)


def _suffix(name: str) -> str:
    return PurePath(name).suffix.removeprefix(".").lower()


def _is_web_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
