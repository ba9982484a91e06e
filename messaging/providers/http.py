"""HTTP for gateway clients: one httpx session per account, transport errors turned into outcomes, exchanges recorded.

What a transport error means for a message: before the request left, nothing was sent; once it may have
left, nobody knows.
"""

import gzip
import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import certifi
import httpcore
import httpx

from messaging.providers.errors import AccountRejected, MessageRejected, NotSent, OutcomeUnknown, ProviderError, Reason
from messaging.providers.redact import mask, mask_codes_in_json, mask_fields

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
    """A session with one gateway account. Thread-safe. `secrets` are masked wherever they appear in a record.

    httpx builds addresses and uploads; the calls go through its engine, httpcore, directly, and each thread keeps a
    connection of its own: both take much of the processor's time off a message (docs/benchmarks.md).
    """

    def __init__(
        self,
        *,
        secrets: tuple[str, ...] = (),
        record: Recorder | None = None,
        read_timeout: float = READ_TIMEOUT,
    ) -> None:
        self.secrets = tuple(secret for secret in secrets if len(secret) >= 4)
        self._record = record
        self._timeouts = {
            "connect": CONNECT_TIMEOUT,
            "write": WRITE_TIMEOUT,
            "read": read_timeout,
            "pool": POOL_TIMEOUT,
        }
        self._own = threading.local()
        self._pools: list[httpcore.ConnectionPool] = []

    def close(self) -> None:
        for pool in self._pools:
            pool.close()

    def _pool(self) -> httpcore.ConnectionPool:
        """This thread's connection. A pool of one: shared by many threads, looking for a free one costs more than a call."""
        if not hasattr(self._own, "pool"):
            self._own.pool = httpcore.ConnectionPool(ssl_context=_tls(), max_connections=1, keepalive_expiry=4)
            self._pools.append(self._own.pool)
        pool: httpcore.ConnectionPool = self._own.pool
        return pool

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
            target = _address(url)
            content, own = _body(data, json_body, files)
            path = target.target + (b"?" + urlencode(_pairs(params)).encode() if params else b"")
            response = self._pool().request(
                method,
                httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=path),
                headers=[*_headers(target), *own, *((k.encode(), v.encode()) for k, v in (headers or {}).items())],
                content=content,
                extensions={"timeout": self._timeouts},
            )
            reply = _reply(response)
        except _PROBLEMS as problem:
            error = _outcome_of(problem)
            raise error from None  # the library's own text may carry the address, and with it the key
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
            response=mask_codes_in_json(mask(reply.text, self.secrets))[:KEPT_BODY] if reply and is_text else "",
            elapsed_ms=round((time.perf_counter() - started) * 1000),
            error=str(error or ""),
            at=datetime.now(UTC),
        )


def judge_http(reply: Reply, detail: str = "") -> None:
    """Raise what an HTTP error status means where the body explains nothing better. docs/wire.md 6 rule 2."""
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


_PROBLEMS = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    httpx.InvalidURL,
    UnicodeError,
)


def _outcome_of(problem: Exception) -> ProviderError:
    word = type(problem).__name__
    if isinstance(problem, httpcore.UnsupportedProtocol | httpx.InvalidURL | UnicodeError):
        return AccountRejected(Reason.WRONG_ADDRESS, "the address must begin with http:// or https://")
    if isinstance(problem, httpcore.ConnectError | httpcore.ConnectTimeout | httpcore.PoolTimeout):
        return NotSent(Reason.UNREACHABLE, word)
    if isinstance(problem, httpcore.LocalProtocolError):
        return NotSent(Reason.GATEWAY_ERROR, word)  # refused by our own side before a byte left
    if isinstance(problem, httpcore.TimeoutException):
        return OutcomeUnknown(Reason.TIMEOUT, word)
    return OutcomeUnknown(Reason.GATEWAY_ERROR, word)


@lru_cache(maxsize=512)
def _address(url: str) -> httpcore.URL:
    """An address as the wire needs it (host in IDNA, path and query escaped)."""
    parsed = httpx.URL(url)
    return httpcore.URL(scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path)


def _headers(target: httpcore.URL) -> list[tuple[bytes, bytes]]:
    host = target.host if target.port is None else target.host + f":{target.port}".encode()
    return [(b"Host", host), (b"User-Agent", b"Carillon"), (b"Accept", b"*/*")]


def _body(
    data: Mapping[str, Any] | None, json_body: Any, files: Mapping[str, Any] | None
) -> tuple[bytes | None, list[tuple[bytes, bytes]]]:
    """The body and the headers that describe it."""
    if files:
        upload = httpx.Request("POST", "http://upload", data=dict(data or {}), files=files)
        content, kind = upload.read(), upload.headers["content-type"].encode()
    elif data is not None:
        content, kind = urlencode(_pairs(data)).encode(), b"application/x-www-form-urlencoded"
    elif json_body is not None:
        content, kind = json.dumps(json_body, ensure_ascii=False).encode(), b"application/json"
    else:
        return None, []
    return content, [(b"Content-Type", kind), (b"Content-Length", str(len(content)).encode())]


def _pairs(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and values of a form: truth as "true" and "false", nothing as "", a list as a name for each."""
    return [
        (name, "" if item is None else str(item).lower() if isinstance(item, bool) else str(item))
        for name, value in fields.items()
        for item in (value if isinstance(value, list | tuple) else (value,))
    ]


_PICTURES = (b"\x89PNG", b"\xff\xd8", b"GIF8")
_ESCAPES = re.compile(rb"(?<!\\)((?:\\\\)*)((?:\\u[0-9a-fA-F]{4})+)")
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


def _keepable(content: bytes) -> bytes:
    """An answer without the characters that no database keeps: NUL, and halves of a character, also where JSON escapes them."""
    if content.startswith(_PICTURES):
        return content
    if any(begin in content for begin in (b"\\u0000", b"\\ud", b"\\uD")):
        content = _ESCAPES.sub(_keepable_escapes, content)
    return content.replace(b"\0", b"")


def _keepable_escapes(run: re.Match[bytes]) -> bytes:
    """Escapes in a row, so that the halves of a character stand together; the backslashes before them escape each other."""
    told: str = json.loads(b'"%s"' % run[2])
    kept = _UNKEEPABLE.sub("", told)
    return run[0] if kept == told else run[1] + json.dumps(kept)[1:-1].encode()


def _reply(response: httpcore.Response) -> Reply:
    headers = {name.lower(): value.decode("latin-1") for name, value in response.headers}
    content = response.content
    if headers.get(b"content-encoding", "").lower() == "gzip":  # not asked for, but some proxies insist
        content = gzip.decompress(content)
    content = _keepable(content)
    return Reply(response.status, headers.get(b"content-type", ""), content, _seconds(headers.get(b"retry-after")))


def _seconds(value: str | None) -> float | None:
    try:
        return min(float(value), 86_400) if value else None
    except ValueError:
        return None
