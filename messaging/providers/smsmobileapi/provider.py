"""SMSMobileAPI behind the contract: one message a call, news by signed callbacks, an inbox that has to be opened first."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from threading import Lock
from time import monotonic
from typing import Any

from messaging.providers.base import Capabilities, CredentialField, Provider
from messaging.providers.errors import AccountRejected, MessageRejected, NotSent, OutcomeUnknown, ProviderError, Reason
from messaging.providers.http import Http, Recorder
from messaging.providers.shapes import (
    Accepted,
    AccountInfo,
    Callback,
    Incoming,
    Media,
    News,
    Outcome,
    Outgoing,
    Page,
    RemoteLine,
    Route,
    StatusReport,
)
from messaging.providers.smsmobileapi import mirrors
from messaging.providers.smsmobileapi.callbacks import event_id, news, verify
from messaging.providers.smsmobileapi.client import Client
from messaging.providers.smsmobileapi.phones import lines_of, name_of, numbers_in, quota_of, sid_of
from messaging.providers.smsmobileapi.reading import is_in_group, moment, rows_in

OVERLAP = timedelta(minutes=15)  # asked again on each poll: phones hand their messages over late
REPORT_SECONDS = 20.0  # the log is asked message by message


class SMSMobileAPIProvider(Provider):
    """docs/wire.md 2. Delivered, read and cancelled do not exist here, nor does a way to look up an unknown outcome."""

    slug = "smsmobileapi"
    label = "SMSMobileAPI"
    default_base_url = "https://api.smsmobileapi.com"
    capabilities = Capabilities(
        channels=("sms", "whatsapp"),
        media=("image", "document"),
        media_by=("address",),
        connections=8,
        report_poll=True,
        report_words=("sent", "failed"),
        inbound_poll=True,
        callbacks=True,
        callback_status=202,
        number_check=True,
        mirrors=mirrors.KINDS,
        history=mirrors.HISTORY,
    )
    credential_fields = (
        CredentialField(
            name="api_key",
            label="API key",
            is_required=False,
            help_text="From the dashboard. Leave it empty to sign in with a client id and its secret.",
        ),
        CredentialField(
            name="client_id",
            label="Client id",
            is_secret=False,
            is_required=False,
            help_text="OAuth2, instead of an API key: used when the key is empty.",
        ),
        CredentialField(
            name="client_secret", label="Client secret", is_required=False, help_text="Goes with the client id."
        ),
        CredentialField(
            name="webhook_secret",
            label="Webhook secret",
            is_required=False,
            help_text="Signs the webhooks. Without it, calls are believed for their secret address alone.",
        ),
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
        self.client = Client(
            base_url=self.base_url,
            http=self.http,
            api_key=self.credentials.get("api_key", "").strip(),
            client_id=self.credentials.get("client_id", "").strip(),
            client_secret=self.credentials.get("client_secret", "").strip(),
        )
        self._retrieval = Lock()
        self._is_retrieval_on = False

    def check(self) -> AccountInfo:
        """The phones list: the one call that asks for a valid key and changes nothing."""
        try:
            payload = self.client.gateway_mobile_list()
        except MessageRejected as error:  # no message is involved: it is the account that may not ask
            raise AccountRejected(Reason.NO_PERMISSION, error.detail) from None
        phones = rows_in(payload)
        names = ", ".join(name_of(phone) for phone in phones)
        return AccountInfo(label=names or self.label, quota=quota_of(payload, len(phones)), raw=numbers_in(payload))

    def fetch_lines(self) -> list[RemoteLine]:
        """Each phone's WhatsApp and SIM cards. Where the gateway lists none, the account's default phone."""
        try:
            phones = rows_in(self.client.gateway_mobile_list())
        except MessageRejected:
            phones = []  # the list is not open to this account; sending without naming a phone still is
        if not phones:
            return lines_of({}, "", "default phone")
        return [line for phone in phones for line in lines_of(phone, sid_of(phone), name_of(phone))]

    def send(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        """Several numbers in one call are undocumented, so there is always one message here."""
        return [self._send_one(message) for message in messages]

    def _send_one(self, message: Outgoing) -> Outcome:
        try:
            result = self.client.sendsms(**_payload(message))
        except ProviderError as error:
            return error
        return Accepted(remote_id=str(result["id"]), raw=result)

    def fetch_reports(self, messages: Sequence[Outgoing]) -> list[StatusReport]:
        """One look each into the log of sent messages, as far as the time goes: the callbacks are the quick way. Those not
        in the log yet are left out."""
        started = monotonic()
        reports: list[StatusReport] = []
        for message in messages:
            if not message.remote_id or monotonic() - started > REPORT_SECONDS:
                continue
            try:
                rows = rows_in(self.client.log_sent_sms(guid_message=message.remote_id))
            except (NotSent, OutcomeUnknown):
                if not reports:
                    raise
                break  # what is known by now is worth more than the trouble, which will show again
            reports += [report for row in rows if (report := _report(row, message.remote_id))]
        return reports

    def fetch_incoming(self, since: datetime | None) -> list[Incoming]:
        """WhatsApp (opened, synchronised, read) and SMS. docs/wire.md 2.6 rule 7."""
        start = since - OVERLAP if since else None
        rows = [("whatsapp", row) for row in self._whatsapp_rows()]
        rows += [("sms", row) for row in self._sms_rows(start)]
        found = [_incoming(channel, row) for channel, row in rows]
        return [message for message in found if start is None or message.at >= start]

    def check_number(self, route: Route, phone: str) -> bool:
        """The answer's shape is undocumented: raises MessageRejected where it says neither yes nor no."""
        answer = self.client.whatsapp_checknumber(recipients=_digits(phone))
        verdict = _verdict(answer)
        if verdict is None:
            raise MessageRejected(Reason.UNREADABLE, "the gateway does not say whether the number is on WhatsApp")
        return verdict

    def verify_callback(self, callback: Callback) -> None:
        """Webhook V2 when a secret is set; otherwise only the size is looked at (see `callbacks.verify`)."""
        verify(callback, self.credentials.get("webhook_secret", "").strip())

    def callback_key(self, callback: Callback) -> str:
        return event_id(callback)

    def parse_callback(self, callback: Callback) -> list[News]:
        return news(callback)

    def fetch_mirror(self, kind: str, cursor: str | None = None, *, since: datetime | None = None) -> Page:
        return mirrors.fetch(self.client, kind, since)

    def _whatsapp_rows(self) -> list[dict[str, Any]]:
        """An account without WhatsApp refuses the first call: it has no such messages, and its SMS still count."""
        try:
            with self._retrieval:
                if not self._is_retrieval_on:
                    self.client.getwa_active(statut="1")
                    self._is_retrieval_on = True
            self.client.getwa_synchronisation()
            return rows_in(self.client.getwa())
        except MessageRejected:
            return []
        except AccountRejected as error:
            if error.is_line:  # the phone is off: it hands its messages over later
                return []
            raise

    def _sms_rows(self, start: datetime | None) -> list[dict[str, Any]]:
        try:
            return rows_in(self.client.getsms(after_timestamp_unix=int(start.timestamp()) if start else None))
        except MessageRejected:
            return []  # the answer for an empty inbox is undocumented; refusals of the account are raised


