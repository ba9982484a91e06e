"""Linking a WhatsApp number by QR: ask for a code, watch for the scan, renew the code, and believe only the accounts list."""

import base64
from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.refusal import Refused
from messaging.gateway import provider_of
from messaging.mirror.lines import mirror_lines
from messaging.models import Account, Line, LinkSession
from messaging.providers import PROVIDERS
from messaging.providers.base import Provider
from messaging.providers.errors import ProviderError
from messaging.providers.shapes import LinkOffer
from messaging.reasons import sentence

ASK_EVERY = timedelta(seconds=1.5)  # browsers poll every 2 s, and several may watch one link
CODES = 5  # codes shown before somebody has to start again
State = LinkSession.State


def start_link(account: Account, *, address: str = "", user: User | None = None) -> LinkSession:
    """Ask the gateway for a QR. address: link this known number again; "" links a new one."""
    if not PROVIDERS[account.provider].capabilities.linking:
        raise Refused(_("Numbers are not linked here: this gateway does it in its own panel or on the phone."))
    try:
        with provider_of(account) as provider:
            known = _connected(account, provider)
            offer = provider.relink(address) if address else provider.link()
    except ProviderError as problem:
        raise Refused(_explain(problem)) from problem
    now = timezone.now()
    return LinkSession.objects.create(
        account=account, address=address, offer=_keep(offer), known=[a for a in known if a != address], offered_at=now,
        expires_at=now + timedelta(seconds=offer.expires_in), created_by=user,
    )  # fmt: skip


def look(link: LinkSession) -> LinkSession:
    """See how a link stands, asking the gateway at most every ASK_EVERY; renews a code that ran out."""
    now = timezone.now()
    if link.state != State.WAITING:
        return link
    fresh = LinkSession.objects.filter(pk=link.pk, state=State.WAITING)
    if link.asked_at and now - link.asked_at < ASK_EVERY:
        return link
    if not fresh.filter(asked_at=link.asked_at).update(asked_at=now):
        link.refresh_from_db()
        return link  # somebody else is asking at this moment
    try:
        with provider_of(link.account) as provider:
            _advance(link, provider)
    except ProviderError as problem:
        link.note = _explain(problem)
    link.asked_at = now
    link.save(update_fields=["state", "note", "offer", "codes", "asked_at", "offered_at", "expires_at", "line"])
    return link


def stop(link: LinkSession) -> None:
    """Somebody gave up."""
    LinkSession.objects.filter(pk=link.pk, state=State.WAITING).update(state=State.EXPIRED, note="")


def image_of(link: LinkSession) -> bytes:
    """The gateway's own picture of the code, where it gives no text to draw."""
    return base64.b64decode(link.offer.get("image", ""))


def _advance(link: LinkSession, provider: Provider) -> None:
    state = provider.link_state(link.offer["token"])
    if state.state == "failed":
        link.state, link.note = State.FAILED, state.note[:300]
        return
    lines = provider.fetch_lines()
    connected = {line.route.address for line in lines if line.route.kind == "whatsapp" and line.is_connected}
    new = connected - set(link.known)
    wanted = link.address or (state.address if state.state == "linked" else "")
    if (wanted and wanted in connected) or (not link.address and new):
        mirror_lines(link.account, lines)
        address = wanted if wanted in connected else sorted(new)[0]
        link.line = Line.objects.filter(account=link.account, kind=Line.Kind.WHATSAPP, address=address).first()
        link.state, link.note, link.offer = State.LINKED, "", {}
        return
    if state.state == "expired" or timezone.now() >= link.expires_at:
        _renew(link, provider)


def _renew(link: LinkSession, provider: Provider) -> None:
    if link.codes >= CODES:
        link.state, link.offer = State.EXPIRED, {}
        link.note = _("The code was not scanned in time. Start again when the phone is at hand.")
        return
    offer = provider.relink(link.address) if link.address else provider.link()
    link.offer, link.codes, link.offered_at = _keep(offer), link.codes + 1, timezone.now()
    link.expires_at = link.offered_at + timedelta(seconds=offer.expires_in)


def _connected(account: Account, provider: Provider) -> list[str]:
    return [
        line.route.address for line in provider.fetch_lines() if line.route.kind == "whatsapp" and line.is_connected
    ]


def _keep(offer: LinkOffer) -> dict[str, str]:
    return {"qr": offer.qr, "token": offer.token, "image": base64.b64encode(offer.image).decode()}


def _explain(problem: ProviderError) -> str:
    words = sentence(problem.reason)
    return f"{words} ({problem.detail})" if problem.detail else words
