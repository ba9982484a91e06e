"""The QR on Wablas' scan page. The page is HTML with the device's token in it, so only the picture leaves the server."""

import re
from base64 import b64decode
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from messaging.providers.errors import MessageRejected, Reason
from messaging.providers.shapes import LinkOffer
from messaging.providers.wablas.client import WablasClient
from messaging.providers.wablas.judge import judge

PNG = b"\x89PNG\r\n\x1a\n"
QR_SECONDS = 20  # WhatsApp itself replaces the code about that often
_INLINE = re.compile(r"data:image/png;base64,\s*([A-Za-z0-9+/=\s]+)")


def fetch_offer(client: WablasClient) -> LinkOffer:
    """The QR of the account's device. MessageRejected when the page shows none (linked already, or another layout)."""
    reply = client.scan_device()
    page = unescape(reply.text)
    if reply.status_code >= 400 or page.lstrip().startswith("{"):
        judge(reply, client.http.secrets)
    image = _inline_image(page) or _linked_image(client, page)
    if not image.startswith(PNG):
        raise MessageRejected(Reason.NOT_SUPPORTED, "the scan page shows no QR; link the number in the gateway's panel")
    return LinkOffer(qr="", token="device", expires_in=QR_SECONDS, image=image)  # noqa: S106 - device/info needs none


def _inline_image(page: str) -> bytes:
    found = _INLINE.search(page)
    try:
        return b64decode("".join(found[1].split()), validate=True) if found else b""
    except ValueError:
        return b""


def _linked_image(client: WablasClient, page: str) -> bytes:
    """The picture an <img> points to, one that speaks of a QR first; from the account's own server only."""
    finder = _Images()
    finder.feed(page)
    for source in sorted(finder.sources, key=lambda source: "qr" not in source.lower()):
        address = urljoin(f"{client.root}/api/device/scan", source)
        if urlsplit(address)[:2] != urlsplit(client.root)[:2]:
            continue
        reply = client.http.request("GET", address)
        if reply.status_code == 200 and reply.content.startswith(PNG):
            return reply.content
    return b""


class _Images(HTMLParser):
    """The sources of a page's pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        source = dict(attrs).get("src")
        if tag == "img" and source and not source.startswith("data:"):
            self.sources.append(source)
