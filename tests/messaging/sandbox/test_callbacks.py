"""The gateways call the product: a real listener takes the call and reads it as the documents say."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from tests.messaging.sandbox.conftest import Ask
from tests.sandbox_process import SandboxProcess, eventually


class Listener:
    """What came in, oldest first, as flat form fields."""

    def __init__(self) -> None:
        self.calls: list[dict[str, str]] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                listener.calls.append({name: values[0] for name, values in parse_qs(body).items()})
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/callbacks/zender/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def listener(sandbox: SandboxProcess) -> Iterator[Listener]:
    listener = Listener()
    sandbox.control("callbacks", {"account": "zender", "url": listener.url, "secret": "our-secret"})
    yield listener
    listener.close()


def test_it_tells_of_a_chat_in_phps_nesting(sandbox: SandboxProcess, listener: Listener) -> None:
    sandbox.control("incoming", {"account": "zender", "from": "+5215555000001", "text": "¿Precio?"})
    call = eventually(lambda: listener.calls)[0]
    assert (call["secret"], call["type"]) == ("our-secret", "whatsapp")
    assert (call["data[phone]"], call["data[message]"]) == ("+5215555000001", "¿Precio?")
    assert call["data[wid]"] == sandbox.account()["numbers"][0]["phone"]
    assert set(call) == {"secret", "type"} | {
        f"data[{name}]" for name in ("id", "wid", "phone", "message", "attachment", "timestamp")
    }


def test_it_tells_of_an_sms(sandbox: SandboxProcess, listener: Listener) -> None:
    sandbox.control("incoming", {"account": "zender", "channel": "sms", "from": "+5215555000001", "text": "Hola"})
    call = eventually(lambda: listener.calls)[0]
    assert (call["type"], call["data[sim]"], call["data[message]"]) == ("sms", "1", "Hola")


def test_it_tells_of_replies_but_never_of_delivery(
    ask: Ask, sandbox: SandboxProcess, listener: Listener, number: str
) -> None:
    ask("send/whatsapp", account=number, recipient="+5215555000001", message="Hi")
    ask("send/whatsapp", account=number, recipient="+5215555000097", message="Hi")
    eventually(lambda: listener.calls)
    assert [call["data[message]"] for call in listener.calls] == ["STOP"]


def test_it_calls_once_even_when_nobody_answers(sandbox: SandboxProcess, listener: Listener) -> None:
    listener.close()
    sandbox.control("incoming", {"account": "zender", "from": "+5215555000001", "text": "Hola"})
    calls = eventually(lambda: sandbox.control("callbacks")["items"])
    assert [(call["attempt"], "error" in call) for call in calls] == [(1, True)]


def test_it_can_be_silenced(ask: Ask, sandbox: SandboxProcess, listener: Listener) -> None:
    sandbox.control("callbacks", {"account": "zender", "on": False})
    sandbox.control("incoming", {"account": "zender", "from": "+5215555000001", "text": "first"})
    sandbox.control("callbacks", {"account": "zender", "on": True})
    sandbox.control("incoming", {"account": "zender", "from": "+5215555000001", "text": "second"})
    eventually(lambda: listener.calls)
    assert [call["data[message]"] for call in listener.calls] == ["second"]
