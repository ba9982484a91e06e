"""The sandbox's own HTTP server, byte by byte where a client library would hide it."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.sandbox_process import SandboxProcess


@pytest.fixture
def line(sandbox: SandboxProcess) -> Iterator[socket.socket]:
    address = urlsplit(sandbox.url)
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        yield connection


def read_answer(line: socket.socket) -> tuple[int, bytes]:
    """Status and body of one answer."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += line.recv(4096)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += line.recv(4096)
    return int(head.split(b" ")[1]), body


def test_it_answers_several_requests_on_one_line(line: socket.socket) -> None:
    for _ in range(3):
        line.sendall(b"GET /control/options HTTP/1.1\r\nHost: x\r\n\r\n")
        assert read_answer(line)[0] == 200


def test_it_waits_for_a_body_that_comes_in_pieces(line: socket.socket) -> None:
    body = b'{"latency_ms": 0}'
    line.sendall(b"POST /control/options HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:5])
    line.sendall(body[5:])
    assert read_answer(line)[0] == 200


def test_it_reads_a_chunked_body(line: socket.socket) -> None:
    line.sendall(b"POST /control/options HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    line.sendall(b'8\r\n{"seed":\r\n3\r\n 7}\r\n0\r\n\r\n')
    status, body = read_answer(line)
    assert (status, json.loads(body)["seed"]) == (200, 7)


def test_it_tells_a_waiting_client_to_continue(line: socket.socket) -> None:
    line.sendall(b"POST /control/reset HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert line.recv(4096).startswith(b"HTTP/1.1 100 ")
    line.sendall(b"{}")
    assert read_answer(line)[0] == 200


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"NONSENSE\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon here\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    ],
)
def test_it_refuses_what_is_not_a_request(line: socket.socket, request_bytes: bytes, status: int) -> None:
    line.sendall(request_bytes)
    assert read_answer(line)[0] == status


def test_it_has_no_gateway_at_other_paths(http: httpx.Client) -> None:
    assert http.get("/nobody/api/get").status_code == 404


def test_it_says_so_when_its_port_is_taken(sandbox: SandboxProcess, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError, match="did not start"):
        SandboxProcess(port=urlsplit(sandbox.url).port or 0).start()
    assert "Choose another with --port" in capfd.readouterr().err
