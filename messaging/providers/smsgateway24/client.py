"""SMSGateway24's endpoints, one method each (docs/wire.md 4.2). Always POST, which keeps the token out of URLs.

A call is repeated only once, with a fresh token, after the gateway has said that the token is no good.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from messaging.providers.errors import AccountRejected, MessageRejected, NotSent, OutcomeUnknown, Reason
from messaging.providers.http import Http, Reply, judge_http
from messaging.providers.redact import mask

# Only "Login or password incorrect" is documented; the rest is what such services say (docs/wire.md 4.4).
_ABOUT_ACCESS = re.compile(r"token|log-?in|password|unauthori[sz]ed|not authori[sz]ed|authenticat|access denied", re.I)
_ABOUT_SUBSCRIPTION = re.compile(r"subscription", re.I)
_ABOUT_DEVICE = re.compile(r"device|sender id", re.I)


@dataclass(frozen=True, kw_only=True)
class Upload:
    """An image to send: jpeg, png, webp or gif."""

    filename: str
    content: bytes
    mime_type: str


@dataclass(frozen=True, kw_only=True)
class Text:
    """One row of `addalotofsms`. sim: 0 and 1 SMS, 2 WhatsApp Business, 3 WhatsApp, 4 and 5 RCS."""

    sendto: str
    body: str
    device_id: str
    sim: int
    customerid: int | None = None
    timetosend: datetime | None = None
    is_urgent: bool = False

    def fields(self) -> dict[str, Any]:
        """The gateway's names; what is not set is left out."""
        return _filled(
            sendto=self.sendto,
            body=self.body,
            device_id=int(self.device_id) if self.device_id.isdigit() else self.device_id,
            sim=self.sim,
            customerid=self.customerid,
            timetosend=_time(self.timetosend),
            urgent=1 if self.is_urgent else None,
        )


