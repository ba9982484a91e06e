"""HTTP for gateway clients: one httpx session per account, transport errors turned into outcomes, exchanges recorded.

What a transport error means for a message (lessons.md 2.4): before the request left, nothing was sent; once it may have
left, nobody knows.
"""

import json
import logging
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import certifi
import httpx

from messaging.providers.errors import AccountRejected, MessageRejected, NotSent, OutcomeUnknown, ProviderError, Reason
from messaging.providers.redact import mask, mask_fields

logging.getLogger("httpx").setLevel(logging.WARNING)  # its INFO lines carry whole URLs, keys included

CONNECT_TIMEOUT = 5.0  # seconds
WRITE_TIMEOUT = 5.0
POOL_TIMEOUT = 1.0
READ_TIMEOUT = 20.0  # a send that takes longer has an unknown outcome
CALL_SECONDS = CONNECT_TIMEOUT + WRITE_TIMEOUT + POOL_TIMEOUT + READ_TIMEOUT  # no call lasts longer
KEPT_BODY = 4000  # characters of request and response kept on an exchange


@dataclass(frozen=True, kw_only=True)
class ExchangeRecord:
    """One redacted HTTP request and its response. elapsed_ms: until the body was read. status_code 0: no answer."""

    method: str
    url: str
    request: str
    status_code: int
    response: str
    elapsed_ms: int
    error: str
    at: datetime


Recorder = Callable[[ExchangeRecord], None]


@dataclass(frozen=True)
class Reply:
    """An HTTP answer: status code, content type and body."""

    status_code: int
    content_type: str
    content: bytes
    retry_after: float | None = None

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """The parsed body; OutcomeUnknown when it is not JSON (a proxy's error page, a cut line)."""
        try:
            return json.loads(self.content)
        except ValueError as error:
            raise OutcomeUnknown(Reason.UNREADABLE, "the answer is not JSON") from error


class Http:
    """A session with one gateway account. Thread-safe. `secrets` are masked wherever they appear in a record."""

    def __init__(
        self,
        *,
        secrets: tuple[str, ...] = (),
        record: Recorder | None = None,
        read_timeout: float = READ_TIMEOUT,
        connections: int = 64,
    ) -> None:
        self.secrets = tuple(secret for secret in secrets if len(secret) >= 4)
        self._record = record
        self._client = httpx.Client(
            timeout=httpx.Timeout(read_timeout, connect=CONNECT_TIMEOUT, write=WRITE_TIMEOUT, pool=POOL_TIMEOUT),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=4),
            headers={"User-Agent": "Carillon"},
            verify=_tls(),
            trust_env=False,  # a proxy set for the desktop must not see customers' numbers
        )

    def close(self) -> None:
        self._client.close()

    def add_secret(self, secret: str) -> None:
        """Mask this too from now on (a token fetched on the way)."""
        if len(secret) >= 4 and secret not in self.secrets:
            self.secrets = (*self.secrets, secret)

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        json_body: Any = None,
        files: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        keeps_answer: bool = True,
    ) -> Reply:
        """One call, never repeated. Raises NotSent when it certainly did not arrive, OutcomeUnknown when it may have.
        keeps_answer: False where the answer itself is a secret (a one-time code, a QR): it is left out of the record."""
        started = time.perf_counter()
        reply: Reply | None = None
        error: ProviderError | None = None
        try:
            response = self._client.request(
                method, url, params=params, data=data, json=json_body, files=files, headers=headers
            )
            reply = Reply(
                response.status_code,
                response.headers.get("content-type", ""),
                response.content,
                _seconds(response.headers.get("retry-after")),
            )
        except httpx.HTTPError as problem:
            error = _outcome_of(problem)
            raise error from None  # httpx's own text carries the URL, and with it the key
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as problem:
            error = AccountRejected(Reason.WRONG_ADDRESS, type(problem).__name__)
            raise error from None
        finally:
            if self._record is not None:
                kept = reply if keeps_answer or reply is None else replace(reply, content=b"(not kept)")
                self._record(self._exchange(method, url, params, data or json_body, kept, error, started))
        return reply

    def _exchange(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None,
        body: Any,
        reply: Reply | None,
        error: ProviderError | None,
        started: float,
    ) -> ExchangeRecord:
        sent = {**({"query": mask_fields(params)} if params else {}), **({"body": mask_fields(body)} if body else {})}
        is_text = reply is not None and not reply.content_type.startswith(("image/", "audio/", "video/"))
        return ExchangeRecord(
            method=method,
            url=mask(url, self.secrets),
            request=mask(json.dumps(sent, ensure_ascii=False, default=str), self.secrets)[:KEPT_BODY],
            status_code=reply.status_code if reply else 0,
            response=mask(reply.text, self.secrets)[:KEPT_BODY] if reply and is_text else "",
            elapsed_ms=round((time.perf_counter() - started) * 1000),
            error=str(error or ""),
            at=datetime.now(UTC),
        )


def judge_http(reply: Reply, detail: str = "") -> None:
    """Raise what an HTTP error status means where the body explains nothing better. providers.md 6.2."""
    code = reply.status_code
    if code < 400:
        return
    note = detail or f"HTTP {code}"
    if code == 429:
        raise NotSent(Reason.THROTTLED, note, retry_after=reply.retry_after)
    if code in (401, 403):
        raise AccountRejected(Reason.BAD_CREDENTIALS, note)
    if code in (404, 405):
        raise AccountRejected(Reason.WRONG_ADDRESS, note)
    if code < 500:
        raise MessageRejected(Reason.REJECTED, note)
    raise OutcomeUnknown(Reason.GATEWAY_ERROR, note)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """One set of trusted certificates for all sessions: reading it takes longer than a call."""
    return ssl.create_default_context(cafile=certifi.where())


def _outcome_of(problem: httpx.HTTPError) -> ProviderError:
    if isinstance(problem, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError):
        return NotSent(Reason.UNREACHABLE, type(problem).__name__)
    if isinstance(problem, httpx.UnsupportedProtocol):
        return AccountRejected(Reason.WRONG_ADDRESS, "the address must begin with http:// or https://")
    if isinstance(problem, httpx.TimeoutException):
        return OutcomeUnknown(Reason.TIMEOUT, type(problem).__name__)
    return OutcomeUnknown(Reason.GATEWAY_ERROR, type(problem).__name__)


def _seconds(value: str | None) -> float | None:
    try:
        return min(float(value), 86_400) if value else None
    except ValueError:
        return None
