"""Who lives in the sandbox's world: accounts, their lines, their files, and the QR codes on screens."""

import itertools
import random
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from messaging.sandbox.options import Options
from messaging.sandbox.records import Account, Device, Link, Message, Number, fingerprint
from messaging.sandbox.server import File

KEPT_FILES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """News that a gateway may call us about: `message` changed its state or came in, the linked `number` changed its
    state, or a device answered a USSD code (`row`)."""

    kind: Literal["status", "incoming", "line", "ussd"]
    account: Account
    message: Message | None = None
    number: Number | None = None
    row: dict[str, Any] | None = None
    state: str = ""


class Registry:
    """`notify` is called with every Event; the app turns it into callbacks."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.notify: Callable[[Event], None] = lambda event: None
        self.forget()

    def forget(self) -> None:
        self.accounts: dict[int, Account] = {}
        self.links: dict[str, Link] = {}
        self.files: dict[str, File] = {}
        self.dice = random.Random(self.options.seed)
        self._by_credential: dict[tuple[str, str, str], Account] = {}
        self._ids = itertools.count(1)

    def next_id(self) -> int:
        """A small id, for everything but messages."""
        return next(self._ids)

    def add_account(
        self, *, dialect: str, name: str, credentials: dict[str, str], key_of: Callable[[int], str] = str
    ) -> Account:
        """key_of: how this dialect spells the id of message number n, where that is not the plain number."""
        account = Account(id=self.next_id(), dialect=dialect, name=name, credentials={}, key_of=key_of)
        account.callback_secret = fingerprint("callback", dialect, *credentials.values())
        self.accounts[account.id] = account
        for credential, value in credentials.items():
            self.set_credential(account, credential, value)
        return account

    def set_credential(self, account: Account, name: str, value: str) -> None:
        """Replace one credential; the old value stops working at once."""
        self._by_credential.pop((account.dialect, name, account.credentials.get(name, "")), None)
        account.credentials[name] = value
        self._by_credential[account.dialect, name, value] = account

    def account_with(self, dialect: str, name: str, value: str) -> Account | None:
        """The account of this dialect whose credential `name` is `value`."""
        return self._by_credential.get((dialect, name, value))

    def add_number(self, account: Account, phone: str, state: str = "connected") -> Number:
        unique = fingerprint(account.dialect, account.name, phone, length=72)
        number = Number(id=self.next_id(), unique=unique, phone=phone, state=state)
        account.numbers[unique] = number
        return number

    def add_device(self, account: Account, name: str, sims: dict[int, str]) -> Device:
        digest = fingerprint("device", account.dialect, account.name, name, length=20)
        unique = f"00000000-0000-{digest[:4]}-{digest[4:8]}-{digest[8:]}"
        device = Device(id=self.next_id(), unique=unique, name=name, sims=sims)
        account.devices[unique] = device
        return device

    def set_number_state(self, account: Account, number: Number, state: str) -> None:
        number.state = state
        self.notify(Event(kind="line", account=account, number=number, state=state))

    def keep_file(self, name: str, file: File) -> None:
        """Keep an uploaded file so that its URL works; the oldest go when there are many."""
        self.files[name] = file
        while len(self.files) > KEPT_FILES:
            del self.files[next(iter(self.files))]

    # Linking a WhatsApp number by QR

    def open_link(self, account: Account, relinks: Number | None = None) -> Link:
        """Show a QR: it waits for `scan` until it is older than `token_seconds`."""
        token = secrets.token_hex(16)
        link = Link(token=token, account=account, qr=_qr_text(token), created=time.time(), relinks=relinks)
        self.links[token] = link
        return link

    def link_of(self, token: str) -> Link | None:
        """The link with this token while it lives."""
        link = self.links.get(token)
        if link is None or time.time() - link.created > self.options.token_seconds:
            return None
        return link

    def scan(self, token_or_qr: str, phone: str = "") -> Number | None:
        """A phone scans the code: the number is linked (again). None when the code is unknown or has expired."""
        token = next((each.token for each in self.links.values() if each.qr == token_or_qr), token_or_qr)
        link = self.link_of(token)
        if link is None:
            return None
        if link.number is None:
            account = link.account
            phone = phone or f"+5215587{self.dice.randrange(10**6):06d}"
            link.number = link.relinks or account.number_by_phone(phone) or self.add_number(account, phone)
            self.set_number_state(account, link.number, "connected")
        return link.number


def _qr_text(token: str) -> str:
    """Shaped like WhatsApp's own: "2@…,…,…"; long enough to look like it."""
    parts = [fingerprint(token, part, length=44) for part in ("ref", "noise", "identity", "secret")]
    return "2@" + ",".join(parts)
