"""Campaigns found at the gateways: listed as the last sync saw them, and started, stopped or deleted there by a person."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign, GatewayRun
from contacts.paging import Slice, keyset
from contacts.refusal import Refused
from messaging.gateway import provider_of
from messaging.mirror import changes
from messaging.mirror.objects import plain
from messaging.models import MirrorChange, MirroredObject
from messaging.providers import PROVIDERS
from messaging.providers.errors import OutcomeUnknown, ProviderError
from messaging.providers.shapes import Channel, RemoteCampaign
from messaging.reasons import sentence

PAGE = 50
ACTIONS = ("start", "stop", "delete")
What = MirrorChange.What


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A campaign at a gateway. ours: the campaign here of which it is a part, which steers it. actions: what makes sense."""

    item: MirroredObject
    remote: RemoteCampaign
    ours: Campaign | None
    actions: tuple[str, ...]


def mirrored() -> QuerySet[MirroredObject]:
    """Every mirrored campaign that can be steered and is still there."""
    condition = Q(pk__in=())
    for slug, provider in PROVIDERS.items():
        for kind, _channel in provider.capabilities.campaign_kinds:
            condition |= Q(account__provider=slug, kind=kind)
    return MirroredObject.objects.filter(condition, gone_at=None).select_related("account")


def list_remote(*, cursor: str | None = None) -> Slice[MirroredObject]:
    """One page of them, those seen first last. Refused for a bad cursor."""
    return keyset(mirrored(), cursor=cursor, size=PAGE, by=("-id",))


def listed(items: Sequence[MirroredObject]) -> list[Listed]:
    """With their states, and those that are parts of campaigns here. One query."""
    runs = GatewayRun.objects.filter(
        remote_id__in={item.remote_id for item in items}, line__account__in={item.account_id for item in items}
    )
    ours = {
        (run.line.account_id, run.campaign.channel, run.remote_id): run.campaign
        for run in runs.select_related("campaign", "line")
    }
    return [_listed(item, ours.get((item.account_id, channel_of(item), item.remote_id))) for item in items]


def channel_of(item: MirroredObject) -> Channel:
    """By the kind it is mirrored as."""
    return dict(PROVIDERS[item.account.provider].capabilities.campaign_kinds)[item.kind]


def act(item: MirroredObject, action: str) -> None:
    """Start, stop or delete it at its gateway; what the gateway then lists is kept, and is the proof.

    Raises Refused with what the gateway says, where it still lists it as it was, and for parts of campaigns here.
    """
    (row,) = listed([item])
    if row.ours is not None:
        raise Refused(
            _("It is a part of the campaign “%(name)s”: pause, resume or cancel that.") % {"name": row.ours.name}
        )
    channel, doubt = channel_of(item), ""
    try:
        with provider_of(item.account) as provider:
            calls = {
                "start": provider.start_campaign,
                "stop": provider.stop_campaign,
                "delete": provider.delete_campaign,
            }
            try:
                calls[action](item.remote_id, channel)
            except OutcomeUnknown as problem:
                doubt = sentence(problem.reason)
            now = provider.campaign_state(item.remote_id, channel)
    except ProviderError as problem:
        raise Refused(f"{sentence(problem.reason)} {problem.detail}".strip()) from None
    _keep(item, now, by=action)
    if now is not None and (action == "delete" or now.state == ("paused" if action == "start" else "running")):
        still = _("The gateway still shows it as before.")
        raise Refused(f"{doubt} {still}".strip())


def _keep(item: MirroredObject, now: RemoteCampaign | None, *, by: str) -> None:
    """What the gateway shows now."""
    if now is None:
        item.gone_at = timezone.now()
        item.save(update_fields=["gone_at"])
        changes.change_of(item, What.DELETED if by == "delete" else What.GONE).save()
        return
    raw = plain(now.raw)
    before, after = changes.differences(item.raw, raw)
    if after:
        changes.change_of(item, What.SENT, before=before, after=after).save()
    item.raw, item.synced_at = raw, timezone.now()
    item.save(update_fields=["raw", "synced_at"])


def _listed(item: MirroredObject, ours: Campaign | None) -> Listed:
    remote = PROVIDERS[item.account.provider].campaign_of(item.raw, channel_of(item))
    possible = {"running": ("stop", "delete"), "paused": ("start", "delete"), "completed": ("delete",)}[remote.state]
    return Listed(item=item, remote=remote, ours=ours, actions=() if ours else possible)
