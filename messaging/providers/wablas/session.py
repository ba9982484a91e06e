"""One device's way to its Wablas server: address, the four ways to show the token, and the shapes of a request.

docs/wire.md 3.1. Nothing here is ever repeated: several of the GETs destroy something (3.6.9).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict
from urllib.parse import quote, urlsplit

from messaging.providers.http import Http, Reply
from messaging.providers.wablas.judge import Answer, judge

NUMBER_CHECK = "https://phone.wablas.com"
BATCH = 100  # items a v2 request may carry

Shows = Literal["header", "header token only", "query", "query token only"]


class Options(TypedDict, total=False):
    """What most sending calls take besides their content ("opts" in docs/wire.md 3.2). True is written "true".

    isGroup: phone is a WhatsApp group's id. ref_id: our own id. secret: delete from the database after sending.
    retry: the gateway sends again by itself. priority: before the rest of the queue. random: any active device.
    spintax: fill {name} from the gateway's contacts. source: a word to group reports by.
    """

    isGroup: bool
    ref_id: str
    secret: bool
    retry: bool
    priority: bool
    random: bool
    spintax: bool
    source: str


class Session:
    """The calls' common part; the resources are mixed in by WablasClient."""

    def __init__(self, *, http: Http, base_url: str, token: str, secret_key: str = "") -> None:
        """base_url: the account's own server, with or without /api. secret_key: "" on older accounts."""
        self.http = http
        self.root = base_url.rstrip("/").removesuffix("/api").rstrip("/")
        self.token = token
        self.secret_key = secret_key

    @property
    def full_token(self) -> str:
        return f"{self.token}.{self.secret_key}" if self.secret_key else self.token

    @property
    def number_check_root(self) -> str:
        """Numbers of *.wablas.com accounts are checked on a server of its own; other installations do it themselves."""
        host = urlsplit(self.root).hostname or ""
        return NUMBER_CHECK if host == "wablas.com" or host.endswith(".wablas.com") else self.root

    def _call(
        self,
        method: str,
        path: str,
        *,
        shows: Shows = "header",
        query: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        json_body: Any = None,
        files: Mapping[str, Any] | None = None,
        keeps_answer: bool = True,
    ) -> Answer:
        """One call and its judged answer. path: after the server's address. Empty parameters are left out."""
        reply = self._request(
            method,
            path,
            shows=shows,
            query=query,
            form=form,
            json_body=json_body,
            files=files,
            keeps_answer=keeps_answer,
        )
        return judge(reply, self.http.secrets)

    def _request(
        self,
        method: str,
        path: str,
        *,
        shows: Shows = "header",
        query: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        json_body: Any = None,
        files: Mapping[str, Any] | None = None,
        keeps_answer: bool = True,
    ) -> Reply:
        shown = self.token if shows.endswith("token only") else self.full_token
        in_query = shows.startswith("query")
        params = {**({"token": shown} if in_query else {}), **as_text(query or {})}
        return self.http.request(
            method,
            f"{self.root}{path}",
            params=params or None,
            data=as_text(form) if form is not None else None,
            json_body=json_body,
            files=files,
            headers={} if in_query else {"Authorization": shown},  # literally, without "Bearer"
            keeps_answer=keeps_answer,
        )

    def _batch(self, path: str, items: Sequence[Mapping[str, Any]], *, method: str = "POST") -> Answer:
        """A v2 call: {"data": [...]}, at most 100 items."""
        if not 0 < len(items) <= BATCH:
            raise ValueError(f"a v2 call carries 1 to {BATCH} items")
        return self._call(method, path, json_body={"data": [as_flags(item) for item in items]})


def segment(value: str) -> str:
    """One part of a path, so that an id can never become another path."""
    return quote(value, safe="")


def as_text(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Form or query fields: what is None, False or "" is left out, True is the word "true" (3.6.4)."""
    return {key: value for key, value in as_flags(fields).items() if value not in (None, "")}


def as_flags(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item with True as the word "true" and without what is False or None."""
    return {
        key: "true" if value is True else value
        for key, value in item.items()
        if value is not None and value is not False
    }
