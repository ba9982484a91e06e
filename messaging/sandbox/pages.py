"""The sandbox's two pages for people: what is going on, and the phone that scans. Plain HTML, no script."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from messaging.sandbox.records import Account, Number
from messaging.sandbox.server import Response
from messaging.sandbox.stories import STORIES
from messaging.sandbox.world import World

SHOWN_DELIVERIES = 25
STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}
p{margin:.4rem 0}.quiet{opacity:.7}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .8rem .35rem 0;border-bottom:1px solid #8884}
th{font-weight:600;font-size:.85rem;opacity:.75}
code{font-size:.9em;overflow-wrap:anywhere}
button{font:inherit;padding:.6rem 1.6rem;border:0;border-radius:.5rem;background:#1a7f4b;color:#fff;cursor:pointer}
.phone{max-width:22rem;margin:3rem auto;padding:2rem;border:2px solid #8886;border-radius:1.5rem;text-align:center}
input{font:inherit;padding:.5rem;border:1px solid #888a;border-radius:.4rem;width:100%;box-sizing:border-box}
label{display:block;text-align:left;margin:1rem 0}
@media (max-width:40rem){
thead{display:none}tr{display:block;padding:.5rem 0;border-bottom:1px solid #8884}
td{display:inline-block;border:0;padding:.1rem .8rem .1rem 0}
}
"""


def overview(world: World, host: str) -> Response:
    """Open QR codes first (somebody waits for them), then accounts, deliveries and stories."""
    body = f"""<h1>Sandbox gateways</h1>
<p class="quiet">Nothing leaves this machine. The page renews itself every 3 seconds.</p>
{_open_links(world)}
<h2>Accounts</h2>{_table(("Gateway", "Base URL", "Credentials", "Lines"), [_account_row(a, host) for a in world.accounts.values()])}
<h2>Last deliveries <span class="quiet">({len(world.deliveries)} in all)</span></h2>{_deliveries(world)}
<h2>Stories</h2><p>The last two digits of the recipient decide. Any other number: sent, then delivered.</p>
{_table(("Digits", "Story", "What happens"), [(d, escape(s.title), escape(s.told)) for d, s in STORIES.items()])}"""
    return _page("Sandbox gateways", body, refresh=True)


def _open_links(world: World) -> str:
    waiting = [link for link in world.links.values() if link.number is None and world.link_of(link.token)]
    if not waiting:
        return ""
    rows = [
        (
            escape(link.account.dialect),
            _clock(link.created),
            f'<a href="/control/scan?token={link.token}">Pick up the phone</a>',
        )
        for link in reversed(waiting)
    ]
    return "<h2>QR codes waiting for a phone</h2>" + _table(("Gateway", "Shown at", "Scan"), rows)


def _account_row(account: Account, host: str) -> tuple[str, ...]:
    credentials = "<br>".join(
        f"{escape(name)} <code>{escape(value)}</code>" for name, value in account.credentials.items()
    )
    lines = [f"WhatsApp {escape(number.phone)} {escape(number.state)}" for number in account.numbers.values()]
    lines += [
        f"{escape(device.name)}, SIM {slot} {escape(phone)} {'online' if device.online else 'offline'}"
        for device in account.devices.values()
        for slot, phone in device.sims.items()
    ]
    url = f"<code>http://{escape(host)}/{escape(account.dialect)}</code>"
    return f"{escape(account.dialect)}<br>{escape(account.name)}", url, credentials, "<br>".join(lines)


def _deliveries(world: World) -> str:
    entries = world.deliveries.newest(SHOWN_DELIVERIES)
    if not entries:
        return "<p>No phone has got anything yet. Send a message and look again.</p>"
    rows = [
        (
            _clock(entry["at"]),
            escape(entry["dialect"]),
            escape(entry["channel"]),
            escape(entry["to"]),
            escape(entry["text"][:120]),
            escape(entry["state"]),
        )
        for entry in entries
    ]
    return _table(("At (UTC)", "Gateway", "Channel", "To", "Text", "State"), rows)


def scan(world: World, token: str) -> Response:
    """You are the phone: one button scans."""
    link = world.link_of(token)
    if link is None:
        return _phone(
            "<h1>Nothing to scan</h1><p>This code is unknown or has expired. Ask for a new one.</p>", status=404
        )
    if link.number is not None:
        return scanned(link.number)
    phone = ""
    if link.relinks is None:
        phone = '<label>Number of this phone <input name="phone" placeholder="a new one" inputmode="tel"></label>'
    return _phone(f"""<h1>You are holding the phone</h1>
<p>WhatsApp → Linked devices → Link a device.</p>
<form method="post" action="/control/scan"><input type="hidden" name="token" value="{escape(token)}">
{phone}<button type="submit">Scan the code</button></form>""")


def scanned(number: Number | None) -> Response:
    if number is None:
        return _phone("<h1>Too late</h1><p>This code is unknown or has expired. Ask for a new one.</p>", status=400)
    return _phone(
        f"<h1>Linked</h1><p>{escape(number.phone)} is {escape(number.state)}.</p><p>Go back to the dashboard.</p>"
    )


def _phone(body: str, *, status: int = 200) -> Response:
    return _page("Sandbox phone", f'<div class="phone">{body}</div>', status=status)


def _page(title: str, body: str, *, refresh: bool = False, status: int = 200) -> Response:
    head = '<meta http-equiv="refresh" content="3">' if refresh else ""
    return Response(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        f"<body>{body}</body></html>",
        status=status,
    )


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """The cells are HTML already."""
    head = "".join(f"<th>{cell}</th>" for cell in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S}"
