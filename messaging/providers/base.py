"""The contract between Carillon and a gateway: one small abstract class, and the flags that tell what it can do.

No Django here and no settings: a provider is plain HTTP plus a word map, and can be tried from a Python prompt.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from messaging.providers.http import Http, Recorder
from messaging.providers.kept import Kept, KeptKind, Values
from messaging.providers.shapes import (
    AccountInfo,
    Callback,
    CampaignPlan,
    CampaignResult,
    CannotTell,
    Channel,
    Found,
    Incoming,
    LinkOffer,
    LinkState,
    News,
    NotFound,
    Outcome,
    Outgoing,
    Page,
    PushedCampaign,
    PushOutcome,
    Raw,
    RemoteCampaign,
    RemoteLine,
    RemoteObject,
    RemotePerson,
    Route,
    Status,
    StatusReport,
)

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

    text_limit: characters, None where unknown. media_limit: bytes. media_channels: over which files go. media_by: how it
    takes them, the best way first. document_types: endings without the dot, empty where any will do. captionless: kinds of
    attachments that carry no text; needs_caption: those that must have one. batch_size: messages one `send` call may carry.
    connections: how many calls at once the gateway is given at most. report_words: the statuses it can report.
    mirrors: the kinds it can list. history: those of them that are a log of messages, asked for from a moment on, in which
    nothing is ever gone. unlisted: kinds it keeps and has no call to list. deletes: kinds of which it deletes one by one.
    push_batch: people one `push_people` call may carry. removes_people: whether it can take somebody out of one of its groups. repeats_push: whether pushing a person twice leaves one entry.
    gateway_campaigns: whether it sends one text to many by itself; then campaign_size is how many people a call may carry,
    and shortcodes are the merge fields it fills in. campaign_kinds: the mirrored kinds of campaigns that can be started,
    stopped, deleted and looked at from here, each with its channel. callback_status: what the gateway wants as the answer to
    a call it makes for the first time. sets_callbacks: whether it can be told the address that it is to call. keeps: what
    people make there from our pages, each kind with its fields. rotates: the names of the credentials that the gateway
    itself replaces when asked.
    """

    channels: tuple[Channel, ...]
    media: tuple[str, ...] = ()
    locations: bool = False
    links_preview: bool = False
    menus: bool = False
    groups: bool = False
    text_limit: int | None = None
    media_limit: int | None = None
    media_channels: tuple[Channel, ...] = ("whatsapp",)
    media_by: tuple[Literal["upload", "address"], ...] = ("upload", "address")
    document_types: tuple[str, ...] = ()
    captionless: tuple[str, ...] = ()
    needs_caption: tuple[str, ...] = ()
    batch_size: int = 1
    connections: int = 32
    client_reference: bool = False
    report_poll: bool = False
    report_words: tuple[Status, ...] = ("sent", "failed")
    inbound_poll: bool = False
    callbacks: bool = False
    callback_status: int = 200
    sets_callbacks: bool = False
    find: bool = False
    cancel: bool = False
    revokes: bool = False
    deletes_messages: bool = False
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
    removes_people: bool = False
    deletes: tuple[str, ...] = ()
    gateway_campaigns: bool = False
    campaign_size: int = 0
    shortcodes: tuple[str, ...] = ()
    campaign_kinds: tuple[tuple[str, Channel], ...] = ()
    keeps: tuple[KeptKind, ...] = ()
    rotates: tuple[str, ...] = ()


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

    def revoke(self, message: Outgoing) -> None:
        """Delete a message that was sent from the recipient's phone. MessageRejected where it is too late for that."""
        raise NotImplementedError

    def delete_message(self, message: Outgoing) -> None:
        """Delete the gateway's own record of a message that was sent; the recipient keeps it."""
        raise NotImplementedError

    def verify_callback(self, callback: Callback) -> None:
        """Raise CallbackRejected when the call is not the gateway's."""
        raise NotImplementedError

    def parse_callback(self, callback: Callback) -> list[News]:
        """The news in a verified callback; [] for kinds that say nothing to us."""
        raise NotImplementedError

    def callback_key(self, callback: Callback) -> str:
        """The gateway's own id of a verified call, by which a repeated one is known; "" where it gives none."""
        return ""

    def set_callbacks(self, url: str) -> None:
        """Have the gateway call `url` (the secret is in its path) about everything it can be told to call about."""
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

    def remove_person(self, phone: str, group: str) -> bool:
        """Take phone (E.164) out of a group of `push_group`; the address book keeps it. False when it was not in the group.
        Doing it twice is the same as once."""
        raise NotImplementedError

    def update_person(self, person: RemotePerson) -> None:
        """Write our name over the gateway's."""
        raise NotImplementedError

    def delete_mirrored(self, item: RemoteObject) -> None:
        """Delete one object at the gateway for good; `item.kind` is one of capabilities.deletes."""
        raise NotImplementedError

    def make_kept(self, kind: str, values: Values) -> Kept:
        """Make one of `Capabilities.keeps` there. OutcomeUnknown: it may be there, and must not be made again by itself."""
        raise NotImplementedError

    def change_kept(self, kind: str, remote_id: str, values: Values) -> Kept:
        """Give one other values; those that are fixed come along too. Doing it twice is the same as once."""
        raise NotImplementedError

    def end_kept(self, kind: str, remote_id: str, deed: Literal["cancel", "delete"]) -> None:
        """Cancel one (it stays there), or delete it."""
        raise NotImplementedError

    def look_at_kept(self, kind: str, remote_id: str) -> Kept | None:
        """How the gateway has one now; None when it says that there is none."""
        raise NotImplementedError

    def rotate(self) -> dict[str, str]:
        """Have the gateway replace the credentials in `Capabilities.rotates`; returns the new ones. The old ones are dead from
        this call on, so the caller stores these at once. OutcomeUnknown: the old ones may be dead, the new ones are lost."""
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
