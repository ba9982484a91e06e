"""Calls to addresses that others gave us: only to public ones, so that nobody reaches our own network through us.

Names are resolved here and the connection goes to the very address that was looked at, so a name that changes its mind
between the look and the call gains nothing. `PRIVATE_HOSTS` and the sandbox are the exceptions.
"""

import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urljoin, urlsplit

import certifi
import httpcore
import httpx
from django.conf import settings

REDIRECTS = 3
_NAT64 = ip_network("64:ff9b::/96")


class NotAllowed(Exception):
    """The address is not one that we call: not http(s), not public, or with a login in it."""


class TooLarge(Exception):
    """The answer is larger than the caller wants."""


class Unreachable(Exception):
    """No answer, or not in time. The text is one word and carries nothing of the address."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """status_code, headers in lower case, and the body."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


def get(url: str, *, seconds: float, limit: int) -> Answer:
    """Fetch url; redirects are followed, each looked at like the first. limit: bytes. Raises the three above."""
    deadline = time.monotonic() + seconds
    for _redirect in range(REDIRECTS + 1):
        answer = _call("GET", url, {}, None, deadline, limit)
        location = answer.headers.get("location", "")
        if answer.status_code not in (301, 302, 303, 307, 308) or not location:
            return answer
        try:
            url = urljoin(url, location)
        except ValueError as error:
            raise NotAllowed("not an address") from error
    raise Unreachable("TooManyRedirects")


def post(url: str, *, content: bytes, headers: Mapping[str, str], seconds: float, limit: int = 10_000) -> Answer:
    """Post to url; a redirect is an answer like any other. Raises the three above, TooLarge never: the body is cut."""
    return _call("POST", url, headers, content, time.monotonic() + seconds, limit, is_cut=True)


def check(url: str) -> None:
    """Raise NotAllowed for an address that is certainly never called, without asking a name server."""
    parts = _parts(url)
    host = str(parts.hostname)
    try:
        ip_address(host)
    except ValueError:
        if (host == "localhost" or "." not in host) and not _is_excepted(host, parts.port):
            raise NotAllowed("not a public name") from None
    else:
        _look(host, parts.port, [host])


def is_public(address: str) -> bool:
    """Whether an IP address is of the public network, also where IPv6 carries an IPv4 one."""
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = IPv4Address(int(ip) & 0xFFFFFFFF)
        ip = inner or ip
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _parts(url: str) -> Any:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise NotAllowed("not an address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password or port == 0:
        raise NotAllowed("not a plain http address")
    return parts


def _is_excepted(host: str, port: int | None) -> bool:
    """Whether the settings let us call this host although it is not public."""
    allowed = list(settings.PRIVATE_HOSTS)
    if settings.SANDBOX_URL:
        allowed.append(urlsplit(settings.SANDBOX_URL).netloc)
    return host in allowed or f"{host}:{port}" in allowed


def _look(host: str, port: int | None, addresses: Iterable[str]) -> None:
    if not all(map(is_public, addresses)) and not _is_excepted(host, port):
        raise NotAllowed("not a public address")


def _call(
    method: str,
    url: str,
    headers: Mapping[str, str],
    content: bytes | None,
    deadline: float,
    limit: int,
    *,
    is_cut: bool = False,
) -> Answer:
    parts = _parts(url)
    try:
        target = httpx.URL(url)
        where = httpcore.URL(scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path)
        host = target.raw_host + (f":{target.port}".encode() if target.port else b"")
    except (httpx.InvalidURL, UnicodeError) as error:
        raise NotAllowed("not an address") from error
    sent = [(b"Host", host), (b"User-Agent", b"Carillon"), (b"Accept", b"*/*")]
    sent += [(name.encode(), value.encode()) for name, value in headers.items()]
    if content is not None:
        sent.append((b"Content-Length", str(len(content)).encode()))
    backend = _Backend(str(parts.hostname), parts.port, deadline)
    try:
        with (
            httpcore.ConnectionPool(ssl_context=_tls(), network_backend=backend, max_connections=1) as pool,
            pool.stream(method, where, headers=sent, content=content) as response,
        ):
            body = _read(response, limit, is_cut=is_cut)
            told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            return Answer(status_code=response.status, headers=told, content=body)
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as problem:
        raise Unreachable(type(problem).__name__) from None  # the library's text may carry the address


def _read(response: httpcore.Response, limit: int, *, is_cut: bool) -> bytes:
    body = bytearray()
    for chunk in response.iter_stream():
        body += chunk
        if len(body) > limit:
            if is_cut:
                break
            raise TooLarge
    return bytes(body[:limit])


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())


class _Backend(httpcore.SyncBackend):
    """Connects to addresses that were looked at, and lets nothing last beyond a deadline."""

    def __init__(self, host: str, port: int | None, deadline: float) -> None:
        self._host, self._port, self._deadline = host, port, deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as problem:
            raise httpcore.ConnectError("the name is not known") from problem
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        _look(self._host, self._port, addresses)
        for address in addresses:
            try:
                stream = super().connect_tcp(address, port, _left(self._deadline, 5.0), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if address == addresses[-1]:
                    raise
            else:
                return _Timed(stream, self._deadline)
        raise httpcore.ConnectError("the name has no address")


class _Timed(httpcore.NetworkStream):
    """A connection whose every wait ends at the deadline, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline)), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float, most: float = 60.0) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise httpcore.ReadTimeout("the time is up")
    return min(seconds, most)
