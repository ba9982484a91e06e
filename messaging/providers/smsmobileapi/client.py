"""SMSMobileAPI's endpoints, one method each (docs/wire.md 2.2). Never repeats a call, except once with a fresh token."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Any, Literal

from messaging.providers.errors import AccountRejected, MessageRejected, NotSent, OutcomeUnknown, ProviderError, Reason
from messaging.providers.http import Http, Reply, judge_http
from messaging.providers.redact import mask
from messaging.providers.smsmobileapi.reading import parse

NO_ERROR = frozenset(["", "0", "None"])  # result.error: 0, "0", null or ""
EARLY = 30  # seconds before its end at which a token is no longer used
PhoneFilter = Literal["text", "audio"]


@dataclass
class Token:
    """An OAuth2 access token; `until` on the monotonic clock, None where the gateway did not say."""

    value: str = ""
    until: float | None = None
    lock: Lock = field(default_factory=Lock)

    @property
    def is_fresh(self) -> bool:
        return bool(self.value) and (self.until is None or monotonic() < self.until)


class Client:
    """One account. With `api_key` the key goes along as `apikey`; without, an OAuth2 token is fetched, kept, and renewed
    once when the gateway refuses it (docs/wire.md 2.1)."""

    def __init__(
        self, *, base_url: str, http: Http, api_key: str = "", client_id: str = "", client_secret: str = ""
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.http = http
        self.api_key = api_key
        self.client_id = client_id
        self.client_secret = client_secret
        self._token = Token()

    # 2.2 row 1
    def sendsms(
        self,
        *,
        recipients: str,
        message: str,
        waonly: bool = False,
        url_media: str = "",
        pdf_with_image: bool = False,
        url_media_shorted: bool = False,
        s_identifiant: str = "",
        port: int | None = None,
        shorturl: bool = False,
        schedule_timestamp: int | None = None,
    ) -> dict[str, Any]:
        """Send one message; returns `result` {id: 40 hex, sent: "1", …}.

        recipients: one number, country code first, no "+", no "00". waonly: WhatsApp instead of SMS. url_media: https,
        public. s_identifiant: the phone's SID. port: SIM 1 or 2, None leaves it to the phone. schedule_timestamp: unix
        seconds, UTC.
        """
        yes = {"waonly": waonly, "pdf_with_image": pdf_with_image, "url_media_shorted": url_media_shorted}
        fields: dict[str, Any] = {"recipients": recipients, "message": message}
        fields |= {name: "yes" for name, is_wanted in yes.items() if is_wanted}
        fields |= _filled(
            url_media=url_media,
            sIdentifiant=s_identifiant,
            port=port,
            shorturl="1" if shorturl else "",
            schedule_timestamp=schedule_timestamp,
        )
        return _taken(self._call("POST", "/sendsms/", fields))

    # 2.2 row 2
    def resendwa(self, *, guid: str) -> dict[str, Any]:
        """Send a failed WhatsApp message again: only one in error state, and it is a second message to a person. The
        answer is undocumented; the shape of `sendsms` is expected."""
        return _taken(self._call("POST", "/resendwa/", {"guid": guid}))

    # 2.2 row 3
    def getwa_synchronisation(self) -> Any:
        """Have the phone hand over its WhatsApp messages: {error, messages, expire_at, expire_at_unix}, all strings.
        To be called before `getwa`, never before a send."""
        return self._call("GET", "/getwa/synchronisation/", {})

    # 2.2 row 4
    def getwa(self, *, before: int | None = None, date: str = "", message_type: PhoneFilter | None = None) -> Any:
        """Received WhatsApp messages: one object, a list, or a list under a key (docs/wire.md 2.2).

        before: unix seconds. date: yyyy-mm-dd in the phone's zone.
        """
        return self._call("GET", "/getwa/", _filled(before=before, date=date, message_type=message_type))

    # 2.2 row 5
    def oauth2_token(self, *, client_id: str, client_secret: str) -> dict[str, Any]:
        """Client credentials → {access_token, …}; other fields are undocumented."""
        fields = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        reply = self.http.request("POST", f"{self.base_url}/oauth2/token", data=fields)
        if reply.status_code in (400, 401, 403):
            raise AccountRejected(Reason.BAD_CREDENTIALS, self._words(parse(reply.content)))
        payload = self._judged(reply)
        if not isinstance(payload, dict) or not payload.get("access_token"):
            raise AccountRejected(Reason.BAD_CREDENTIALS, self._words(payload) or "no access_token in the answer")
        self.http.add_secret(str(payload["access_token"]))
        return payload

    # The calls below are not in the vendor's WhatsApp page, but its OpenAPI document has them (docs/wire.md 2.2).

    def getwa_active(self, *, statut: Literal["1", "0", "x"]) -> Any:
        """Switch the retrieval of WhatsApp messages on ("1") or off ("0"), or ask ("x"). Off by default."""
        return self._call("GET", "/getwa/active/", {"statut": statut})

    def whatsapp_checknumber(self, *, recipients: str) -> Any:
        """Whether a number (digits, no "+") is on WhatsApp; the answer is undocumented."""
        return self._call("GET", "/whatsapp/checknumber/", {"recipients": recipients})

    def log_sent_sms(
        self, *, guid_message: str = "", keyword: str = "", error_api: bool = False, error_mobile: bool = False
    ) -> Any:
        """What became of sent messages: `result.sms` [{send_from_mobile, send_from_mobile_erreur, error_api, …}].
        `result.error` may be set while the entry does not exist yet, so only the HTTP code tells a refusal."""
        fields = _filled(
            guid_message=guid_message,
            keyword=keyword,
            error_api="1" if error_api else "",
            error_mobile="1" if error_mobile else "",
        )
        return self._call("GET", "/log/sent/sms/", fields, is_lenient=True)

    def getsms(
        self, *, after_timestamp_unix: int | None = None, s_identifiant_phone: str = "", onlyunread: bool = False
    ) -> Any:
        """Received SMS: `result.sms` [{guid, number, message, timestamp_unix, …}]. after_timestamp_unix: seconds."""
        fields = _filled(
            after_timestamp_unix=after_timestamp_unix,
            sIdentifiantPhone=s_identifiant_phone,
            onlyunread="yes" if onlyunread else "",
        )
        return self._call("GET", "/getsms/", fields)

    def gateway_mobile_list(self, *, sid: str = "", search: str = "") -> Any:
        """The connected phones, as a list, a dict by id, or either under a key."""
        return self._call("GET", "/gateway/mobile/list/", _filled(sid=sid, search=search))

    def _call(self, method: str, path: str, fields: Mapping[str, Any], *, is_lenient: bool = False) -> Any:
        payload = self._judged(self._request(method, path, fields), is_lenient=is_lenient)
        if (code := _error_code(payload)) in NO_ERROR or is_lenient:
            return payload
        words = self._words(payload) or f"error {code}"
        is_send = method == "POST"
        if is_send and (not _result(payload) or str(_result(payload).get("sent")) == "1"):
            raise OutcomeUnknown(Reason.GATEWAY_ERROR, words)
        raise MessageRejected(Reason.REJECTED, words)

    def _request(self, method: str, path: str, fields: Mapping[str, Any]) -> Reply:
        if self.api_key:
            return self._exchange(method, path, {"apikey": self.api_key, **fields}, {})
        token = self._access_token()
        reply = self._exchange(method, path, fields, {"Authorization": f"Bearer {token}"})
        if reply.status_code not in (401, 403):
            return reply
        # a refused token means that nothing was done: the one case in which a call may go out again
        return self._exchange(method, path, fields, {"Authorization": f"Bearer {self._access_token(refused=token)}"})

    def _exchange(self, method: str, path: str, fields: Mapping[str, Any], headers: Mapping[str, str]) -> Reply:
        url = self.base_url + path
        if method == "GET":
            return self.http.request("GET", url, params=fields, headers=headers)
        return self.http.request(method, url, data=fields, headers=headers)

    def _access_token(self, refused: str = "") -> str:
        """The token to use; a new one when there is none, it ran out, or it is the one just refused."""
        if not (self.client_id and self.client_secret):
            raise AccountRejected(Reason.BAD_CREDENTIALS, "neither an API key nor a client id with its secret is set")
        with self._token.lock:
            if self._token.is_fresh and self._token.value != refused:
                return self._token.value
            try:
                payload = self.oauth2_token(client_id=self.client_id, client_secret=self.client_secret)
            except OutcomeUnknown as error:  # of the log-in, not of the message: that was never handed over
                raise NotSent(error.reason, error.detail) from None
            self._token.value = str(payload["access_token"])
            lifetime = str(payload.get("expires_in") or "")
            self._token.until = monotonic() + max(int(lifetime) - EARLY, 1) if lifetime.isdigit() else None
            return self._token.value

    def _judged(self, reply: Reply, *, is_lenient: bool = False) -> Any:
        """The payload of an answer that does not refuse the account or the call as a whole. docs/wire.md 2.4: HTTP codes
        and errors inside a 200 both occur."""
        if 300 <= reply.status_code < 400:
            raise AccountRejected(Reason.WRONG_ADDRESS, f"HTTP {reply.status_code}: the gateway answers elsewhere")
        payload = parse(reply.content)
        words = self._words(payload)
        known = None if is_lenient else _refusal(_error_code(payload), words)
        if known is not None and (reply.status_code < 400 or known.reason == Reason.SUBSCRIPTION_EXPIRED):
            raise known
        judge_http(reply, words)
        if not isinstance(payload, dict | list):
            raise OutcomeUnknown(Reason.UNREADABLE, "the answer is not JSON")
        return payload

    def _words(self, payload: Any) -> str:
        """The gateway's own words in an answer, without our keys."""
        if not isinstance(payload, dict):
            return ""
        for part in (_result(payload), payload):
            for name in ("message", "note", "error_description", "error"):
                if (text := str(part.get(name) or "").strip()) and text not in NO_ERROR:
                    return mask(text, self.http.secrets)
        return ""


def _filled(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "")}


def _result(payload: Any) -> Mapping[str, Any]:
    result = payload.get("result") if isinstance(payload, dict) else None
    return result if isinstance(result, dict) else {}


def _error_code(payload: Any) -> str:
    """`result.error`, or the `error` of an answer without result."""
    if not isinstance(payload, dict):
        return ""
    result = _result(payload)
    return str((result if "error" in result else payload).get("error") or "").strip()


def _refusal(code: str, words: str) -> ProviderError | None:
    """What the few documented error codes mean, docs/endpoints.md 2.2 row 1."""
    if code == "1":
        return AccountRejected(Reason.BAD_CREDENTIALS, words)
    if code == "2":
        return AccountRejected(Reason.LINE_DISCONNECTED, words, is_line=True)
    if code == "subscription_expire":
        return AccountRejected(Reason.SUBSCRIPTION_EXPIRED, words)
    return None


def _taken(payload: Any) -> dict[str, Any]:
    """The `result` of a send that was taken for certain; OutcomeUnknown for an answer that does not say so."""
    result = _result(payload)
    if str(result.get("sent")) == "1" and result.get("id"):
        return dict(result)
    raise OutcomeUnknown(Reason.UNREADABLE, "the answer does not say that the message was taken")
