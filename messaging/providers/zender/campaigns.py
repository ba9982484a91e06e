"""Campaigns that Zender runs itself (docs/endpoints.md 1.2 rows 13, 17, 20, 22, 23, 28, 34, 42, 44, 45; docs/wire.md 1.6.6)."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from messaging.providers.shapes import CampaignPlan, CampaignResult, Channel, PushedCampaign, Raw, RemoteCampaign
from messaging.providers.zender import following
from messaging.providers.zender.calls import Row
from messaging.providers.zender.client import ZenderClient
from messaging.providers.zender.paging import as_ids, number, read_pages, read_since
from messaging.providers.zender.sending import NORMAL
from messaging.providers.zender.words import bare_number, changed_at, report

SIZE = 500  # numbers a call: no limit is documented, and the numbers travel in one form field
SHORTCODES = (
    *("contact.name", "contact.number", "group.name", "date.now", "date.time"),
    *("unsubscribe.command", "unsubscribe.link"),
)
KINDS: tuple[tuple[str, Channel], ...] = (("sms_campaign", "sms"), ("wa_campaign", "whatsapp"))
# "none" is a campaign over a paid gateway: it leaves at once and cannot be steered (docs/wire.md 1.3).
_STATES: dict[str, Literal["running", "paused", "completed"]] = {
    "running": "running",
    "paused": "paused",
    "completed": "completed",
    "none": "completed",
}
_BRACES = re.compile(r"\{\{[^{}]*\}\}|\{[^{}]*\}")


def push(client: ZenderClient, plan: CampaignPlan) -> PushedCampaign:
    """One call. WhatsApp answers with the campaign's id and the messages'; SMS with no id at all (1.6.6)."""
    route = plan.route
    if route.kind == "whatsapp":
        data = client.send_whatsapp_bulk(
            account=route.address, campaign=plan.name, message=plan.body, recipients=plan.phones
        )
        ids = data.get("messageIds")
        return PushedCampaign(
            remote_id=str(data.get("campaignId") or ""),
            remote_message_ids=tuple(str(each) for each in ids) if isinstance(ids, list) else (),
        )
    if route.kind == "paid":
        client.send_sms_bulk(
            mode="credits", campaign=plan.name, message=plan.body, numbers=plan.phones, gateway=route.address
        )
    else:
        client.send_sms_bulk(
            mode="devices", campaign=plan.name, message=plan.body, numbers=plan.phones,
            device=route.address, sim=route.slot or 1, priority=NORMAL,
        )  # fmt: skip
    return PushedCampaign(remote_id="")


def listed(client: ZenderClient, channel: Channel) -> list[RemoteCampaign]:
    """Every campaign of a channel."""
    endpoint = client.get_sms_campaigns if channel == "sms" else client.get_wa_campaigns
    return [campaign_of(row, channel) for page in read_pages(endpoint) for row in page if row.get("id")]


def campaign_of(row: Raw, channel: Channel) -> RemoteCampaign:
    """A row in our words. A word for its state that we do not know counts as running: it is watched on."""
    return RemoteCampaign(
        remote_id=str(row.get("id") or ""),
        name=str(row.get("name") or ""),
        channel=channel,
        state=_STATES.get(str(row.get("status") or "").lower(), "running"),
        count=number(row.get("contacts")),
        raw=row,
    )


def start(client: ZenderClient, remote_id: str, channel: Channel) -> None:
    if channel == "sms":
        client.remote_start_sms(campaign=remote_id)
    else:
        client.remote_start_chats(campaign=remote_id)


def stop(client: ZenderClient, remote_id: str, channel: Channel) -> None:
    if channel == "sms":
        client.remote_stop_sms(campaign=remote_id)
    else:
        client.remote_stop_chats(campaign=remote_id)


def delete(client: ZenderClient, remote_id: str, channel: Channel) -> None:
    if channel == "sms":
        client.delete_sms_campaign(id=remote_id)
    else:
        client.delete_wa_campaign(id=remote_id)


def results(client: ZenderClient, plan: CampaignPlan, pushed: PushedCampaign) -> list[CampaignResult]:
    """By the ids where the gateway told them, else by recipient, text and time among what waits and what was sent."""
    desk = following.desk_of(client, plan.route.channel)
    rows: Iterable[Row]
    if pushed.remote_message_ids:
        rows = following.rows_of(desk, set(pushed.remote_message_ids))
    else:
        since = plan.pushed_at - following.SKEW if plan.pushed_at else None
        found: dict[str, Row] = {}
        for endpoint in (desk.pending, desk.sent):  # in this order: a row moves from the first to the second
            found |= as_ids(read_since(endpoint, since, changed_at))
        asked_for = {bare_number(phone) for phone in plan.phones}
        rows = [row for row in found.values() if _is_of(row, plan, asked_for, since)]
    return [
        CampaignResult(phone=str(row.get("recipient") or ""), body=str(row.get("message") or ""), report=news)
        for row in rows
        if (news := report(plan.route.channel, row))
    ]


def _is_of(row: Row, plan: CampaignPlan, asked_for: set[str], since: datetime | None) -> bool:
    at = changed_at(row)
    is_recent = since is None or (at is not None and at >= since)
    is_asked_for = bare_number(str(row.get("recipient") or "")) in asked_for
    return is_recent and is_asked_for and is_like(str(row.get("message") or ""), plan.body)


def is_like(text: str, template: str) -> bool:
    """Whether a text may have been made of this template: what stands in braces may be anything, and the plan's own mark
    may follow (some packages sign every message)."""
    left = template.replace("\r\n", "\n").replace("\0", "")
    found = 1
    while found:  # spintax may be nested
        left, found = _BRACES.subn("\0", left)
    pieces = [re.escape(piece.strip()) for piece in left.split("\0")]
    return re.match(".*?".join(pieces), text.replace("\r\n", "\n").strip(), re.DOTALL) is not None
