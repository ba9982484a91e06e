"""What Zender keeps for us besides messages of ours, page by page, for people to look at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from messaging.providers.errors import AccountRejected, ProviderError, Reason
from messaging.providers.shapes import OPT_OUTS, Channel, Page, RemoteObject
from messaging.providers.zender.calls import Row
from messaging.providers.zender.client import ZenderClient
from messaging.providers.zender.paging import read_page, read_pages
from messaging.providers.zender.words import changed_at

GROUPS_PER_PAGE = 10  # each group costs a call for its members
LATENESS = timedelta(hours=1)  # rows are listed by id, and a later status change makes an older one younger


@dataclass(frozen=True)
class _Kind:
    """A list with pages: the endpoint's method, and the columns of the id, the name and the phone."""

    method: str
    id: str = "id"
    name: str = "name"
    phone: str = ""
    channel: Channel | None = None


_PAGED = {
    "whatsapp_account": _Kind("get_wa_accounts", id="unique", name="phone", phone="phone"),
    "device": _Kind("get_devices", id="unique"),
    "contact_group": _Kind("get_groups"),
    "contact": _Kind("get_contacts", phone="phone"),
    OPT_OUTS: _Kind("get_unsubscribed", name="phone", phone="phone"),
    "sms_campaign": _Kind("get_sms_campaigns"),
    "wa_campaign": _Kind("get_wa_campaigns"),
    "ussd": _Kind("get_ussd", name="code"),
    "sms_pending": _Kind("get_sms_pending", name="message", phone="recipient", channel="sms"),
    "sms_sent": _Kind("get_sms_sent", name="message", phone="recipient", channel="sms"),
    "wa_pending": _Kind("get_wa_pending", name="message", phone="recipient", channel="whatsapp"),
    "wa_sent": _Kind("get_wa_sent", name="message", phone="recipient", channel="whatsapp"),
}
HISTORY = ("sms_sent", "wa_sent")
_WHOLE: dict[str, Callable[[ZenderClient], Sequence[Row]]] = {
    "shortener": lambda client: client.get_shorteners(),
    "server": lambda client: client.get_wa_servers(),
    "rate": lambda client: client.get_rates().get("gateways") or [],
    "partner_device": lambda client: client.get_rates().get("partners") or [],
}
KINDS = ("subscription", *_PAGED, "whatsapp_group", *_WHOLE)


def fetch(client: ZenderClient, kind: str, cursor: str | None, since: datetime | None = None) -> Page:
    """One page of `kind`; an object may come again on the next page (paging.py)."""
    if kind == "whatsapp_group":
        return _groups(client, cursor)
    if kind == "subscription":
        return _subscription(client)
    if kind in _WHOLE:
        column = _Kind("", id="unique" if kind == "partner_device" else "id")
        return Page(objects=[_object(kind, column, row) for row in _WHOLE[kind](client) if row.get(column.id)])
    paged = _PAGED[kind]
    rows, following = read_page(getattr(client, paged.method), cursor)
    if since is not None and kind in HISTORY and _is_past(rows, since - LATENESS):
        following = None
    return Page(objects=[_object(kind, paged, row) for row in rows if row.get(paged.id)], cursor=following)


def _object(kind: str, column: _Kind, row: Row) -> RemoteObject:
    groups = row.get("groups")
    return RemoteObject(
        kind=kind,
        remote_id=str(row[column.id]),
        name=str(row.get(column.name) or ""),
        phone=str(row.get(column.phone) or "") if column.phone else "",
        groups=tuple(str(group) for group in groups) if isinstance(groups, list) else (),
        channel=column.channel,
        at=changed_at(row),
        raw=row,
    )


def _is_past(rows: Sequence[Row], since: datetime) -> bool:
    """Whether a page, newest first, is all from before."""
    times = [at for row in rows if (at := changed_at(row))]
    return bool(times) and max(times) < since and times[0] >= times[-1]


def _subscription(client: ZenderClient) -> Page:
    """The one package, with its quotas; none for an account that bought none."""
    try:
        row = client.get_subscription()
    except AccountRejected as problem:
        if problem.reason is Reason.SUBSCRIPTION_EXPIRED:
            return Page(objects=[])
        raise
    name = str(row.get("name") or "subscription")
    return Page(
        objects=[RemoteObject(kind="subscription", remote_id="subscription", name=name, raw=row)] if row else []
    )


def _groups(client: ZenderClient, cursor: str | None) -> Page:
    """WhatsApp groups of each connected account with their members; the cursor is "account:first group"."""
    accounts = [
        str(row["unique"])
        for page in read_pages(client.get_wa_accounts)
        for row in page
        if row.get("unique") and row.get("status") == "connected"  # the others cannot be asked
    ]
    position, first = (int(part) for part in (cursor or "0:0").split(":"))
    if position >= len(accounts):
        return Page(objects=[])
    unique = accounts[position]
    groups = [row for row in client.get_wa_groups(unique=unique) if row.get("gid")]
    last = first + GROUPS_PER_PAGE
    objects = [_group(client, unique, row) for row in groups[first:last]]
    if last < len(groups):
        return Page(objects=objects, cursor=f"{position}:{last}")
    return Page(objects=objects, cursor=f"{position + 1}:0" if position + 1 < len(accounts) else None)


def _group(client: ZenderClient, unique: str, row: Row) -> RemoteObject:
    """`members` is None where the gateway could not tell them."""
    gid = str(row["gid"])
    try:
        members = tuple(str(member["phone"]) for member in client.get_wa_group_contacts(unique=unique, gid=gid))
    except (ProviderError, KeyError):
        members = None
    return RemoteObject(
        kind="whatsapp_group",
        remote_id=gid,
        name=str(row.get("name") or ""),
        members=members,
        raw={**row, "account": unique, "members": None if members is None else list(members)},
    )
