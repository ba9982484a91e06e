"""What crosses the boundary between Carillon and a gateway: frozen data, in our words.

Everything carries `raw`, what the gateway said, wherever somebody may want to look it up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from messaging.providers.errors import ProviderError, Reason

Channel = Literal["sms", "whatsapp"]
Raw = Mapping[str, Any]


# What goes out


@dataclass(frozen=True, kw_only=True)
class Route:
    """The gateway's name of a way out. `kind` whatsapp: `address` is the linked account's id; sim: `address` is the
    device's id and `slot` the SIM as the gateway counts it; paid: `address` is the gateway's paid route."""

    channel: Channel
    kind: Literal["whatsapp", "sim", "paid"]
    address: str
    slot: int | None = None


@dataclass(frozen=True, kw_only=True)
class Media:
    """A file to send: public `url`, or `content` with `filename`. Exactly one of url and content is set."""

    kind: Literal["image", "audio", "video", "document"]
    url: str = ""
    content: bytes = b""
    filename: str = ""
    mime_type: str = ""


@dataclass(frozen=True, kw_only=True)
class Location:
    """A point on the map, in degrees."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class Link:
    """A text with a link that the gateway shows with a preview."""

    url: str


@dataclass(frozen=True, kw_only=True)
class Menu:
    """A WhatsApp list message: `items` are (title, description)."""

    title: str
    button: str
    items: tuple[tuple[str, str], ...]
    footer: str = ""


Attachment = Media | Location | Link | Menu


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One message on its way out.

    to: E.164 with "+", or a WhatsApp group id ("…@g.us") when `is_group`.
    reference: our own id of the message, decimal digits: goes along where the gateway takes a client reference.
    attempted_at: when we first handed it over, for `find`; None before that. is_alone: the gateway failed at a call with
    it before, so it goes out by itself, whatever was wrong with the others.
    """

    reference: str
    route: Route
    to: str
    body: str = ""
    attachment: Attachment | None = None
    is_group: bool = False
    is_urgent: bool = False
    attempted_at: datetime | None = None
    remote_id: str = ""
    is_alone: bool = False


# What comes back

LONGEST_ID = 120  # characters; what is longer is cut everywhere alike, so that it is recognised again


class _Named:
    """Something with the gateway's id."""

    remote_id: str

    def __post_init__(self) -> None:
        if len(self.remote_id) > LONGEST_ID:
            object.__setattr__(self, "remote_id", self.remote_id[:LONGEST_ID])


@dataclass(frozen=True, kw_only=True)
class Accepted(_Named):
    """The gateway took it. `remote_id` may be empty where the gateway returns none."""

    remote_id: str
    raw: Raw = field(default_factory=dict)


Outcome = Accepted | ProviderError

Status = Literal["accepted", "sent", "delivered", "read", "failed", "cancelled"]


@dataclass(frozen=True, kw_only=True)
class StatusReport(_Named):
    """News about a message, in our words. At least one of remote_id and reference is set. is_last: the gateway will
    never know more about it, so nobody needs to ask again."""

    status: Status
    remote_id: str = ""
    reference: str = ""
    reason: Reason | None = None
    note: str = ""
    is_last: bool = False
    at: datetime | None = None
    raw: Raw = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Incoming(_Named):
    """A message that reached us, or (`is_own`) one typed on the phone itself.

    remote_id: the gateway's id, or "" where it gives none (the engine then hashes sender, text and time).
    sender: as the gateway writes it: a phone with or without "+", or an alphanumeric sender.
    line_hint: the gateway's name of our end (account id, own phone, device id), "" if not told.
    """

    channel: Channel
    sender: str
    body: str
    at: datetime
    remote_id: str = ""
    line_hint: str = ""
    media_url: str = ""
    media_kind: str = ""
    name: str = ""
    is_own: bool = False
    is_group: bool = False
    author: str = ""
    raw: Raw = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LineState:
    """News about a way out: it went up or down."""

    address: str
    is_connected: bool
    note: str = ""
    at: datetime | None = None
    raw: Raw = field(default_factory=dict)


News = StatusReport | Incoming | LineState


@dataclass(frozen=True, kw_only=True)
class Found(_Named):
    """The gateway has the message we were unsure about."""

    remote_id: str
    status: Status = "accepted"
    raw: Raw = field(default_factory=dict)


