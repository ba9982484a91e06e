"""Writing campaigns down: drafts, their lines and groups, and what people will see."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns import checks, runner
from campaigns.models import Campaign
from contacts import rendering
from contacts.models import Contact, Group
from contacts.refusal import Refused
from messaging.models import Line


def save_draft(
    *,
    campaign: Campaign | None = None,
    name: str,
    body: str,
    lines: Sequence[Line],
    groups: Sequence[Group],
    excluded_groups: Sequence[Group] = (),
    send_before: datetime | None = None,
    mode: str = Campaign.Mode.CARILLON,
    sms_lines: Sequence[Line] = (),
    user: User | None = None,
) -> Campaign:
    """Make or change a draft. It may still lack things; wrong things are refused right away. Call in a transaction.

    sms_lines: for those whom the lines, all of WhatsApp, cannot reach.
    """
    if not name.strip():
        raise Refused(_("Give the campaign a name."), field="name")
    is_gateway_run = mode == Campaign.Mode.GATEWAY
    if mode not in Campaign.Mode.values:
        raise Refused(_("Either Carillon sends, or the gateway."), field="mode")
    if is_gateway_run:
        checks.check_gateways(list(lines))
    if body.strip():
        checks.check_body(body, shortcodes=checks.shortcodes_of(list(lines)) if is_gateway_run and lines else None)
    if len({line.channel for line in lines}) > 1:
        raise Refused(_("Choose lines of one channel: either WhatsApp or SMS."), field="lines")
    checks.check_sms_lines(list(sms_lines), list(lines), mode=mode)
    if campaign is None:
        campaign = Campaign(created_by=user)
    elif campaign.state != Campaign.State.DRAFT:
        raise Refused(_("Only a draft can be changed. Cancel this campaign and make a new one."))
    campaign.name, campaign.body, campaign.send_before = name.strip()[:150], body, send_before
    campaign.mode = mode
    if lines:
        campaign.channel = lines[0].channel
    campaign.save()
    campaign.lines.set(lines)
    campaign.sms_lines.set(sms_lines)
    campaign.groups.set(groups)
    campaign.excluded_groups.set(excluded_groups)
    return campaign


def clone(campaign: Campaign, *, user: User | None = None) -> Campaign:
    """A new draft with the same text, groups and lines. It is checked again before it starts."""
    with transaction.atomic():
        copy = Campaign.objects.create(
            name=(_("Copy of %(name)s") % {"name": campaign.name})[:150],
            body=campaign.body,
            channel=campaign.channel,
            mode=campaign.mode,
            created_by=user,
        )
        copy.lines.set(campaign.lines.all())
        copy.sms_lines.set(campaign.sms_lines.all())
        copy.groups.set(campaign.groups.all())
        copy.excluded_groups.set(campaign.excluded_groups.all())
    return copy


def delete_draft(campaign: Campaign) -> None:
    """Throw a draft away. What has been started stays, with everything that came of it."""
    with transaction.atomic():
        current = Campaign.objects.select_for_update().get(pk=campaign.pk)
        if current.state != Campaign.State.DRAFT:
            raise Refused(_("Only a draft can be deleted. A campaign that was started stays as a record."))
        current.delete()


def lines_by_id(ids: Iterable[int], *, field: str = "lines") -> list[Line]:
    """Lines, each known."""
    wanted = list(dict.fromkeys(ids))
    lines = {line.pk: line for line in Line.objects.filter(pk__in=wanted)}
    for pk in wanted:
        if pk not in lines:
            raise Refused(_("There is no line %(id)s.") % {"id": pk}, field=field)
    return [lines[pk] for pk in wanted]


def groups_by_word(words: Iterable[str | int]) -> list[Group]:
    """Groups by name (whatever its case) or id, each known."""
    groups = []
    for word in words:
        found = (
            Group.objects.filter(pk=word) if isinstance(word, int) else Group.objects.filter(name__iexact=word.strip())
        )
        group = found.first()
        if group is None:
            raise Refused(_("There is no group “%(name)s”.") % {"name": word}, field="groups")
        groups.append(group)
    return groups


def text_for(campaign: Campaign, contact: Contact) -> str:
    """What this person will read, to the letter; where a gateway sends, what it is given."""
    if campaign.is_gateway_run:
        return campaign.body.strip()
    values = rendering.values_of(name=contact.name, phone=contact.phone, fields=contact.fields)
    return rendering.render(campaign.body, values, seed=runner.seed_of(campaign, contact.pk))
