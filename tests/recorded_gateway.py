"""A real HTTP server on loopback that answers with recordings, for gateway clients tried without a sandbox.

    with RecordedGateway() as gateway:
        gateway.answer({"status": 200, "message": "Contact Groups", "data": []})
        client = ZenderClient(gateway.url, ...)

Answers are given in order; the last one is repeated when the queue runs dry, and with none at all the call gets 599.
`answer_at` pins an answer to a path for tests in which the order of calls does not matter.
"""

import json
import threading
from collections import deque
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call as it arrived. headers: lower-case names. query, form: last value of a name; files: name → content."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    form: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What to answer. `hangs_up`: close the connection without a word once the request was read."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    hangs_up: bool = False


class RecordedGateway:
    """Use as a context manager. `url` has no trailing slash; `requests` holds every call, oldest first."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._answers: deque[Answer] = deque()
        self._last: Answer | None = None
        self._pinned: dict[str, deque[Answer]] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, body: Any, *, status: int = 200, content_type: str = "", **headers: str) -> None:
        """Queue an answer: bytes or text as they are, anything else as JSON. headers: Retry_After="7"."""
        self._answers.append(_answer(body, status, content_type, headers))

    def answer_at(self, path: str, body: Any, *, status: int = 200, content_type: str = "", **headers: str) -> None:
        """Queue an answer for calls whose path ends with `path`; the last one is repeated."""
        self._pinned.setdefault(path, deque()).append(_answer(body, status, content_type, headers))

    def hang_up(self) -> None:
        """Queue a dropped connection: the request arrives and nothing comes back."""
        self._answers.append(Answer(body=b"", hangs_up=True))

    @property
    def last(self) -> Request:
        return self.requests[-1]

    def take(self, request: Request) -> Answer:
        """The answer for a request (called by the server's threads)."""
        with self._lock:
            self.requests.append(request)
            for path, answers in self._pinned.items():
                if request.path.endswith(path):
                    return answers.popleft() if len(answers) > 1 else answers[0]
            if self._answers:
                self._last = self._answers.popleft()
            return self._last or Answer(body=b"no recording", status=599, content_type="text/plain")


def _answer(body: Any, status: int, content_type: str, headers: dict[str, str]) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, bytes | str):
        content = body if isinstance(body, bytes) else body.encode()
        return Answer(body=content, status=status, content_type=content_type or "text/html", headers=named)
    content = json.dumps(body).encode()
    return Answer(body=content, status=status, content_type=content_type or "application/json", headers=named)


def _handler_for(gateway: RecordedGateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body leave together, or each call waits 40 ms for an acknowledgement
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def do_PUT(self) -> None:
            self._serve()

        def do_DELETE(self) -> None:
            self._serve()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: pytest's output is for the tests."""

        def _serve(self) -> None:
            address = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            form, files = _form(headers.get("content-type", ""), body)
            query = dict(parse_qsl(address.query, keep_blank_values=True))
            answer = gateway.take(
                Request(
                    method=self.command,
                    path=address.path,
                    query=query,
                    headers=headers,
                    body=body,
                    form=form,
                    files=files,
                )
            )
            if answer.hangs_up:
                self.close_connection = True
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

    return Handler


def _form(content_type: str, body: bytes) -> tuple[dict[str, str], dict[str, bytes]]:
    if content_type.startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(body.decode(), keep_blank_values=True)), {}
    if not content_type.startswith("multipart/form-data"):
        return {}, {}
    form: dict[str, str] = {}
    files: dict[str, bytes] = {}
    message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body, policy=HTTP)
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        if part.get_filename():
            files[name] = content
        else:
            form[name] = content.decode()
    return form, files
