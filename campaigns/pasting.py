"""People chosen for one campaign alone: numbers that were pasted, and members of WhatsApp groups. Both become groups, so that
everything else (exclusions, counts, the freezing) finds them as it finds all others."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from contacts.bringing import Brought, Known, bring_in
from contacts.groups import find_or_create_groups
from contacts.models import Group
from contacts.phone import normalise
from contacts.refusal import Refused
from messaging.models import MirroredObject

MOST_NUMBERS = 5000
_CHUNK = 500
_BETWEEN = re.compile(r"[\n\r,;\t|]+")


@dataclass(frozen=True, kw_only=True)
class Pasted:
    """What came of some numbers. problems: (as written, why not). is_chosen_now: the group was not among the campaign's."""

    group: Group | None
    new: int
    known: int
    is_chosen_now: bool
    problems: list[tuple[str, str]]


def paste(campaign: Campaign, *, text: str, region: str = "") -> Pasted:
    """Put the people behind these numbers into the campaign's own group; who is not known yet becomes a contact.

    text: numbers, one a line or with commas or semicolons between them. region: two letters, for numbers without a country
    code; the default one where none is given. Raises Refused(field="numbers").
    """
    written = [piece.strip() for piece in _BETWEEN.split(text.replace("\x00", "")) if piece.strip()]
    if not written:
        raise Refused(_("Paste at least one number."), field="numbers")
    if len(written) > MOST_NUMBERS:
        sentence = _("These are %(n)d numbers; %(most)d are taken at once. Import a file instead.")
        raise Refused(sentence % {"n": len(written), "most": MOST_NUMBERS}, field="numbers")
    _still_a_draft(campaign)
    with transaction.atomic():
        name = _("Numbers for campaign %(id)d") % {"id": campaign.pk}
        return _taken(campaign, name, written, region=region or settings.DEFAULT_REGION)


def whatsapp_groups() -> QuerySet[MirroredObject]:
    """WhatsApp groups whose members the gateways told."""
    known = MirroredObject.objects.filter(kind="whatsapp_group", gone_at=None, members__isnull=False)
    return known.exclude(members=[]).select_related("account").order_by(F("name").asc(), "pk")


def take_members(campaign: Campaign, *, item: MirroredObject) -> Pasted:
    """Choose the members of a WhatsApp group, as a group of the same name. Raises Refused(field="whatsapp_group")."""
    members = [str(phone) for phone in item.members or []]
    if not members:
        raise Refused(_("The gateway did not tell who is in this group. Sync again."), field="whatsapp_group")
    _still_a_draft(campaign)
    with transaction.atomic():
        name = (item.name or item.remote_id)[:100]
        return _taken(campaign, name, members, region=item.account.region or settings.DEFAULT_REGION)


def _taken(campaign: Campaign, name: str, written: list[str], *, region: str) -> Pasted:
    """Into a group of this name, which is only made where at least one of the numbers is good."""
    total = Brought()
    groups = find_or_create_groups([name]) if any(_is_good(phone, region) for phone in written) else []
    for start in range(0, len(written), _CHUNK):
        people = [Known(phone=phone) for phone in written[start : start + _CHUNK]]
        brought = bring_in(people=people, region=region, groups=groups)
        total.created += brought.created
        total.completed += brought.completed
        total.unchanged += brought.unchanged
        total.refused += brought.refused
    is_chosen_now = bool(groups) and not campaign.groups.filter(pk=groups[0].pk).exists()
    campaign.groups.add(*groups)
    for group in groups:
        group.refresh_from_db()
    return Pasted(
        group=groups[0] if groups else None,
        new=total.created,
        is_chosen_now=is_chosen_now,
        known=total.completed + total.unchanged,
        problems=[(known.phone, why) for known, why in total.refused],
    )


def _is_good(phone: str, region: str) -> bool:
    try:
        normalise(phone, region=region)
    except Refused:
        return False
    return True


def _still_a_draft(campaign: Campaign) -> None:
    if campaign.state != Campaign.State.DRAFT:
        raise Refused(_("Only a draft can be changed. Cancel this campaign and make a new one."))
