"""Files given as bytes: uploaded once, then named by their address. docs/endpoints.md 3.2 row 41."""

from hashlib import sha256
from threading import Lock
from time import monotonic

from messaging.providers.errors import MessageRejected, NotSent, OutcomeUnknown, ProviderError, Reason
from messaging.providers.shapes import Media
from messaging.providers.wablas.client import WablasClient

KEPT_SECONDS = 600.0  # a campaign's picture is uploaded once, not once for every hundred people
KEPT_ADDRESSES = 200

_Key = tuple[str, str, bytes]
_addresses: dict[_Key, tuple[str, float]] = {}
_lock = Lock()


def known_address(client: WablasClient, media: Media) -> str:
    """The file's public address: its own, or that of an earlier upload; "" when it must be uploaded first."""
    if media.url:
        return media.url
    with _lock:
        address, until = _addresses.get(_key(client, media), ("", 0.0))
    return address if until > monotonic() else ""


def upload(client: WablasClient, media: Media) -> str | ProviderError:
    """The file's address at the gateway. While it is being uploaded no message is sent, whatever happens."""
    name, mime = media.filename or media.kind, media.mime_type or "application/octet-stream"
    try:
        answer = client.upload(type=media.kind, file=media.content, name=name, mime=mime)
    except OutcomeUnknown as error:
        return NotSent(error.reason, error.detail)
    except MessageRejected as error:
        reason = Reason.MEDIA_TOO_LARGE if error.reason == Reason.MEDIA_TOO_LARGE else Reason.MEDIA_INVALID
        return MessageRejected(reason, error.detail)
    except ProviderError as error:
        return error
    data = answer.get("data")
    rows = data.get("messages") if isinstance(data, dict) else None
    row = rows[0] if isinstance(rows, list) and rows else rows
    address = str(row.get("url") or "") if isinstance(row, dict) else ""
    if not address:
        return NotSent(Reason.UNREADABLE, "the upload's answer has no address")
    _keep(_key(client, media), address)
    return address


def _keep(key: _Key, address: str) -> None:
    with _lock:
        _addresses[key] = (address, monotonic() + KEPT_SECONDS)
        while len(_addresses) > KEPT_ADDRESSES:
            del _addresses[next(iter(_addresses))]


def _key(client: WablasClient, media: Media) -> _Key:
    digest = sha256(client.full_token.encode())
    for part in (media.filename.encode(), media.content):
        digest.update(sha256(part).digest())
    return client.root, media.kind, digest.digest()
