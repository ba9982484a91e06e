"""The world behind the dialects: accounts, phones, messages and the news about them.

A dialect asks `fate()` what happens to a send, calls `take()` when the gateway takes it, and passes its answer through
`answer()`, which drops the line or spoils the answer where the story says so.
"""

import functools
import itertools
import random
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from messaging.sandbox.clock import Clock
from messaging.sandbox.deliveries import DeliveryLog
from messaging.sandbox.options import Options
from messaging.sandbox.records import (
    OPEN,
    Account,
    Campaign,
    Channel,
    Device,
    Link,
    Message,
    Number,
    fingerprint,
)
from messaging.sandbox.server import File, Response
from messaging.sandbox.stories import Fate, State, story_for

ERROR_PAGE = "<html><body><h1>500 Internal Server Error</h1></body></html>"
EPOCH_2025 = 1_735_689_600
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


class World:
    """All state of the sandbox. `notify` is called with every Event; the app turns it into callbacks."""

    def __init__(self, options: Options | None = None, log_file: Path | None = None) -> None:
        self.options = options or Options()
        self.clock = Clock()
        self.deliveries = DeliveryLog(log_file)
        self.notify: Callable[[Event], None] = lambda event: None
        # Ids go on where an earlier run stopped: a product that kept its database must not meet an old id again.
        self._message_ids = itertools.count(int((time.time() - EPOCH_2025) * 1000))
        self.forget()

    def forget(self) -> None:
        """Empty the world (message ids go on, options stay)."""
        self.clock.forget()
        self.deliveries.forget()
        self.accounts: dict[int, Account] = {}
        self.links: dict[str, Link] = {}
        self.dice = random.Random(self.options.seed)
        self.files: dict[str, File] = {}
        self._by_credential: dict[tuple[str, str, str], Account] = {}
        self._throttled: set[tuple[int, str]] = set()
        self._ids = itertools.count(1)

    def next_id(self) -> int:
        """A small id, for everything but messages."""
        return next(self._ids)

    # Accounts and what hangs on them

    def add_account(self, *, dialect: str, name: str, credentials: dict[str, str]) -> Account:
        account = Account(id=self.next_id(), dialect=dialect, name=name, credentials={})
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

    # A send

    def fate(self, account: Account, to: str) -> Fate:
        """What happens to a send to this recipient: its story first, then the dice."""
        fate = story_for(to).fate
        if fate is Fate.THROTTLE:
            if (account.id, to) not in self._throttled:
                self._throttled.add((account.id, to))
                return Fate.THROTTLE
            self._throttled.discard((account.id, to))
            return Fate.ACCEPT
        return self._roll() if fate is Fate.ACCEPT else fate

    def _roll(self) -> Fate:
        options = self.options
        if not (options.throttle_rate or options.drop_rate or options.error_rate or options.lose_rate):
            return Fate.ACCEPT
        rolled = self.dice.random()
        for rate, fate in (
            (options.throttle_rate, Fate.THROTTLE),
            (options.drop_rate, Fate.DROP_AFTER),
            (options.error_rate, Fate.ERROR_AFTER),
            (options.lose_rate, Fate.LOSE),
        ):
            if rolled < rate:
                return fate
            rolled -= rate
        return Fate.ACCEPT

    def take(
        self,
        account: Account,
        *,
        channel: Channel,
        line: str,
        to: str,
        text: str,
        sim: int = 0,
        attachment: str = "",
        key: str | None = None,
        reference: str = "",
        campaign: Campaign | None = None,
        after: float = 0.0,
        starts: State = "waiting",
        extra: dict[str, Any] | None = None,
    ) -> Message:
        """The gateway takes one message. to: "+digits" or a group id. after: seconds until its turn comes.

        key: its id in the dialect's form, default the running number. starts: the state it has when its turn comes.
        """
        number, now = next(self._message_ids), time.time()
        message = Message(
            id=number,
            key=key or str(number),
            account=account,
            channel=channel,
            direction="out",
            line=line,
            peer=to,
            text=text,
            sim=sim,
            attachment=attachment,
            reference=reference,
            created=now,
            changed=now,
            story=story_for(to),
            campaign=campaign,
            extra=extra,
        )
        self._file(message)
        account.pending[channel][message.key] = message
        if campaign is not None:
            campaign.messages.append(message)
        if after > 0 or (campaign is not None and campaign.paused):
            self.clock.after(after, functools.partial(self._advance, message))
        else:
            self._start(message, starts)
        return message

    def answer(self, fates: Fate | Iterable[Fate], response: Response) -> Response:
        """The answer as it reaches the caller: spoiled, late or never, as the worst of the fates says."""
        fate = fates if isinstance(fates, Fate) else max(fates, key=lambda each: each.value, default=Fate.ACCEPT)
        if fate in {Fate.DROP_AFTER, Fate.LOSE}:
            return Response(drop=True)
        if fate is Fate.ERROR_AFTER:
            return Response(ERROR_PAGE, status=500)
        if fate is Fate.SLOW:
            response.delay = self.options.slow_seconds
        return response

    def is_unreachable(self, phone: str) -> bool:
        """Whether no phone is behind this number (the story "rejected")."""
        return story_for(phone).fate is Fate.REJECT

    def throttled(self, body: str = "Too Many Requests") -> Response:
        """HTTP 429 with Retry-After, for dialects that have no words of their own for it."""
        retry_after = str(max(1, round(self.options.retry_after_seconds)))
        return Response(body, status=429, content_type="text/plain", headers={"Retry-After": retry_after})

    # A message's life

    def _start(self, message: Message, state: State) -> None:
        message.started = True
        self.deliveries.add(message, time.time())
        if state != "waiting":
            steps = message.story.steps
            while message.step < len(steps) and steps[message.step] in {"handed", "sent"}:
                message.step += 1
            self.move(message, state)
        self._schedule(message)

    def _schedule(self, message: Message) -> None:
        if message.step < len(message.story.steps):
            self.clock.after(self.options.step_seconds, functools.partial(self._advance, message))

    def _advance(self, message: Message) -> None:
        if message.state == "cancelled":
            return
        campaign = message.campaign
        if campaign is not None and campaign.paused and message.state in OPEN:
            campaign.held.append(message)
            return
        if not message.started:
            self._start(message, "waiting")
            return
        state = message.story.steps[message.step]
        message.step += 1
        self.move(message, state)
        if state == "delivered" and message.story.reply and message.step == len(message.story.steps):
            self.clock.after(self.options.reply_seconds, functools.partial(self._reply, message))
        self._schedule(message)

    def move(self, message: Message, state: State, reason: str = "") -> None:
        """Give a message its next state and tell it. Moving backwards is allowed: the muddled story does it."""
        message.state = state
        message.reason = reason or message.reason
        message.changed = time.time()
        pending = message.account.pending[message.channel]
        if state in OPEN:
            pending[message.key] = message
        else:
            pending.pop(message.key, None)
        self.notify(Event(kind="status", account=message.account, message=message, state=state))

    def cancel(self, message: Message) -> None:
        """Take back what has not left yet; tells nobody."""
        message.state = "cancelled"
        message.changed = time.time()
        message.account.pending[message.channel].pop(message.key, None)

    def delete(self, message: Message) -> None:
        """Forget a message; one that has not left yet is cancelled by it."""
        if message.direction == "out" and message.state in OPEN:
            self.cancel(message)
        message.account.messages.pop(message.key, None)
        message.account.folder(message.channel, message.direction).pop(message.key, None)
        message.account.pending[message.channel].pop(message.key, None)

    def _file(self, message: Message) -> None:
        message.account.messages[message.key] = message
        message.account.folder(message.channel, message.direction)[message.key] = message

    # Campaigns that the gateway runs

    def pause(self, campaign: Campaign) -> None:
        campaign.paused = True

    def resume(self, campaign: Campaign) -> None:
        campaign.paused = False
        held, campaign.held = campaign.held, []
        for place, message in enumerate(held):
            delay = place * self.options.campaign_gap_seconds
            self.clock.after(delay, functools.partial(self._advance, message))

    # Phones that write to us

    def receive(
        self,
        account: Account,
        *,
        channel: Channel,
        line: str,
        sender: str,
        text: str,
        sim: int = 0,
        attachment: str = "",
        key: str | None = None,
    ) -> Message:
        """A phone writes to one of the account's lines."""
        number, now = next(self._message_ids), time.time()
        message = Message(
            id=number,
            key=key or str(number),
            account=account,
            channel=channel,
            direction="in",
            line=line,
            peer=sender,
            text=text,
            sim=sim,
            attachment=attachment,
            state="delivered",
            created=now,
            changed=now,
        )
        self._file(message)
        self.notify(Event(kind="incoming", account=account, message=message))
        return message

    def _reply(self, message: Message) -> None:
        self.receive(
            message.account,
            channel=message.channel,
            line=message.line,
            sender=message.peer,
            text=message.story.reply,
            sim=message.sim,
        )

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
