"""Addresses in a campaign's texts that are followed: each person gets a short one of their own.

The short address ends in a code that says who and which address, with a signature; nothing is stored per person. Codes are
signed with a key made of the first of FIELD_ENCRYPTION_KEYS, and read with any of them: a new key is put before the old one,
and the links of past campaigns end when the old one is taken out.
"""

import hmac
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Recipient, TrackedLink
from contacts.refusal import Refused

MOST = 62  # addresses in a campaign: its place in the code is one sign
_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_NUMBER = 5  # signs at least, so that all codes are of one length until there were 14 million recipients
_MAC = 6  # signs: one in 57 thousand million
_ADDRESS = re.compile(r"https?://[^\s<>\"{}|\\^`\x00]++", re.IGNORECASE)
_AFTER = ".,;:!?'*~…。，、！？»”’"  # belongs to the sentence around it
_LONGEST = 2000  # characters, as TrackedLink.url


def addresses_in(body: str) -> list[str]:
    """The addresses of a template that can be followed, each once: those that are the same for everybody. What goes on with a
    merge field or a choice is somebody's own, and stays as it is."""
    found = []
    for match in _ADDRESS.finditer(body):
        goes_on = body[match.end() : match.end() + 1] == "{"
        address = _trimmed(match[0])
        if not goes_on and len(address) <= _LONGEST and _has_host(address):
            found.append(address)
    return list(dict.fromkeys(found))


def shorten(text: str, short: Mapping[str, str]) -> str:
    """A person's text with the addresses that are followed replaced. short: address → the short one."""

    def replaced(match: re.Match[str]) -> str:
        address = _trimmed(match[0])
        return short[address] + match[0][len(address) :] if address in short else match[0]

    return _ADDRESS.sub(replaced, text) if short else text


def register(campaign: Campaign, bodies: Iterable[str]) -> dict[str, int]:
    """The followed addresses of a campaign that runs: address → place in it. Made where there are none yet; call in a
    transaction that holds the campaign."""
    known = list(TrackedLink.objects.filter(campaign=campaign).order_by("id").values_list("url", flat=True))
    if not known:
        known = all_in(bodies)[:MOST]
        TrackedLink.objects.bulk_create(
            TrackedLink(campaign=campaign, url=url, url_hash=sha256(url.encode()).hexdigest()) for url in known
        )
    return {url: place for place, url in enumerate(known)}


def short_address(recipient_id: int, place: int) -> str:
    """A person's own address for one of the campaign's."""
    return f"{settings.PUBLIC_URL}{reverse('click', args=[code_of(recipient_id, place)])}"


def sample_address() -> str:
    """One that leads nowhere and is as long as the next ones will be, for previews."""
    newest = Recipient.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return f"{settings.PUBLIC_URL}{reverse('click', args=['x' * len(code_of(newest + 1, 0))])}"


def code_of(recipient_id: int, place: int) -> str:
    """Who and which address, signed."""
    number = _in_signs(recipient_id * MOST + place).rjust(_NUMBER, _SIGNS[0])
    return number + _mac(number, settings.FIELD_ENCRYPTION_KEYS[0])


def read_code(code: str) -> tuple[int, int] | None:
    """(recipient's id, place of the address); None for a code that is not ours."""
    number, mac = code[:-_MAC], code[-_MAC:]
    is_spelt = _NUMBER <= len(number) <= 12 and code.isascii() and code.isalnum()
    if not is_spelt or (len(number) > _NUMBER and number[0] == _SIGNS[0]):
        return None
    if not any(hmac.compare_digest(_mac(number, key), mac) for key in settings.FIELD_ENCRYPTION_KEYS):
        return None
    value = 0
    for sign in number:
        value = value * MOST + _SIGNS.index(sign)
    return divmod(value, MOST)


def check(campaign: Campaign, bodies: Iterable[str]) -> None:
    """Raise Refused where links cannot be followed, and it was asked for."""
    if not campaign.tracks_links:
        return
    if campaign.is_gateway_run:
        raise Refused(
            _(
                "A gateway that sends by itself gives everybody the same address. Do not follow links, or let Carillon send."
            ),
            field="tracks_links",
        )
    if not settings.PUBLIC_URL:
        raise Refused(
            _("To follow links, this server needs an address on the internet: set PUBLIC_URL, or do not follow them."),
            field="tracks_links",
        )
    if len(all_in(bodies)) > MOST:
        raise Refused(
            _("The texts hold more than %(most)s addresses. Take some out, or do not follow links.") % {"most": MOST},
            field="tracks_links",
        )


def all_in(bodies: Iterable[str]) -> list[str]:
    """The addresses of several texts that can be followed, each once, in the order in which they stand."""
    return list(dict.fromkeys(address for body in bodies for address in addresses_in(body)))


def _has_host(address: str) -> bool:
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:  # half an IPv6 address
        return False


def _trimmed(address: str) -> str:
    """Without what only ends the sentence; a bracket stays where it was opened within."""
    while address:
        if address[-1] in _AFTER or (address[-1] in ")]" and not _is_opened(address)):
            address = address[:-1]
        else:
            break
    return address


def _is_opened(address: str) -> bool:
    last = address[-1]
    return address.count("(" if last == ")" else "[") >= address.count(last)


def _in_signs(value: int) -> str:
    signs = ""
    while value:
        value, rest = divmod(value, MOST)
        signs = _SIGNS[rest] + signs
    return signs


def _mac(number: str, key: str) -> str:
    digest = int.from_bytes(hmac.digest(_key(key), number.encode(), "sha256")[:8], "big")
    return _in_signs(digest % MOST**_MAC).rjust(_MAC, _SIGNS[0])


@lru_cache(maxsize=16)
def _key(key: str) -> bytes:
    return hmac.digest(key.encode(), b"carillon.links", "sha256")