def _payload(message: Outgoing) -> dict[str, Any]:
    """The arguments of `sendsms`; MessageRejected for what this gateway cannot carry."""
    if message.is_group:
        raise MessageRejected(Reason.NOT_SUPPORTED, "groups cannot be written to through this gateway")
    is_whatsapp = message.route.channel == "whatsapp"
    fields: dict[str, Any] = {
        "recipients": _digits(message.to),
        "message": message.body,
        "waonly": is_whatsapp,
        "s_identifiant": message.route.address,
        "port": None if is_whatsapp else message.route.slot,
    }
    attachment = message.attachment
    if attachment is None:
        return fields
    if not isinstance(attachment, Media) or attachment.kind not in ("image", "document"):
        raise MessageRejected(Reason.NOT_SUPPORTED, "this gateway carries images and documents only")
    if not is_whatsapp:
        raise MessageRejected(Reason.NOT_SUPPORTED, "files go out over WhatsApp only")
    if not attachment.url.startswith("https://"):
        raise MessageRejected(Reason.MEDIA_INVALID, "this gateway takes files by a public https:// address only")
    return {**fields, "url_media": attachment.url}


def _digits(phone: str) -> str:
    """Country code first, no "+" and no "00" (docs/endpoints.md 2.2 row 1)."""
    return "".join(letter for letter in phone if letter.isdigit()).removeprefix("00")


def _report(row: Mapping[str, Any], guid: str) -> StatusReport | None:
    """docs/wire.md 2.3: a known client's rule; a row that says neither is still pending."""
    if str(row.get("guid") or row.get("guid_message") or guid) != guid:
        return None
    errors = [str(row.get(name) or "").strip() for name in ("error_api", "send_from_mobile_erreur")]
    if words := next((error for error in errors if error not in ("", "0")), ""):
        return StatusReport(status="failed", remote_id=guid, reason=Reason.NOT_DELIVERED, note=words[:300], raw=row)
    if str(row.get("send_from_mobile")) == "1":
        return StatusReport(status="sent", remote_id=guid, raw=row)
    return None


def _incoming(channel: str, row: Mapping[str, Any]) -> Incoming:
    return Incoming(
        channel="whatsapp" if channel == "whatsapp" else "sms",
        sender=str(row.get("number") or row.get("from") or ""),
        body=str(row.get("message") or ""),
        at=moment(row) or datetime.now(UTC),
        remote_id=str(row.get("guid") or row.get("guid_message") or ""),
        line_hint=str(row.get("sIdentifiantPhone") or row.get("device_id") or ""),
        name=str(row.get("contact") or ""),
        is_group=is_in_group(row),
        raw=row,
    )


def _verdict(payload: Any) -> bool | None:
    """Yes or no under any of the usual names, at the top, under `result`, or in the first row of a list."""
    if isinstance(payload, list):
        return _verdict(payload[0]) if payload else None
    if not isinstance(payload, dict):
        return None
    for name in ("exists", "exist", "valid", "is_whatsapp", "whatsapp", "on_whatsapp"):
        if name in payload and not isinstance(payload[name], dict | list):
            return str(payload[name]).strip().lower() in ("1", "true", "yes")
    nested = [_verdict(value) for value in payload.values() if isinstance(value, dict | list)]
    return next((verdict for verdict in nested if verdict is not None), None)
