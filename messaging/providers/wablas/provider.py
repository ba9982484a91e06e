"""Wablas behind the contract: one account is one device, which is its only line. docs/wire.md 3."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

from messaging.providers.base import Capabilities, CredentialField, Provider
from messaging.providers.errors import AccountRejected, OutcomeUnknown, Reason
from messaging.providers.http import Http, Recorder
from messaging.providers.kept import Kept, Values
from messaging.providers.shapes import (
    AccountInfo,
    Callback,
    CannotTell,
    Found,
    LinkOffer,
    LinkState,
    News,
    NotFound,
    Outcome,
    Outgoing,
    Page,
    PushOutcome,
    RemoteLine,
    RemoteObject,
    RemotePerson,
    Route,
    StatusReport,
)
from messaging.providers.wablas import book, keeping, kinds, mirrors, qr, sending, tracing
from messaging.providers.wablas.client import WablasClient
from messaging.providers.wablas.judge import Answer
from messaging.providers.wablas.payload import MEDIA_LIMIT, TEXT_LIMIT
from messaging.providers.wablas.session import BATCH
from messaging.providers.wablas.words import local_time, news_of, payload_of, phone_key, to_phone


class WablasProvider(Provider):
    slug = "wablas"
    label = "Wablas"
    default_base_url = "https://console.wablas.com"
    credential_fields = (
        CredentialField(name="token", label="Token", help_text="In Wablas: Device, Settings."),
        CredentialField(
            name="secret_key",
            label="Secret key",
            is_required=False,
            help_text="Wablas sends it to the admin's WhatsApp. Older accounts have none.",
        ),
    )
    capabilities = Capabilities(
        channels=("whatsapp",),
        media=("image", "audio", "document", "video"),
        locations=True,
        links_preview=True,
        menus=True,
        groups=True,
        text_limit=TEXT_LIMIT,
        media_limit=MEDIA_LIMIT,
        captionless=("audio", "location"),
        needs_caption=("video",),
        batch_size=BATCH,
        connections=8,
        client_reference=True,
        report_poll=True,
        report_words=("sent", "delivered", "read", "failed", "cancelled"),
        callbacks=True,
        sets_callbacks=True,
        find=True,
        cancel=True,
        revokes=True,
        linking=True,
        number_check=True,
        mirrors=mirrors.KINDS,
        history=mirrors.HISTORY,
        unlisted=mirrors.UNLISTED,
        pushes_opt_outs=True,
        pushes_people=True,
        push_batch=BATCH,
        repeats_push=True,
        updates_people=True,
        removes_people=True,
        deletes=tuple(book.DELETES),
        keeps=kinds.KINDS,
        rotates=("token",),
    )

    def __init__(
        self,
        *,
        base_url: str,
        credentials: Mapping[str, str],
        region: str = "",
        record: Recorder | None = None,
        http: Http | None = None,
    ) -> None:
        super().__init__(base_url=base_url, credentials=credentials, region=region, record=record, http=http)
        self.client = WablasClient(
            http=self.http,
            base_url=self.base_url,
            token=self.credentials.get("token", ""),
            secret_key=self.credentials.get("secret_key", ""),
        )

    # The account and its line

    def check(self) -> AccountInfo:
        info = self._device()
        expires_at = local_time(info.get("expired_date"))
        if info.get("active") is False and expires_at and expires_at < datetime.now(UTC):
            raise AccountRejected(Reason.SUBSCRIPTION_EXPIRED, f"expired on {info.get('expired_date')}")
        left = str(info.get("quota"))
        quota = {"messages": {"used": 0, "limit": int(left) if left.isdigit() else None}}  # only what is left is told
        return AccountInfo(
            label=str(info.get("name") or info.get("serial") or ""), quota=quota, expires_at=expires_at, raw=info
        )

    def fetch_lines(self) -> list[RemoteLine]:
        info = self._device()
        sender, state = phone_key(info.get("sender")), str(info.get("status") or "")
        is_active = info.get("active") is not False
        return [
            RemoteLine(
                route=Route(channel="whatsapp", kind="whatsapp", address=str(info.get("serial") or "")),
                label=str(info.get("name") or sender),
                phone=f"+{sender}" if sender else "",
                is_connected=state == "connected" and is_active,
                note=state if is_active else "not active",
                raw=info,
            )
        ]

    def _device(self) -> Answer:
        data = self.client.device_info().get("data")
        if not isinstance(data, dict):
            raise OutcomeUnknown(Reason.UNREADABLE, "the answer describes no device")
        return data

    def rotate(self) -> dict[str, str]:
        """A new token (3.2 row 10). The secret key stays: only the panel gives a new one."""
        token = self.client.generate_token()
        if not token:
            raise OutcomeUnknown(Reason.UNREADABLE, "the answer has no token")
        self.credentials["token"] = self.client.token = token
        return {"token": token}

    def set_callbacks(self, url: str) -> None:
        """Have incoming messages and status changes posted to `url` (https, secret in its path). The device's own
        ups and downs are posted only after somebody enters the address in Wablas' panel."""
        self.client.change_webhook_url(webhook_url=url)
        self.client.change_tracking_url(tracking_url=url)

    def check_number(self, route: Route, phone: str) -> bool:
        rows = self.client.check_phone_number(phones=to_phone(phone)).get("data")
        for row in rows if isinstance(rows, list) else []:
            if phone_key(row.get("phone")) == phone_key(phone):
                return str(row.get("status")).lower() == "online"
        raise OutcomeUnknown(Reason.UNREADABLE, "the answer does not mention the number")

    # Linking

    def link(self) -> LinkOffer:
        return qr.fetch_offer(self.client)

    def relink(self, address: str) -> LinkOffer:
        return qr.fetch_offer(self.client)

    def link_state(self, token: str) -> LinkState:
        line = self.fetch_lines()[0]
        return LinkState(
            state="linked" if line.is_connected else "waiting",
            address=line.route.address,
            phone=line.phone,
            note=line.note,
        )

    # Sending

    def send(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        """One request per kind of message (and an upload per file given as bytes)."""
        return sending.send(self.client, messages)

    # What became of messages

    def fetch_reports(self, messages: Sequence[Outgoing]) -> list[StatusReport]:
        return tracing.fetch_reports(self.client, messages)

    def find(self, message: Outgoing) -> Found | NotFound | CannotTell:
        return tracing.find(self.client, message)

    def cancel(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        return tracing.cancel(self.client, messages)

    def revoke(self, message: Outgoing) -> None:
        tracing.revoke(self.client, message)

    # News

    def verify_callback(self, callback: Callback) -> None:
        """Wablas signs nothing (3.5): the secret is in our own address; the body must at least be an object."""
        payload_of(callback)

    def parse_callback(self, callback: Callback) -> list[News]:
        return news_of(payload_of(callback))

    # Mirrors

    def fetch_mirror(self, kind: str, cursor: str | None = None, *, since: datetime | None = None) -> Page:
        return mirrors.fetch(self.client, kind, cursor, since)

    # What is pushed

    def push_opt_out(self, phone: str) -> None:
        """A GET, and may be repeated: a phone is on the blacklist or it is not (3.2 rows 35, 36)."""
        self.client.add_blacklist(phone=to_phone(phone))

    def push_opt_in(self, phone: str) -> None:
        self.client.cancel_blacklist(phone=to_phone(phone))

    def push_group(self, name: str) -> str:
        """The name is the id, and the group comes into being with its first phone (3.2 row 33)."""
        return name

    def push_people(self, people: Sequence[RemotePerson], group: str) -> list[PushOutcome]:
        return book.push_people(self.client, people, group)

    def remove_person(self, phone: str, group: str) -> bool:
        return book.remove_person(self.client, phone, group)

    def update_person(self, person: RemotePerson) -> None:
        book.update_person(self.client, person)

    def delete_mirrored(self, item: RemoteObject) -> None:
        book.delete(self.client, item)

    # What people make here

    def make_kept(self, kind: str, values: Values) -> Kept:
        return keeping.make(self.client, kind, values)

    def change_kept(self, kind: str, remote_id: str, values: Values) -> Kept:
        return keeping.change(self.client, kind, remote_id, values)

    def end_kept(self, kind: str, remote_id: str, deed: Literal["cancel", "delete"]) -> None:
        keeping.end(self.client, kind, remote_id, deed)

    def look_at_kept(self, kind: str, remote_id: str) -> Kept | None:
        return keeping.look(self.client, kind, remote_id)
