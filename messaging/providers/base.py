"""The contract between Carillon and a gateway: frozen data across the boundary, one small abstract class.

No Django here and no settings: a provider is plain HTTP plus a word map, and can be tried from a Python prompt.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal

from messaging.providers.errors import ProviderError, Reason
from messaging.providers.http import Http, Recorder

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
    attempted_at: when we first handed it over, for `find`; None before that.
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


# What comes back


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The gateway took it. `remote_id` may be empty where the gateway returns none."""

    remote_id: str
    raw: Raw = field(default_factory=dict)


Outcome = Accepted | ProviderError

Status = Literal["accepted", "sent", "delivered", "read", "failed", "cancelled"]


@dataclass(frozen=True, kw_only=True)
class StatusReport:
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
class Incoming:
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
class Found:
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


# The provider


@dataclass(frozen=True, kw_only=True)
class CredentialField:
    """One thing the account form asks for. `alternative` fields may stay empty when the others are filled."""

    name: str
    label: str
    is_secret: bool = True
    is_required: bool = True
    help_text: str = ""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a gateway can do: pages, forms and the engine read these and never the provider's name.

    text_limit: characters, None where unknown. media_limit: bytes. batch_size: messages one `send` call may carry.
    connections: how many calls at once the gateway is given at most. report_words: the statuses it can report.
    mirrors: the kinds it can list. history: those of them that are a log of messages, asked for from a moment on, in which
    nothing is ever gone. unlisted: kinds it keeps and has no call to list. deletes: kinds of which it deletes one by one.
    push_batch: people one `push_people` call may carry. repeats_push: whether pushing a person twice leaves one entry.
    gateway_campaigns: whether it sends one text to many by itself; then campaign_size is how many people a call may carry,
    and shortcodes are the merge fields it fills in. campaign_kinds: the mirrored kinds of campaigns that can be started,
    stopped, deleted and looked at from here, each with its channel.
    """

    channels: tuple[Channel, ...]
    media: tuple[str, ...] = ()
    locations: bool = False
    links_preview: bool = False
    menus: bool = False
    groups: bool = False
    text_limit: int | None = None
    media_limit: int | None = None
    batch_size: int = 1
    connections: int = 32
    client_reference: bool = False
    report_poll: bool = False
    report_words: tuple[Status, ...] = ("sent", "failed")
    inbound_poll: bool = False
    callbacks: bool = False
    find: bool = False
    cancel: bool = False
    linking: bool = False
    number_check: bool = False
    mirrors: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()
    pulls_opt_outs: bool = False
    pushes_opt_outs: bool = False
    pushes_people: bool = False
    push_batch: int = 1
    repeats_push: bool = False
    updates_people: bool = False
    deletes: tuple[str, ...] = ()
    gateway_campaigns: bool = False
    campaign_size: int = 0
    shortcodes: tuple[str, ...] = ()
    campaign_kinds: tuple[tuple[str, Channel], ...] = ()


class Provider(ABC):
    """One account at one gateway. Instances are shared by the threads of a drainer: keep no state per call."""

    slug: ClassVar[str]
    label: ClassVar[str]
    default_base_url: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    credential_fields: ClassVar[tuple[CredentialField, ...]]

    def __init__(
        self,
        *,
        base_url: str,
        credentials: Mapping[str, str],
        region: str = "",
        record: Recorder | None = None,
        http: Http | None = None,
    ) -> None:
        """base_url: with or without the gateway's trailing /api or /getdata. region: ISO 3166 letters for local
        numbers. record: receives each redacted exchange. http: an existing session to share (tests, benchmarks)."""
        self.base_url = base_url.rstrip("/")
        self.credentials = dict(credentials)
        self.region = region
        self.http = http or Http(secrets=tuple(v for v in credentials.values() if v), record=record)

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    @abstractmethod
    def check(self) -> AccountInfo:
        """ "Test connection": raises AccountRejected with the reason when the gateway refuses us."""

    @abstractmethod
    def fetch_lines(self) -> list[RemoteLine]:
        """Every way out the gateway lists now, with whether it is connected."""

    @abstractmethod
    def send(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        """One call to the gateway; len(messages) ≤ capabilities.batch_size, all on one route; outcomes line up with
        messages. A ProviderError raised instead of returned holds for all of them."""

    def fetch_reports(self, messages: Sequence[Outgoing]) -> list[StatusReport]:
        """What the gateway now says about these accepted messages; those it does not mention are left out."""
        raise NotImplementedError

    def fetch_incoming(self, since: datetime | None) -> list[Incoming]:
        """Messages received since then (about: callers remove what they know); None asks for all the gateway shows."""
        raise NotImplementedError

    def find(self, message: Outgoing) -> Found | NotFound | CannotTell:
        """Settle an unknown outcome without sending anything."""
        raise NotImplementedError

    def cancel(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        """Ask the gateway to drop messages it has not sent yet: Accepted per message it dropped."""
        raise NotImplementedError

    def verify_callback(self, callback: Callback) -> None:
        """Raise CallbackRejected when the call is not the gateway's."""
        raise NotImplementedError

    def parse_callback(self, callback: Callback) -> list[News]:
        """The news in a verified callback; [] for kinds that say nothing to us."""
        raise NotImplementedError

    def link(self) -> LinkOffer:
        """Ask for a QR that links a new WhatsApp number."""
        raise NotImplementedError

    def relink(self, address: str) -> LinkOffer:
        """Ask for a QR that links a known WhatsApp account again."""
        raise NotImplementedError

    def link_state(self, token: str) -> LinkState:
        """Whether the QR behind `token` was scanned. The accounts list, not this, is the proof."""
        raise NotImplementedError

    def check_number(self, route: Route, phone: str) -> bool:
        """Whether phone (E.164) is on WhatsApp."""
        raise NotImplementedError

    def fetch_mirror(self, kind: str, cursor: str | None = None, *, since: datetime | None = None) -> Page:
        """One page of what the gateway keeps under `kind`. A cursor is plain text and stays good after a crash. An object
        may come again on a later page. since: for the kinds in `Capabilities.history`, None asks for all."""
        raise NotImplementedError

    def iterate_mirror(self, kind: str) -> Iterator[RemoteObject]:
        """All of `kind`, page by page."""
        cursor: str | None = None
        while True:
            page = self.fetch_mirror(kind, cursor)
            yield from page.objects
            if page.cursor is None:
                return
            cursor = page.cursor

    def fetch_opt_outs(self, cursor: str | None = None) -> Page:
        """One page of the people who told the gateway to stop: objects of kind OPT_OUTS with `phone`, and `at` if told."""
        raise NotImplementedError

    def push_opt_out(self, phone: str) -> None:
        """Have the gateway send nothing more to phone (E.164). Doing it twice is the same as once."""
        raise NotImplementedError

    def push_opt_in(self, phone: str) -> None:
        """Take `push_opt_out` back. Doing it twice is the same as once."""
        raise NotImplementedError

    def push_group(self, name: str) -> str:
        """A contact group of this name at the gateway, made where it is not there; returns its id."""
        raise NotImplementedError

    def push_people(self, people: Sequence[RemotePerson], group: str) -> list[PushOutcome]:
        """Put people into the gateway's address book and into a group of `push_group`; len(people) ≤
        capabilities.push_batch; outcomes line up with people. A ProviderError raised instead holds for all of them."""
        raise NotImplementedError

    def update_person(self, person: RemotePerson) -> None:
        """Write our name over the gateway's."""
        raise NotImplementedError

    def delete_mirrored(self, item: RemoteObject) -> None:
        """Delete one object at the gateway for good; `item.kind` is one of capabilities.deletes."""
        raise NotImplementedError

    def push_campaign(self, plan: CampaignPlan) -> PushedCampaign:
        """Have the gateway send one text to many. OutcomeUnknown: it may be there; look for its name, never push it again
        by yourself. Every other error: nothing of it is there."""
        raise NotImplementedError

    def fetch_campaign_results(self, plan: CampaignPlan, pushed: PushedCampaign) -> list[CampaignResult]:
        """What the gateway tells about the people of a pushed campaign; those it does not mention are left out. Where it
        names no campaign beside a message, recipient, text and time decide, so somebody else's may be among them."""
        raise NotImplementedError

    def fetch_campaigns(self, channel: Channel) -> list[RemoteCampaign]:
        """Every campaign of a channel that the gateway lists now."""
        raise NotImplementedError

    @staticmethod
    def campaign_of(raw: Raw, channel: Channel) -> RemoteCampaign:
        """A campaign from its raw form, as `fetch_campaigns` and the mirror keep it."""
        raise NotImplementedError

    def start_campaign(self, remote_id: str, channel: Channel) -> None:
        """Let a stopped campaign go on. MessageRejected where the gateway cannot; the list, not the answer, is the proof."""
        raise NotImplementedError

    def stop_campaign(self, remote_id: str, channel: Channel) -> None:
        """Let a campaign rest. MessageRejected where the gateway cannot; the list, not the answer, is the proof."""
        raise NotImplementedError

    def delete_campaign(self, remote_id: str, channel: Channel) -> None:
        """Delete a campaign with what it has not sent yet."""
        raise NotImplementedError

    def campaign_state(self, remote_id: str, channel: Channel) -> RemoteCampaign | None:
        """How one campaign stands; None when the gateway does not list it."""
        return next((found for found in self.fetch_campaigns(channel) if found.remote_id == remote_id), None)
