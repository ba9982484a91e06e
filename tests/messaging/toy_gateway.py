"""A dovecote: the server of the pigeon post, a small gateway of our own that speaks real HTTP.

    with Dovecote() as dovecote:
        dovecote.letters, dovecote.url, dovecote.reply("+5222…", "STOP")

Letters are `perched` when taken; `land` brings them on. A number that ends in 91 has no roof, and after one that ends
in 94 the line drops although the letter was taken.
"""

import json
import threading
import time
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

KEY = "grain-and-water"
RINGS = {"red": "+5215550000001", "blue": "+5215550000002"}


@dataclass
class Letter:
    """One letter; `text` is never shown again."""

    id: str
    mark: str
    to: str
    text: str
    state: str = "perched"


class Dovecote:
    """Use as a context manager. `flights`: how many letters each release carried."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.replies: list[dict[str, Any]] = []
        self.flights: list[int] = []
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

    def land(self, state: str = "landed") -> None:
        """All letters arrive (or go astray)."""
        for letter in self.letters:
            letter.state = state

    def reply(self, number: str, text: str) -> None:
        """Somebody sends a pigeon back."""
        self.replies.append({"id": f"r{len(self.replies) + 1}", "number": number, "text": text, "at": time.time()})

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> dict[str, Any] | None:
        """The answer to a call; None drops the line."""
        if query.get("key") != KEY:
            return {"huff": "strange key"}
        match method, path:
            case "GET", "/nest":
                return {"coo": True, "name": "Dovecote by the sea", "grain": 500}
            case "GET", "/pigeons":
                return _rows([{"ring": ring, "number": number, "awake": True} for ring, number in RINGS.items()])
            case "GET", "/letters":
                marks = query.get("marks", "").split(",")
                return _rows([asdict(letter) for letter in self.letters if letter.mark in marks])
            case "GET", "/replies":
                return _rows(self.replies)
            case "POST", "/release":
                return self._release(body)
        return {"huff": "no such door"}

    def _release(self, body: dict[str, Any]) -> dict[str, Any] | None:
        if body["ring"] not in RINGS:
            return {"huff": "no such pigeon"}
        self.flights.append(len(body["letters"]))
        with self._lock:
            rows = [self._take(letter) for letter in body["letters"]]
        return None if any(letter["to"].endswith("94") for letter in body["letters"]) else _rows(rows)

    def _take(self, letter: dict[str, str]) -> dict[str, str]:
        if letter["to"].endswith("91"):
            return {"mark": letter["mark"], "huff": "no roof there"}
        taken = Letter(id=f"p{len(self.letters) + 1}", **letter)
        self.letters.append(taken)
        return {"mark": taken.mark, "id": taken.id}


def _rows(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"coo": True, "rows": rows}


def _handler_for(dovecote: Dovecote) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: pytest's output is for the tests."""

        def _serve(self) -> None:
            address = urlsplit(self.path)
            sent = self.rfile.read(int(self.headers.get("content-length") or 0))
            query = dict(parse_qsl(address.query))
            answer = dovecote.answer(self.command, address.path, query, json.loads(sent or b"null"))
            if answer is None:
                self.close_connection = True
                return
            content = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler
