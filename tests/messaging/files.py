"""The smallest files of each kind that pass for what they are."""

from io import BytesIO
from zipfile import ZipFile

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
JPG = b"\xff\xd8\xff\xe0" + bytes(40)
PDF = b"%PDF-1.7\n%%EOF\n"
OGG = b"OggS" + bytes(40)
MP3 = b"ID3\x04" + bytes(40)
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(40)
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
EXE = b"MZ" + bytes(60)


def docx() -> bytes:
    """A Word document as far as anybody looks."""
    box = BytesIO()
    with ZipFile(box, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    return box.getvalue()
