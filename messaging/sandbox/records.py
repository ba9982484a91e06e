"""What the fake gateways remember. Neutral words; each dialect translates them into its own."""

import hashlib
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from messaging.sandbox.stories import PLAIN, State, Story

Channel = Literal["sms", "whatsapp"]
Direction = Literal["in", "out"]
Drawer = dict[int, dict[str, Any]]

OPEN: frozenset[State] = frozenset({"waiting", "handed"})


def fingerprint(*parts: object, length: int = 40) -> str:
    """Stable hex made of the parts: the same ids after every restart, so that a kept database still fits."""
    digest = hashlib.sha512("|".join(map(str, parts)).encode()).hexdigest()
    return digest[:length]


@dataclass(slots=True, kw_only=True, eq=False)
class Number:
    """A WhatsApp number linked to an account. groups: gid ("…@g.us") → name and member phones."""

    id: int
    unique: str
    phone: str
    state: str = "connected"
    created: float = field(default_factory=time.time)
    groups: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True, eq=False)
class Device:
    """An Android phone. sims: slot as people count it (1, 2) → its phone number."""

    id: int
    unique: str
    name: str
    sims: dict[int, str]
    online: bool = True
    created: float = field(default_factory=time.time)


@dataclass(slots=True, kw_only=True, eq=False)
class Campaign:
    """A campaign that the gateway itself runs. held: messages that came due while it was paused."""

    id: int
    channel: Channel
    name: str
    line: str
    kind: str = "text"
    paused: bool = False
    created: float = field(default_factory=time.time)
    messages: list["Message"] = field(default_factory=list)
    held: list["Message"] = field(default_factory=list)

    @property
    def is_completed(self) -> bool:
        return all(message.state not in OPEN for message in self.messages)


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """One message in or out. key: the id in the dialect's own form. peer: the other phone, "+digits", or a group id.

    line: Number.unique, Device.unique, or the name of a paid route. sim: 1, 2, or 0. extra: what a dialect wants to
    keep beside it.
    """

    id: int
    key: str
    account: "Account"
    channel: Channel
    direction: Direction
    line: str
    peer: str
    text: str
    sim: int = 0
    attachment: str = ""
    state: State = "waiting"
    reason: str = ""
    reference: str = ""
    created: float
    changed: float
    story: Story = PLAIN
    step: int = 0
    started: bool = False
    campaign: Campaign | None = None
    extra: dict[str, Any] | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Link:
    """A QR code on a screen somewhere. relinks: the number that must come back, or None for a new one."""

    token: str
    account: "Account"
    qr: str
    created: float
    relinks: Number | None = None
    number: Number | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Account:
    """One customer of one gateway.

    credentials: the dialect's own names. messages: every message by key, oldest first; `folder` narrows them.
    drawers: what only one dialect knows (contacts, groups, tags, schedules …), by name, then by id.
    denied: endpoints this key may not use. settings: a dialect's own switches.
    """

    id: int
    dialect: str
    name: str
    credentials: dict[str, str]
    key_of: Callable[[int], str] = str
    numbers: dict[str, Number] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    campaigns: dict[int, Campaign] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    folders: dict[tuple[Channel, Direction], dict[str, Message]] = field(default_factory=lambda: defaultdict(dict))
    pending: dict[Channel, dict[str, Message]] = field(default_factory=lambda: defaultdict(dict))
    drawers: dict[str, Drawer] = field(default_factory=lambda: defaultdict(dict))
    settings: dict[str, Any] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)
    no_credit: bool = False
    callback_urls: dict[str, str] = field(default_factory=dict)
    callback_secret: str = ""
    callbacks_on: bool = True

    def folder(self, channel: Channel, direction: Direction) -> dict[str, Message]:
        """Messages of one channel and direction by key, oldest first; `reversed(….values())` is newest first."""
        return self.folders[channel, direction]

    def number_by_phone(self, phone: str) -> Number | None:
        return next((number for number in self.numbers.values() if number.phone == phone), None)
