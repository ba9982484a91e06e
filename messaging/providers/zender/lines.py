"""The ways out a Zender account has: linked WhatsApp numbers, the SIMs of Android phones, and paid gateways."""

from messaging.providers.errors import AccountRejected, Reason
from messaging.providers.shapes import RemoteLine, Route
from messaging.providers.zender.calls import Row
from messaging.providers.zender.client import ZenderClient
from messaging.providers.zender.paging import read_pages

# A key carries a list of permissions and a package a list of services: lacking one must not hide the others.
NOT_OURS = frozenset([Reason.NO_PERMISSION, Reason.SUBSCRIPTION_EXPIRED])


def fetch_lines(client: ZenderClient) -> list[RemoteLine]:
    """All ways out. AccountRejected when the key may see none of the three lists."""
    lines: list[RemoteLine] = []
    refused: list[AccountRejected] = []
    for fetch in (_whatsapp_lines, _sim_lines, _paid_lines):
        try:
            lines += fetch(client)
        except AccountRejected as problem:
            if problem.reason not in NOT_OURS:
                raise
            refused.append(problem)
    if len(refused) == 3:
        raise refused[0]
    return lines


def _whatsapp_lines(client: ZenderClient) -> list[RemoteLine]:
    return [_whatsapp_line(row) for page in read_pages(client.get_wa_accounts) for row in page if row.get("unique")]


def _whatsapp_line(row: Row) -> RemoteLine:
    word = str(row.get("status") or "").lower()
    phone = str(row.get("phone") or "")
    return RemoteLine(
        route=Route(channel="whatsapp", kind="whatsapp", address=str(row["unique"])),
        label=f"WhatsApp {phone}".strip(),
        phone=phone,
        is_connected=word == "connected",
        note="" if word == "connected" else word,
        raw=row,
    )


def _sim_lines(client: ZenderClient) -> list[RemoteLine]:
    """Two for each phone: the gateway does not say how many SIMs it holds."""
    return [
        RemoteLine(
            route=Route(channel="sms", kind="sim", address=str(row["unique"]), slot=slot),
            label=f"{row.get('name') or row['unique']} SIM {slot}",
            device_name=str(row.get("name") or ""),
            raw=row,
        )
        for page in read_pages(client.get_devices)
        for row in page
        if row.get("unique")
        for slot in (1, 2)
    ]


def _paid_lines(client: ZenderClient) -> list[RemoteLine]:
    """The gateways; the phones of partners are strangers', so they are mirrored and never offered as lines."""
    gateways = client.get_rates().get("gateways") or []
    return [
        RemoteLine(
            route=Route(channel="sms", kind="paid", address=str(row["id"])),
            label=str(row.get("name") or row["id"]),
            raw=row,
        )
        for row in gateways
        if row.get("id") is not None
    ]
