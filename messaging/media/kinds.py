"""What a file is, by its first bytes and never by what somebody says it is."""

import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath

_OFFICE = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True, kw_only=True)
class FileType:
    """kind: image, audio, video or document. suffix: with the dot. is_shown: safe to show in a browser beside our pages."""

    mime_type: str
    kind: str
    suffix: str
    is_shown: bool = False


def _types(kind: str, *pairs: tuple[str, str], is_shown: bool = True) -> dict[str, FileType]:
    return {suffix: FileType(mime_type=mime, kind=kind, suffix=suffix, is_shown=is_shown) for suffix, mime in pairs}


TYPES: dict[str, FileType] = {
    **_types("image", (".jpg", "image/jpeg"), (".png", "image/png"), (".gif", "image/gif"), (".webp", "image/webp")),
    **_types(
        "audio", (".mp3", "audio/mpeg"), (".ogg", "audio/ogg"), (".m4a", "audio/mp4"), (".wav", "audio/wav"),
        (".amr", "audio/amr"), (".aac", "audio/aac"),
    ),
    **_types(
        "video", (".mp4", "video/mp4"), (".3gp", "video/3gpp"), (".mov", "video/quicktime"), (".webm", "video/webm"),
    ),
    **_types(
        "document", (".pdf", "application/pdf"), (".doc", "application/msword"), (".xls", "application/vnd.ms-excel"),
        (".ppt", "application/vnd.ms-powerpoint"), (".docx", f"{_OFFICE}.wordprocessingml.document"),
        (".xlsx", f"{_OFFICE}.spreadsheetml.sheet"), (".pptx", f"{_OFFICE}.presentationml.presentation"),
        (".txt", "text/plain"), (".csv", "text/csv"), (".xml", "text/xml"), is_shown=False,
    ),
}  # fmt: skip
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", ".jpg"), (b"\x89PNG\r\n\x1a\n", ".png"), (b"GIF87a", ".gif"), (b"GIF89a", ".gif"),
    (b"%PDF-", ".pdf"), (b"OggS", ".ogg"), (b"ID3", ".mp3"), (b"#!AMR", ".amr"), (b"\x1aE\xdf\xa3", ".webm"),
)  # fmt: skip
_RIFF = {b"WEBP": ".webp", b"WAVE": ".wav"}
_BRANDS = {b"M4A ": ".m4a", b"M4B ": ".m4a", b"qt  ": ".mov", b"3gp": ".3gp", b"3g2": ".3gp"}
_IN_ZIP = {"word/document.xml": ".docx", "xl/workbook.xml": ".xlsx", "ppt/presentation.xml": ".pptx"}
_OLE = (".doc", ".xls", ".ppt")
_TEXT = (".txt", ".csv", ".xml")


def type_of(content: bytes, filename: str = "") -> FileType | None:
    """What the file is; None for what we neither send nor keep. filename: tells apart what begins alike (old office files,
    plain texts), and nothing else."""
    suffix = _by_start(content) or _in_boxes(content) or _by_name(content, PurePosixPath(filename).suffix.lower())
    return TYPES[suffix] if suffix else None


def _by_start(content: bytes) -> str:
    return next((suffix for start, suffix in _STARTS if content.startswith(start)), "")


def _in_boxes(content: bytes) -> str:
    """Formats that begin with a box around another."""
    if content[:4] == b"RIFF":
        return _RIFF.get(content[8:12], "")
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12]) or _BRANDS.get(content[8:11]) or ".mp4"
    if content[:4] == b"PK\x03\x04":
        try:
            names = zipfile.ZipFile(BytesIO(content)).namelist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            return ""
        return next((suffix for name, suffix in _IN_ZIP.items() if name in names), "")
    if content[:1] == b"\xff" and content[1:2] and content[1] & 0xE0 == 0xE0:
        return ".aac" if content[1] & 0xF6 == 0xF0 else ".mp3"
    return ""


def _by_name(content: bytes, suffix: str) -> str:
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") and suffix in _OLE:
        return suffix
    if suffix not in _TEXT or b"\x00" in content:
        return ""
    try:
        content.decode()
    except UnicodeDecodeError:
        return ""
    return suffix