class Client:
    """One account. The token is fetched with e-mail and password on the first call, kept, and renewed when refused."""

    def __init__(self, *, base_url: str, email: str, password: str, http: Http) -> None:
        """base_url: without /getdata. http: its records are masked with the token too, as soon as it is known."""
        self.base_url = base_url
        self.email = email
        self.password = password
        self.http = http
        self._token = ""
        self._lock = Lock()

    # 4.2 row 1
    def gettoken(self) -> str:
        """A token (32 hex); its lifetime is undocumented. AccountRejected for a wrong e-mail or password."""
        payload = self._judged(self._post("gettoken", {"email": self.email, "pass": self.password}))
        token = str(payload.get("token") or "")
        if not token:
            raise AccountRejected(Reason.BAD_CREDENTIALS, "the gateway gave no token")
        self.http.add_secret(token)
        return token

    # 4.2 row 2
    def addsms(self, text: Text, *, file: Upload | None = None) -> str:
        """Queue one message; returns its `sms_id`. With a file there is no body: the image's address takes its place."""
        fields = text.fields()
        files = None
        if file is not None:
            fields.pop("body", None)
            files = {"file": (file.filename, file.content, file.mime_type)}
        return _identifier(self._call("addsms", fields, files=files), "sms_id")

    # 4.2 row 3
    def smstosend(self, text: Text) -> str:
        """`addsms` with e-mail and password instead of a token. Not used by the provider: it sends the password each time."""
        payload = self._judged(self._post("smstosend", {"email": self.email, "pass": self.password, **text.fields()}))
        return _identifier(payload, "sms_id")

    # 4.2 row 4
    def addalotofsms(self, texts: Sequence[Text]) -> dict[str, Any]:
        """Queue many; the answer has no ids. The token travels inside the JSON of the one field `datajson`."""
        rows = [text.fields() for text in texts]

        def post(token: str) -> Reply:
            return self._post("addalotofsms", {"datajson": json.dumps({"token": token, "smsdata": rows})})

        return self._judged(self._with_token(post))

    # 4.2 row 5
    def getallsms(
        self,
        *,
        device_id: str = "",
        status: int | None = None,
        begindate: datetime | None = None,
        enddate: datetime | None = None,
        sim: int | None = None,
        customerid: int | None = None,
        onlycount: bool = False,
        phone: str = "",
        orderbydesc: bool = False,
        timezone: str = "UTC",
    ) -> dict[str, Any]:
        """Messages, sent and received (status 5): `smss` {id: row} (or [] when there are none) and `count`.

        begindate, enddate: in the zone named by `timezone`, to which the gateway also converts its own times.
        """
        fields = _filled(
            device_id=device_id,
            status=status,
            begindate=_time(begindate),
            enddate=_time(enddate),
            sim=sim,
            customerid=customerid,
            onlycount=1 if onlycount else None,
            phone=phone,
            orderbydesc=1 if orderbydesc else None,
            timezone=timezone,
        )
        return self._call("getallsms", fields, expected="smss")

    # 4.2 row 6
    def savetag(self, *, title: str) -> str:
        """Create a tag; returns its `tag_id`."""
        return _identifier(self._call("savetag", {"title": title}), "tag_id")

    # 4.2 row 7
    def savecontact(self, *, phone: str, tag_id: str, fullname: str = "") -> str:
        """Put a number under a tag; returns its `contact_id`."""
        fields = _filled(phone=phone, tag_id=tag_id, fullname=fullname)
        return _identifier(self._call("savecontact", fields), "contact_id")

    # 4.2 row 8
    def savepaket(
        self,
        *,
        title: str,
        device_id: str,
        body: str,
        tags: Sequence[str],
        sim: int,
        time_to_send: datetime | None = None,
    ) -> str:
        """Create a newsletter to everybody under the tags; returns its `paket_id`. It goes out only when somebody taps
        start on the phone. time_to_send is written DD.MM.YYYY H:i:s, unlike everywhere else; None: at once."""
        fields = {"title": title, "device_id": device_id, "body": body, "tags": ",".join(tags), "sim": sim}
        fields["time_to_send"] = f"{time_to_send:%d.%m.%Y %H:%M:%S}" if time_to_send else 0
        return _identifier(self._call("savepaket", fields), "paket_id")

    # 4.2 row 9
    def getalldevices(self) -> dict[str, Any]:
        """The account's phones: `device` {id: {title, lastseen, siminfo, subscription, …}} (or []) and `count`."""
        return self._call("getalldevices", {}, expected="device")

    # 4.2 row 10
    def getsmsstatus(self, *, sms_id: str) -> dict[str, Any]:
        """{sms_id, status, status_description} of one message."""
        return self._call("getsmsstatus", {"sms_id": sms_id}, expected="status")

    # Not in the vendor's list of ten, but in its own clients (docs/wire.md 4.2).

    def getdevicestatus(self, *, device_id: str) -> dict[str, Any]:
        """{online, lastseen, diffseconds, title} of one phone."""
        return self._call("getdevicestatus", {"device_id": device_id}, expected="online")

    def _call(
        self, name: str, fields: Mapping[str, Any], *, expected: str = "", files: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        reply = self._with_token(lambda token: self._post(name, {"token": token, **fields}, files=files))
        return self._judged(reply, expected=expected)

    def _post(self, name: str, fields: Mapping[str, Any], *, files: Mapping[str, Any] | None = None) -> Reply:
        return self.http.request("POST", f"{self.base_url}/getdata/{name}", data=fields, files=files)

    def _with_token(self, post: Callable[[str], Reply]) -> Reply:
        token = self._current_token()
        reply = post(token)
        if not self._refuses_token(reply):
            return reply
        return post(self._current_token(refused=token))

    def _current_token(self, refused: str = "") -> str:
        """The kept token; a new one when there is none or it is the one just refused (by then another thread may have
        renewed it)."""
        with self._lock:
            if not self._token or self._token == refused:
                try:
                    self._token = self.gettoken()
                except OutcomeUnknown as error:  # of the log-in, not of the message: that was never handed over
                    raise NotSent(error.reason, error.detail) from None
            return self._token

    def _refuses_token(self, reply: Reply) -> bool:
        if reply.status_code in (401, 403):
            return True
        payload = _object(reply)
        return bool(payload) and _is_error(payload) and bool(_ABOUT_ACCESS.search(str(payload.get("message"))))

    def _judged(self, reply: Reply, *, expected: str = "") -> dict[str, Any]:
        """The body of a success: `error` 0, or no `error` but the expected key (docs/wire.md 4.6 rule 9)."""
        if 300 <= reply.status_code < 400:
            raise AccountRejected(Reason.WRONG_ADDRESS, f"HTTP {reply.status_code}: the gateway answers elsewhere")
        payload = _object(reply)
        words = mask(str(payload.get("message") or "").strip(), self.http.secrets)
        if _is_error(payload):
            if _ABOUT_ACCESS.search(words):
                raise AccountRejected(Reason.BAD_CREDENTIALS, words)
            judge_http(reply, words)
            if _ABOUT_SUBSCRIPTION.search(words):  # each phone has its own
                raise AccountRejected(Reason.SUBSCRIPTION_EXPIRED, words, is_line=True)
            if _ABOUT_DEVICE.search(words):
                raise AccountRejected(Reason.LINE_MISSING, words, is_line=True)
            raise MessageRejected(Reason.REJECTED, words or "the gateway refuses without saying why")
        judge_http(reply, words)
        if str(payload.get("error")) == "0" or (expected and expected in payload):
            return payload
        raise OutcomeUnknown(Reason.UNREADABLE, "the answer says neither success nor failure")


def _filled(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "")}


def _time(at: datetime | None) -> str | None:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else None


def _object(reply: Reply) -> dict[str, Any]:
    """The JSON object of an answer; {} for a page, an empty body or anything else."""
    try:
        payload = json.loads(reply.content)
    except ValueError:
        return {}
    return payload if isinstance(payload, dict) else {}


def _is_error(payload: Mapping[str, Any]) -> bool:
    return str(payload.get("error")) not in ("None", "0", "", "False")


def _identifier(payload: Mapping[str, Any], name: str) -> str:
    """The id of what was created. Without it the thing may well exist."""
    if not payload.get(name):
        raise OutcomeUnknown(Reason.UNREADABLE, f"the answer has no {name}")
    return str(payload[name])