@dataclass(frozen=True)
class NotFound:
    """The gateway certainly does not have it: it can be sent again without anybody getting two."""


@dataclass(frozen=True)
class CannotTell:
    """The gateway's answer does not settle it: a person decides."""

    note: str = ""


@dataclass(frozen=True, kw_only=True)
class AccountInfo:
    """Result of a successful connection test.

    label: who we are at the gateway, for people. quota: word → {"used": int, "limit": int | None} (None: unlimited).
    """

    label: str
    quota: Mapping[str, Mapping[str, int | None]] = field(default_factory=dict)
    expires_at: datetime | None = None
    raw: Raw = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RemoteLine:
    """A way out as the gateway lists it now. `device_name` groups the SIM slots of one phone."""

    route: Route
    label: str
    phone: str = ""
    is_connected: bool = True
    note: str = ""
    device_name: str = ""
    raw: Raw = field(default_factory=dict)


OPT_OUTS = "unsubscribed"  # the kind of mirrored object that says: this phone wants nothing more


@dataclass(frozen=True, kw_only=True)
class RemoteObject:
    """Anything else a gateway keeps for us, mirrored for people to look at. `kind` is one of `Capabilities.mirrors`.

    phone: of a person, or the other end of a message; with "+" where the gateway writes the country code. groups: ids of
    the contact groups a contact is in. members: phones in a WhatsApp group, None where it is none or they are not told.
    channel, reference: of a message. at: when it was made or last changed.
    """

    kind: str
    remote_id: str
    name: str = ""
    phone: str = ""
    groups: tuple[str, ...] = ()
    members: tuple[str, ...] | None = None
    channel: Channel | None = None
    reference: str = ""
    at: datetime | None = None
    raw: Raw = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of mirrored objects; `cursor` continues, None ends."""

    objects: Sequence[RemoteObject]
    cursor: str | None = None


@dataclass(frozen=True, kw_only=True)
class RemotePerson:
    """Somebody to put into the gateway's address book. phone: E.164 with "+"."""

    phone: str
    name: str = ""


@dataclass(frozen=True)
class AlreadyThere:
    """The gateway has this person already, and left them as they are."""

    note: str = ""


PushOutcome = Accepted | AlreadyThere | ProviderError


# Campaigns that the gateway itself runs


@dataclass(frozen=True, kw_only=True)
class CampaignPlan:
    """One text to many for the gateway to send by itself.

    name: unique, so that the campaign can be found again. body: may hold spintax and `Capabilities.shortcodes`. phones:
    E.164, at most `Capabilities.campaign_size`. pushed_at: when it was handed over, None before that.
    """

    name: str
    route: Route
    body: str
    phones: tuple[str, ...]
    pushed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PushedCampaign:
    """The gateway has it. remote_id: "" where the answer tells none. remote_message_ids: of every message in it, in no
    certain order; empty where none are told. left_out: phones that are certainly not in it."""

    remote_id: str
    remote_message_ids: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RemoteCampaign:
    """A campaign as the gateway lists it now. count: people in it, None where it is not told."""

    remote_id: str
    name: str
    channel: Channel
    state: Literal["running", "paused", "completed"]
    count: int | None = None
    raw: Raw = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CampaignResult:
    """One person's message in a pushed campaign: `report` has its id. body: the text as it was really sent, "" if not told."""

    phone: str
    report: StatusReport
    body: str = ""


@dataclass(frozen=True, kw_only=True)
class LinkOffer:
    """A QR to scan. `qr` is the text to draw; where the gateway only has an image or a page, `qr` is "" and `image`
    holds the PNG bytes. `token` is secret and stays on the server. expires_in: seconds."""

    qr: str
    token: str
    expires_in: int
    image: bytes = b""


@dataclass(frozen=True, kw_only=True)
class LinkState:
    """How a link stands: waiting for the scan, linked (`address` set where told), or failed with the gateway's words."""

    state: Literal["waiting", "linked", "expired", "failed"]
    address: str = ""
    phone: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Callback:
    """A webhook call as received. headers: lower-case names."""

    headers: Mapping[str, str]
    body: bytes
    content_type: str = ""
