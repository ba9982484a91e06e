"""SMSGateway24 behind the contract: SIM slots and WhatsApp apps of Android phones, our reference as `customerid`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from threading import Lock
from time import monotonic
from typing import Any

from messaging.providers.base import Capabilities, CredentialField, Provider
from messaging.providers.errors import MessageRejected, NotSent, OutcomeUnknown, ProviderError, Reason
from messaging.providers.http import Http, Recorder
from messaging.providers.shapes import (
    Accepted,
    AccountInfo,
    Callback,
    CampaignPlan,
    CampaignResult,
    CannotTell,
    Found,
    Incoming,
    Media,
    News,
    NotFound,
    Outcome,
    Outgoing,
    Page,
    PushedCampaign,
    PushOutcome,
    RemoteLine,
    RemotePerson,
    StatusReport,
)
from messaging.providers.smsgateway24 import callbacks, mirrors, newsletters
from messaging.providers.smsgateway24.client import Client, Text, Upload
from messaging.providers.smsgateway24.devices import lines_of
from messaging.providers.smsgateway24.reading import INCOMING, WHATSAPP_SLOTS, moment, rows_of
from messaging.providers.smsgateway24.sent import (
    AROUND,
    SLACK,
    YOUNG,
    Listed,
    handed_over,
    report_of,
    row_of,
    verdict_on,
    windows,
)

FEW = 5  # messages asked for one by one
SINGLY = 8.0  # seconds in which messages of one call are sent singly
LATE = NotSent(Reason.CRASHED, "its turn did not come in time")
OVERLAP = timedelta(minutes=15)  # asked again on each poll: phones hand their messages over late


class SMSGateway24Provider(Provider):
    """docs/wire.md 4. Nothing can be taken back here, and there is no "read"."""

    slug = "smsgateway24"
    label = "SMSGateway24"
    default_base_url = "https://smsgateway24.com/getdata"
    capabilities = Capabilities(
        channels=("sms", "whatsapp"),
        media=("image",),
        media_channels=("sms", "whatsapp"),
        media_by=("address", "upload"),
        batch_size=50,
        connections=8,
        client_reference=True,
        report_poll=True,
        report_words=("sent", "delivered", "failed"),
        inbound_poll=True,
        callbacks=True,
        find=True,
        mirrors=mirrors.KINDS,
        history=mirrors.HISTORY,
        unlisted=mirrors.UNLISTED,
        pushes_people=True,
        gateway_campaigns=True,
        campaign_size=newsletters.SIZE,
    )
    credential_fields = (
        CredentialField(
            name="email", label="E-mail", is_secret=False, help_text="What you sign in with at the gateway."
        ),
        CredentialField(name="password", label="Password"),
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
        self.base_url = self.base_url.removesuffix("/getdata").rstrip("/")
        self.client = Client(
            base_url=self.base_url,
            email=self.credentials.get("email", ""),
            password=self.credentials.get("password", ""),
            http=self.http,
        )
        self._listing = Lock()
        self._listed: Listed | None = None

    def check(self) -> AccountInfo:
        devices = rows_of(self.client.getalldevices().get("device"))
        return AccountInfo(
            label=self.credentials.get("email", ""), quota={"devices": {"used": len(devices), "limit": None}}
        )

    def fetch_lines(self) -> list[RemoteLine]:
        """Each phone's SIM slots and WhatsApp apps; a phone not seen for an hour is not connected."""
        return [line for device in rows_of(self.client.getalldevices().get("device")) for line in lines_of(device)]

    def send(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        """One message: `addsms`, which returns its id. Several texts: `addalotofsms`, which returns none, so that they
        are followed by their reference. Uploads go singly, as far as the time reaches."""
        texts = [each for each in messages if each.attachment is None and not each.is_group and not each.is_alone]
        together = texts if len(texts) > 1 else []
        started = monotonic()
        outcomes = dict(zip((text.reference for text in together), self._send_many(together), strict=True))
        for message in messages:
            if message.reference not in outcomes:
                is_late = len(messages) > 1 and monotonic() - started > SINGLY
                outcomes[message.reference] = LATE if is_late else self._send_one(message)
        return [outcomes[message.reference] for message in messages]

    def _send_one(self, message: Outgoing) -> Outcome:
        try:
            text, file = _prepared(message)
            return Accepted(remote_id=self.client.addsms(text, file=file))
        except ProviderError as error:
            return error

    def _send_many(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        if not messages:
            return []
        try:
            answer = self.client.addalotofsms([_text(message) for message in messages])
        except MessageRejected as refusal:
            return self._split(messages, refusal)
        except ProviderError as error:
            return [error for _ in messages]
        return [Accepted(remote_id="", raw=answer) for _ in messages]

    def _split(self, messages: Sequence[Outgoing], refusal: MessageRejected) -> list[Outcome]:
        """A refused batch: one bad message must not take the others down, and those before it may have been saved. What
        the gateway lists is taken. That it does not list the rest proves nothing so soon after the call: that is for
        `find`, and what is certainly not there then goes out by itself."""
        unknown = OutcomeUnknown(Reason.GATEWAY_ERROR, refusal.detail)
        try:
            rows = self._rows_around(messages)
        except ProviderError:
            return [unknown for _ in messages]
        verdicts = [verdict_on(message, rows) for message in messages]
        return [
            Accepted(remote_id=verdict.remote_id) if isinstance(verdict, Found) else unknown for verdict in verdicts
        ]

    def fetch_reports(self, messages: Sequence[Outgoing]) -> list[StatusReport]:
        """A few are asked for one by one; many by the stretch of time in which they were handed over, and what such a
        list leaves out, a few at a time, one by one."""
        if len(messages) <= FEW:
            return self._reports_singly(messages)
        reports, missing = [], []
        for begin, end, members in windows(messages):
            if len(members) <= FEW:
                missing += members
                continue
            rows = self._rows(begindate=begin, enddate=end)
            by_key = {key: row for row in rows for key in (str(row["id"]), f"customer {row.get('customerid')}")}
            for message in members:
                row = by_key.get(message.remote_id or f"customer {message.reference}")
                if row is None or row_of(message, [row]) is None:
                    missing.append(message)
                elif report := report_of(message, row):
                    reports.append(report)
        return reports + self._reports_singly(missing[: 2 * FEW])

    def _reports_singly(self, messages: Sequence[Outgoing]) -> list[StatusReport]:
        found = ((message, self._row_of(message)) for message in messages)
        return [report for message, row in found if row is not None and (report := report_of(message, row))]

    def _row_of(self, message: Outgoing) -> Mapping[str, Any] | None:
        if not message.remote_id:
            return row_of(message, rows_of(self.client.getallsms(customerid=int(message.reference)).get("smss")))
        try:
            return {**self.client.getsmsstatus(sms_id=message.remote_id), "id": message.remote_id}
        except MessageRejected:  # the gateway does not know the id (any more): no news
            return None

    def fetch_incoming(self, since: datetime | None) -> list[Incoming]:
        """Messages with status 5; all the gateway keeps when `since` is None."""
        begin = (since - OVERLAP).astimezone(UTC) if since else None
        rows = rows_of(self.client.getallsms(status=INCOMING, begindate=begin).get("smss"))
        return [_incoming(row) for row in rows if str(row.get("status")) == str(INCOMING)]

    def find(self, message: Outgoing) -> Found | NotFound | CannotTell:
        """By our reference; before "not there" is believed, among everything saved around the attempt."""
        row = self._row_of(message)
        if row is not None:
            return verdict_on(message, [row])
        if datetime.now(UTC) - handed_over(message) < YOUNG:
            return CannotTell(note="the gateway may still be saving it")
        return verdict_on(message, self._listed_around(message))

    def verify_callback(self, callback: Callback) -> None:
        """The gateway signs nothing: the unguessable address has let the call through already."""
        callbacks.verify(callback)

    def parse_callback(self, callback: Callback) -> list[News]:
        return callbacks.news(callback)

    def fetch_mirror(self, kind: str, cursor: str | None = None, *, since: datetime | None = None) -> Page:
        return mirrors.fetch(self.client, kind, cursor, since)

    def push_group(self, name: str) -> str:
        """A tag. The gateway lists none, so each call makes one: keep the id."""
        return self.client.savetag(title=name)

    def push_people(self, people: Sequence[RemotePerson], group: str) -> list[PushOutcome]:
        """Under a tag, one by one. Whether a second call for the same phone makes a second entry is undocumented."""
        return [self._push_one(person, group) for person in people]

    def push_campaign(self, plan: CampaignPlan) -> PushedCampaign:
        """A newsletter. It goes out when somebody taps start on the phone: no call does that, and none stops it."""
        return newsletters.push(self.client, plan)

    def fetch_campaign_results(self, plan: CampaignPlan, pushed: PushedCampaign) -> list[CampaignResult]:
        return newsletters.results(self.client, plan, pushed)

    def _push_one(self, person: RemotePerson, tag: str) -> PushOutcome:
        try:
            key = self.client.savecontact(phone=person.phone, tag_id=tag, fullname=person.name)
        except ProviderError as problem:
            return problem
        return Accepted(remote_id=key)

    def _rows_around(self, messages: Sequence[Outgoing]) -> list[dict[str, Any]]:
        times = [handed_over(message) for message in messages]
        return self._rows(begindate=min(times) - SLACK, enddate=max(times) + SLACK)

    def _listed_around(self, message: Outgoing) -> list[dict[str, Any]]:
        """Everything saved around the attempt. Messages are lost together, so one list answers for all of them: what was
        listed when a message was old enough to be saved tells as much as a list of its own."""
        at = handed_over(message)
        with self._listing:
            if not (self._listed and self._listed.tells_of(at)):
                span = SLACK + AROUND
                rows = self._rows(begindate=at - span, enddate=at + span)
                self._listed = Listed(begin=at - AROUND, end=at + AROUND, at=datetime.now(UTC), rows=rows)
            return self._listed.rows

    def _rows(self, *, begindate: datetime, enddate: datetime) -> list[dict[str, Any]]:
        return rows_of(self.client.getallsms(begindate=begindate, enddate=enddate).get("smss"))


def _prepared(message: Outgoing) -> tuple[Text, Upload | None]:
    """What `addsms` needs; MessageRejected for what this gateway cannot carry.

    A file at an address goes out as that address after the text, which is what the gateway itself does with an upload
    (docs/endpoints.md 4.2 row 2); an upload cannot carry a text.
    """
    if message.is_group:
        raise MessageRejected(Reason.NOT_SUPPORTED, "groups cannot be written to through this gateway")
    attachment = message.attachment
    if attachment is None:
        return _text(message), None
    if not isinstance(attachment, Media) or attachment.kind != "image":
        raise MessageRejected(Reason.NOT_SUPPORTED, "this gateway carries text and images only")
    if not (attachment.url or attachment.content):
        raise MessageRejected(Reason.MEDIA_INVALID, "no file")
    if attachment.url:
        return _text(message, body="\n".join(part for part in (message.body, attachment.url) if part)), None
    if message.route.slot not in WHATSAPP_SLOTS:
        raise MessageRejected(Reason.NOT_SUPPORTED, "uploaded images go out over WhatsApp only")
    if message.body:
        raise MessageRejected(Reason.NOT_SUPPORTED, "an uploaded image cannot carry a text at this gateway")
    filename, kind = attachment.filename or "image.jpg", attachment.mime_type or "image/jpeg"
    return _text(message), Upload(filename=filename, content=attachment.content, mime_type=kind)


def _text(message: Outgoing, body: str = "") -> Text:
    return Text(
        sendto=message.to,
        body=body or message.body,
        device_id=message.route.address,
        sim=message.route.slot or 0,
        customerid=int(message.reference) if message.reference.isdigit() else None,
        is_urgent=message.is_urgent,
    )


def _incoming(row: Mapping[str, Any]) -> Incoming:
    return Incoming(
        channel=callbacks.channel_of(row.get("sim")),
        sender=str(row.get("sendto") or row.get("address") or "").strip(),
        body=str(row.get("body") or ""),
        at=moment(row.get("created")) or datetime.now(UTC),
        remote_id=str(row["id"]),
        line_hint=str(row.get("deviceid") or ""),
        raw=row,
    )
