"""Somebody opens a short address of a campaign: where it leads, and that it was opened."""

import logging
import re
from dataclasses import dataclass
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.utils import timezone

from campaigns import links
from campaigns.models import Campaign, Click, Recipient, TrackedLink
from messaging import tally

log = logging.getLogger(__name__)

SAME = timedelta(seconds=5)  # a phone that loads a page twice has opened it once
AN_HOUR = timedelta(hours=1)
MOST_AN_HOUR = 60  # clicks of one person that are written down: an address that went round must not fill the disk
# What fetches an address to show what is behind it, or to look whether it is safe. Cubot makes phones.
_ROBOTS = re.compile(
    r"(?<!cu)bot\b|bot[/_-]|crawl|spider|slurp|preview|scanner|fetcher|facebookexternalhit|facebookcatalog|facebot|whatsapp/"
    r"|slack-imgproxy|embedly|iframely|snapchat/|vkshare|pinterest/|skypeuripreview|bingpreview|google-safety|headlesschrome"
    r"|curl/|wget/|python-|go-http-client|java/|okhttp|libwww|httpclient",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Opened:
    """An address of a campaign in the hands of one person."""

    link: TrackedLink
    recipient_id: int


@dataclass(frozen=True, kw_only=True)
class LinkCount:
    """clicks: however often; people: each once."""

    link: TrackedLink
    clicks: int
    people: int


def is_robot(agent: str) -> bool:
    """Whether something else than a person's browser asks. agent: the header; a browser always has one."""
    return not agent.strip() or _ROBOTS.search(agent) is not None


def find(code: str) -> Opened | None:
    """Where a code leads: only ever to an address that stands in the campaign's texts. None for one that is not ours."""
    read = links.read_code(code)
    if read is None:
        return None
    recipient_id, place = read
    found = TrackedLink.objects.filter(campaign__recipients=recipient_id).order_by("id")
    link = found[place : place + 1].first()
    return Opened(link=link, recipient_id=recipient_id) if link else None


def count(opened: Opened) -> None:
    """Write down that a person opened it. It never stands in their way: what cannot be written is only logged."""
    try:
        with transaction.atomic():
            _write(opened)
    except DatabaseError:
        log.exception("A click on link %s could not be counted", opened.link.pk)


def scope_of(campaign_id: int) -> str:
    """Where the counters per link are kept: `<link>:clicks` and `<link>:people`. People of the whole campaign who opened any
    of its links are `clicked` among the campaign's own counters."""
    return f"campaign:{campaign_id}:clicks"


def counts(campaign: Campaign) -> list[LinkCount]:
    """The campaign's links with what came of them, from kept counters."""
    kept = tally.totals(scope_of(campaign.pk))
    return [
        LinkCount(link=link, clicks=kept.get(f"{link.pk}:clicks", 0), people=kept.get(f"{link.pk}:people", 0))
        for link in TrackedLink.objects.filter(campaign=campaign).order_by("id")
    ]


def people(campaign: Campaign) -> int:
    """How many opened any of its links."""
    return tally.totals(campaign.tally_scope).get("clicked", 0)


def _write(opened: Opened) -> None:
    now = timezone.now()
    person = Recipient.objects.select_for_update().filter(pk=opened.recipient_id).first()
    if person is None:
        return
    before = Click.objects.filter(recipient=person)
    last = before.filter(link=opened.link).order_by("-id").first()
    if last is not None and last.at > now - SAME:
        return
    if before.filter(at__gt=now - AN_HOUR).count() >= MOST_AN_HOUR:
        return
    is_first = person.clicked_at is None
    Click.objects.create(link=opened.link, recipient=person, at=now, is_first=is_first)
    own, scope = f"campaign:{person.campaign_id}", scope_of(person.campaign_id)
    if is_first:
        Recipient.objects.filter(pk=person.pk).update(clicked_at=now)
    tally.add(
        {
            (own, "clicked"): int(is_first),
            (scope, f"{opened.link.pk}:clicks"): 1,
            (scope, f"{opened.link.pk}:people"): int(last is None),
        }
    )
