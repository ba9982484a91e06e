"""Every endpoint of the pigeon post (tests/messaging/toy_gateway.py), in its own words."""

from collections.abc import Sequence
from typing import Any

from messaging.providers.errors import AccountRejected, MessageRejected, NotSent, OutcomeUnknown, Reason
from messaging.providers.http import Http, judge_http


class PigeonClient:
    """One dovecote. Success is `coo: true` in the body; a refusal names what is wrong in `huff`."""

    def __init__(self, *, base_url: str, key: str, http: Http) -> None:
        self.base_url, self.key, self.http = base_url, key, http

    def nest(self) -> dict[str, Any]:
        """Who we are: {name, grain: pigeons left to fly}."""
        return self._call("GET", "/nest")

    def pigeons(self) -> list[dict[str, Any]]:
        """The pigeons: [{ring, number, awake}]."""
        return _rows(self._call("GET", "/pigeons"))

    def release(self, *, ring: str, letters: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
        """Send letters with one pigeon: [{mark, to, text}] → [{mark, id} or {mark, huff}], in the same order."""
        return _rows(self._call("POST", "/release", {"ring": ring, "letters": list(letters)}))

    def letters(self, *, marks: Sequence[str] = ()) -> list[dict[str, Any]]:
        """What became of letters: [{id, mark, to, state}]."""
        return _rows(self._call("GET", "/letters", marks=",".join(marks)))

    def replies(self) -> list[dict[str, Any]]:
        """What came back: [{id, number, text, at}]."""
        return _rows(self._call("GET", "/replies"))

    def _call(self, method: str, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        reply = self.http.request(
            method, f"{self.base_url}{path}", params={**query, "key": self.key}, json_body=body
        )  # fmt: skip
        judge_http(reply)
        answer = reply.json()
        if not isinstance(answer, dict):
            raise OutcomeUnknown(Reason.UNREADABLE, "the answer is not an object")
        match answer.get("huff"):
            case None:
                return answer
            case "strange key":
                raise AccountRejected(Reason.BAD_CREDENTIALS, "strange key")
            case "no such pigeon":
                raise AccountRejected(Reason.LINE_MISSING, "no such pigeon", is_line=True)
            case "all pigeons are out":
                raise NotSent(Reason.THROTTLED, "all pigeons are out", retry_after=1)
            case words:
                raise MessageRejected(Reason.REJECTED, str(words))


def _rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    rows = answer.get("rows")
    if not isinstance(rows, list):
        raise OutcomeUnknown(Reason.UNREADABLE, "the answer has no rows")
    return rows
