"""What Zender keeps for us besides messages, page by page, for people to look at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from messaging.providers.base import Page, RemoteObject
from messaging.providers.errors import ProviderError
from messaging.providers.zender.calls import Row
from messaging.providers.zender.client import ZenderClient
from messaging.providers.zender.paging import read_page, read_pages

GROUPS_PER_PAGE = 10  # each group costs a call for its members


@dataclass(frozen=True)
class _Kind:
    """A list with pages: the endpoint's method, and the columns of the id and the name."""

    method: str
    id: str = "id"
    name: str = "name"


_PAGED = {
    "whatsapp_account": _Kind("get_wa_accounts", id="unique", name="phone"),
    "device": _Kind("get_devices", id="unique"),
    "contact_group": _Kind("get_groups"),
    "contact": _Kind("get_contacts"),
    "unsubscribed": _Kind("get_unsubscribed", name="phone"),
    "sms_campaign": _Kind("get_sms_campaigns"),
    "wa_campaign": _Kind("get_wa_campaigns"),
    "ussd": _Kind("get_ussd", name="code"),
}
_WHOLE: dict[str, Callable[[ZenderClient], Sequence[Row]]] = {
    "shortener": lambda client: client.get_shorteners(),
    "server": lambda client: client.get_wa_servers(),
    "rate": lambda client: client.get_rates().get("gateways") or [],
    "partner_device": lambda client: client.get_rates().get("partners") or [],
}
KINDS = (*_PAGED, "whatsapp_group", *_WHOLE)


def fetch(client: ZenderClient, kind: str, cursor: str | None) -> Page:
    """One page of `kind`; an object may come again on the next page (paging.py)."""
    if kind == "whatsapp_group":
        return _groups(client, cursor)
    if kind in _WHOLE:
        column = "unique" if kind == "partner_device" else "id"
        return Page(objects=[_object(kind, row, column, "name") for row in _WHOLE[kind](client) if row.get(column)])
    paged = _PAGED[kind]
    rows, following = read_page(getattr(client, paged.method), cursor)
    return Page(
        objects=[_object(kind, row, paged.id, paged.name) for row in rows if row.get(paged.id)], cursor=following
    )


def _object(kind: str, row: Row, id_column: str, name_column: str) -> RemoteObject:
    return RemoteObject(kind=kind, remote_id=str(row[id_column]), name=str(row.get(name_column) or ""), raw=row)


def _groups(client: ZenderClient, cursor: str | None) -> Page:
    """WhatsApp groups of each connected account with `members` (phones); the cursor is "account:first group"."""
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
        members = [str(member["phone"]) for member in client.get_wa_group_contacts(unique=unique, gid=gid)]
    except (ProviderError, KeyError):
        members = None
    return RemoteObject(
        kind="whatsapp_group",
        remote_id=gid,
        name=str(row.get("name") or ""),
        raw={**row, "account": unique, "members": members},
    )
