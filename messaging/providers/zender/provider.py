"""smsenlinea, or any other installation of Zender, behind the contract of base.py (docs/wire.md 1)."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from messaging.providers.base import Capabilities, CredentialField, Provider
from messaging.providers.errors import AccountRejected, MessageRejected, Reason
from messaging.providers.kept import Kept, Values
from messaging.providers.shapes import (
    OPT_OUTS,
    Accepted,
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
    StatusReport,
)
from messaging.providers.zender import book, callbacks, campaigns, following, kinds, lines, linking, mirrors, sending
from messaging.providers.zender.calls import Row
from messaging.providers.zender.client import ZenderClient
from messaging.providers.zender.paging import number


class ZenderProvider(Provider):
    """One account at one Zender installation: WhatsApp numbers, SIMs of Android phones and paid gateways."""

    slug = "zender"
    label = "smsenlinea (Zender)"
    default_base_url = "https://whatsapp.smsenlinea.com/api"
    capabilities = Capabilities(
        channels=("whatsapp", "sms"),
        media=("image", "audio", "video", "document"),
        document_types=sending.DOCUMENT_TYPES,
        groups=True,
        report_poll=True,
        report_words=("sent", "delivered", "failed"),  # delivered for SMS only: chats stop at sent
        inbound_poll=True,
        callbacks=True,
        find=True,
        cancel=True,
        deletes_messages=True,
        linking=True,
        number_check=True,
        mirrors=mirrors.KINDS,
        history=mirrors.HISTORY,
        pulls_opt_outs=True,
        pushes_people=True,
        repeats_push=True,
        deletes=tuple(book.DELETES),
        keeps=kinds.KINDS,
        gateway_campaigns=True,
        campaign_size=campaigns.SIZE,
        shortcodes=campaigns.SHORTCODES,
        campaign_kinds=campaigns.KINDS,
    )
    credential_fields = (
        CredentialField(
            name="secret",
            label="API secret",
            help_text="Made in the gateway's panel under Tools, API Keys. Tick every permission you want to use.",
        ),
        CredentialField(
            name="webhook_secret",
            label="Webhook secret",
            is_required=False,
            help_text="Shown in the gateway's panel under Tools, Webhooks. Without it only the webhook's address is checked.",
        ),
    )

    @cached_property
    def client(self) -> ZenderClient:
        """The 52 endpoints, in the gateway's own words."""
        return ZenderClient(base_url=self.base_url, secret=self.credentials.get("secret", ""), http=self.http)

    def check(self) -> AccountInfo:
        try:
            subscription = self.client.get_subscription()
        except AccountRejected as problem:
            if problem.reason is not Reason.NO_PERMISSION:
                raise
            self.client.get_wa_accounts(limit=1)  # a key that may not see the package is good when it sees the numbers
            return AccountInfo(label=self.label)
        return AccountInfo(
            label=str(subscription.get("name") or self.label), quota=_quota(subscription), raw=subscription
        )

    def fetch_lines(self) -> list[RemoteLine]:
        return lines.fetch_lines(self.client)

    def send(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        (message,) = messages
        data = sending.send(self.client, message)
        return [Accepted(remote_id=str(data.get("messageId") or ""), raw=data)]

    def fetch_reports(self, messages: Sequence[Outgoing]) -> list[StatusReport]:
        return following.fetch_reports(self.client, messages)

    def fetch_incoming(self, since: datetime | None) -> list[Incoming]:
        return following.fetch_incoming(self.client, since)

    def find(self, message: Outgoing) -> Found | NotFound | CannotTell:
        return following.find(self.client, message)

    def cancel(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        return following.cancel(self.client, messages)

    def delete_message(self, message: Outgoing) -> None:
        following.delete(self.client, message)

    def verify_callback(self, callback: Callback) -> None:
        callbacks.verify(callback, self.credentials.get("webhook_secret", ""))

    def parse_callback(self, callback: Callback) -> list[News]:
        return list(callbacks.parse(callback))

    def link(self) -> LinkOffer:
        return linking.offer(self.client)

    def relink(self, address: str) -> LinkOffer:
        return linking.offer(self.client, unique=address)

    def link_state(self, token: str) -> LinkState:
        return linking.state(self.client, token)

    def check_number(self, route: Route, phone: str) -> bool:
        try:
            self.client.validate_whatsapp(unique=route.address, phone=phone)
        except MessageRejected as problem:
            if problem.reason is Reason.NOT_ON_WHATSAPP:
                return False
            raise
        return True

    def fetch_mirror(self, kind: str, cursor: str | None = None, *, since: datetime | None = None) -> Page:
        return mirrors.fetch(self.client, kind, cursor, since)

    def fetch_opt_outs(self, cursor: str | None = None) -> Page:
        return mirrors.fetch(self.client, OPT_OUTS, cursor)

    def push_group(self, name: str) -> str:
        return book.push_group(self.client, name)

    def push_people(self, people: Sequence[RemotePerson], group: str) -> list[PushOutcome]:
        return book.push_people(self.client, people, group)

    def delete_mirrored(self, item: RemoteObject) -> None:
        book.delete(self.client, item)

    def make_kept(self, kind: str, values: Values) -> Kept:
        if kind != "ussd":
            raise ValueError(f"Zender makes no {kind}")
        kinds.make_ussd(self.client, values)
        return Kept(remote_id="")

    def push_campaign(self, plan: CampaignPlan) -> PushedCampaign:
        return campaigns.push(self.client, plan)

    def fetch_campaign_results(self, plan: CampaignPlan, pushed: PushedCampaign) -> list[CampaignResult]:
        return campaigns.results(self.client, plan, pushed)

    def fetch_campaigns(self, channel: Channel) -> list[RemoteCampaign]:
        return campaigns.listed(self.client, channel)

    @staticmethod
    def campaign_of(raw: Raw, channel: Channel) -> RemoteCampaign:
        return campaigns.campaign_of(raw, channel)

    def start_campaign(self, remote_id: str, channel: Channel) -> None:
        campaigns.start(self.client, remote_id, channel)

    def stop_campaign(self, remote_id: str, channel: Channel) -> None:
        campaigns.stop(self.client, remote_id, channel)

    def delete_campaign(self, remote_id: str, channel: Channel) -> None:
        campaigns.delete(self.client, remote_id, channel)


def _quota(subscription: Row) -> dict[str, dict[str, int | None]]:
    """A limit of 0 is no limit."""
    usage = subscription.get("usage")
    return {
        word: {"used": number(count.get("used")) or 0, "limit": number(count.get("limit")) or None}
        for word, count in (usage.items() if isinstance(usage, dict) else ())
        if isinstance(count, dict)
    }
