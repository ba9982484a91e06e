"""Linking a WhatsApp number by QR (docs/endpoints.md 1.2 rows 37 to 41)."""

from urllib.parse import parse_qs, urlsplit

from messaging.providers.errors import AccountRejected, OutcomeUnknown, ProviderError, Reason
from messaging.providers.shapes import LinkOffer, LinkState
from messaging.providers.zender.calls import Row
from messaging.providers.zender.client import ZenderClient

QR_SECONDS = 60  # how long a QR is worth showing; its token lives for 600


def offer(client: ZenderClient, *, unique: str = "") -> LinkOffer:
    """A QR for a new number, or for the known account `unique`."""
    sid = _server(client)
    answer = client.create_wa_relink(unique=unique, sid=sid) if unique else client.create_wa_link(sid=sid)
    token = _token(answer)
    qr = str(answer.get("qrstring") or "")
    if not token:
        raise OutcomeUnknown(Reason.UNREADABLE, "the answer has no token to follow the link by")
    image = b"" if qr else client.get_wa_qr(token=token)
    return LinkOffer(qr=qr, token=token, expires_in=QR_SECONDS, image=image)


def state(client: ZenderClient, token: str) -> LinkState:
    """How the link stands."""
    try:
        info = client.get_wa_info(token=token)
    except AccountRejected as problem:
        if problem.reason is Reason.BAD_CREDENTIALS:  # the token's 401, not the key's: this call has no key
            return LinkState(state="expired", note=problem.detail)
        raise
    if info is None:
        return LinkState(state="waiting")
    return LinkState(state="linked", address=str(info.get("unique") or ""), phone=_phone(str(info.get("wid") or "")))


def _server(client: ZenderClient) -> int | str | None:
    """The first available server. Newer installations require one, older ones may not have the call."""
    try:
        servers = client.get_wa_servers()
    except ProviderError:
        return None
    free = [server for server in servers if _is_free(server)]
    return next((server["id"] for server in (free or servers) if server.get("id") is not None), None)


def _is_free(server: Row) -> bool:
    return str(server.get("available", True)).lower() not in ("0", "false", "") and str(
        server.get("status", "online")
    ).lower() not in ("0", "false", "offline", "disconnected")


def _token(answer: Row) -> str:
    """A relink answers without infolink; the QR's link carries the same token."""
    for name in ("infolink", "qrimagelink"):
        if found := parse_qs(urlsplit(str(answer.get(name) or "")).query).get("token"):
            return found[0]
    return ""


def _phone(wid: str) -> str:
    """+digits of "5215512345678:12@s.whatsapp.net"."""
    digits = "".join(c for c in wid.partition("@")[0].partition(":")[0] if c.isdigit())
    return f"+{digits}" if digits else ""
