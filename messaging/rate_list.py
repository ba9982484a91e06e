"""A list of prices as somebody pastes it: one country a line, from a spreadsheet or a gateway's price list."""

import csv
import io
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from contacts.csvtext import unguarded
from contacts.models import Channel
from contacts.refusal import Refused
from messaging import rates
from messaging.models import Account

NAMES = ("country", "price", "currency", "channel")  # the order of the columns where no first line names them
MOST = 2000  # lines


@dataclass(frozen=True, slots=True)
class Row:
    """One line that can be kept."""

    country: str
    price: str
    currency: str
    channel: str


def bring_in(account: Account, text: str, *, channel: str, currency: str) -> int:
    """Keep every price of a list, each replacing the one of its country; all of them or, with the line and what is wrong
    with it, none. Returns how many. channel, currency: for lines that do not say. Raises Refused(field="text")."""
    rows = read(text, channel=channel, currency=currency)
    with transaction.atomic():
        for number, row in rows:
            try:
                rates.save(
                    account=account, channel=row.channel, country=row.country, price=row.price, currency=row.currency
                )
            except Refused as refused:
                raise Refused(
                    _("Line %(number)s: %(problem)s") % {"number": number, "problem": refused.sentence}, field="text"
                ) from None
    return len(rows)


def read(text: str, *, channel: str, currency: str) -> list[tuple[int, Row]]:
    """(number of the line, what stands in it). Columns are parted by tab, semicolon or comma."""
    lines = text.lstrip("\ufeff").splitlines()
    if len(lines) > MOST:
        raise Refused(_("At most %(most)s lines, please.") % {"most": MOST}, field="text")
    filled = [(number, line) for number, line in enumerate(lines, start=1) if line.strip(" \t;,")]
    if not filled:
        raise Refused(_("Paste at least one line, like: MX, 0.03, USD"), field="text")
    delimiter = next((mark for mark in "\t;" if mark in filled[0][1]), ",")
    table = [(number, _cells(line, delimiter)) for number, line in filled]
    names = _names(table[0][1])
    body = table[1:] if names else table
    return [(number, _row(cells, names or list(NAMES), channel, currency)) for number, cells in body]


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [unguarded(cell.strip()) for cell in next(csv.reader(io.StringIO(line), delimiter=delimiter))]
    except csv.Error:
        return [cell.strip() for cell in line.split(delimiter)]


def _names(cells: list[str]) -> list[str]:
    """The columns, where the first line names them; else nothing."""
    found = [cell.lower() for cell in cells]
    return found if "country" in found and "price" in found else []


def _row(cells: list[str], names: list[str], channel: str, currency: str) -> Row:
    found = dict(zip(names, cells, strict=False))
    return Row(
        country=found.get("country", ""),
        price=found.get("price", ""),
        currency=found.get("currency", "") or currency,
        channel=_channel(found.get("channel", "")) or channel,
    )


def _channel(text: str) -> str:
    """SMS, sms, WhatsApp, whatsapp …; what is neither stays as it is and is refused."""
    known = {name.lower(): value for value, label in Channel.choices for name in (value, str(label))}
    return known.get(text.lower(), text)
