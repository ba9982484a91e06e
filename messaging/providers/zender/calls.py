"""One call to a Zender installation: where the secret goes, and how the answer is judged (docs/wire.md 1.1, 1.4, 1.6)."""

from collections.abc import Mapping
from typing import Any

from messaging.providers.errors import AccountRejected, OutcomeUnknown, Reason
from messaging.providers.http import Http, Reply, judge_http
from messaging.providers.redact import mask
from messaging.providers.zender.refusals import known_refusal, refusal

Row = dict[str, Any]
Files = Mapping[str, tuple[str, bytes, str]]  # field → (filename, content, MIME type)

PAGE_SIZE = 250


class Calls:
    """What the groups of endpoints share. Nothing is ever repeated here: half of Zender's GETs delete something."""

    def __init__(self, *, base_url: str, secret: str, http: Http) -> None:
        """base_url: with or without the trailing /api."""
        self.root = base_url.rstrip("/").removesuffix("/api") + "/api"
        self.secret = secret
        self.http = http

    def _get(self, path: str, **params: Any) -> Any:
        """`data` of the answer to a GET."""
        return self._judge(self.http.request("GET", f"{self.root}/{path}", params=self._fields(params)))

    def _post(self, path: str, *, files: Files | None = None, **fields: Any) -> Any:
        """`data` of the answer to a POST: urlencoded, multipart only with files."""
        return self._judge(
            self.http.request("POST", f"{self.root}/{path}", data=self._fields(fields), files=files or None)
        )

    def _get_in_private(self, path: str, **params: Any) -> Any:
        """A GET whose answer is not recorded, for whoever sees it can take the account over."""
        return self._judge(
            self.http.request("GET", f"{self.root}/{path}", params=self._fields(params), keeps_answer=False)
        )

    def _post_in_private(self, path: str, **fields: Any) -> Any:
        """A POST whose answer is not recorded, for it holds a code."""
        return self._judge(
            self.http.request("POST", f"{self.root}/{path}", data=self._fields(fields), keeps_answer=False)
        )

    def _rows(self, path: str, **params: Any) -> list[Row]:
        """A list answer. An empty one may come as false, and PHP turns a list with holes into an object."""
        data = self._get(path, **params)
        found = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
        return [row for row in found if isinstance(row, dict)]

    def _row(self, path: str, **params: Any) -> Row:
        """An object answer; {} where the gateway has nothing to tell."""
        return as_row(self._get(path, **params))

    def _fields(self, fields: Mapping[str, Any]) -> dict[str, str]:
        given = {name: _text(value) for name, value in fields.items() if value is not None}
        return {"secret": self.secret, **given}

    def _judge(self, reply: Reply) -> Any:
        """`data` when the gateway says yes, else raise what its refusal means.

        The HTTP code is nearly always 200, so it decides only when the body explains nothing.
        """
        status, message, data = self._envelope(reply)
        if status is None or (reply.status_code >= 400 and reply.status_code != status):
            if known := known_refusal(message):
                raise known
            judge_http(reply, message)
            if 300 <= reply.status_code < 400:
                raise AccountRejected(Reason.WRONG_ADDRESS, f"HTTP {reply.status_code}: the server lives elsewhere")
            raise OutcomeUnknown(Reason.UNREADABLE, "the answer is not the gateway's")
        if status == 200:
            # "Action is not supported in this campaign!" comes with status 200 (1.6.1).
            if data is False and "not supported" in message.lower():
                raise refusal(status, message)
            return data
        if status >= 500 and carries_ids(data):  # the rows exist: sending again would send twice (1.2 row 42)
            return data
        raise refusal(status, message)

    def _envelope(self, reply: Reply) -> tuple[int | None, str, Any]:
        """(status, message, data); status None when the body is not Zender's envelope."""
        try:
            body = reply.json()
            status = int(body["status"])
        except (OutcomeUnknown, TypeError, KeyError, ValueError):
            return None, "", None
        message = str(body.get("message") or "")
        return status, mask(message, self.http.secrets), body.get("data")


def as_row(data: Any) -> Row:
    """`data` as an object: lists and false come where there is nothing to tell."""
    return data if isinstance(data, dict) else {}


def carries_ids(data: Any) -> bool:
    """Whether the data of an error names rows the gateway has made."""
    return bool(as_row(data).get("messageId") or as_row(data).get("messageIds"))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list | tuple):
        return ",".join(str(item) for item in value)
    return str(value)
