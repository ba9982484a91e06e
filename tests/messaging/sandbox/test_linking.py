"""A number is linked by QR: the token waits, a phone scans, the account list tells."""

import re

import httpx

from tests.messaging.sandbox.conftest import Ask
from tests.sandbox_process import SandboxProcess


def token_of(answer: dict[str, dict[str, str]]) -> str:
    return answer["data"]["qrimagelink"].partition("token=")[2]


def test_it_links_a_number_that_scans(ask: Ask, http: httpx.Client, sandbox: SandboxProcess) -> None:
    link = ask("create/wa.link", sid=1)
    assert set(link["data"]) == {"qrstring", "qrimagelink", "infolink"}
    waiting = http.get(link["data"]["infolink"]).json()
    assert waiting == {"status": 301, "message": "Waiting for WhatsApp information!", "data": False}
    scanned = sandbox.control("scan", {"qr": link["data"]["qrstring"], "phone": "+5215587000001"})
    info = http.get(link["data"]["infolink"]).json()
    assert info["data"] == {"wid": "+5215587000001", "unique": scanned["unique"]}
    assert scanned["unique"] in [row["unique"] for row in ask("get/wa.accounts")["data"]]


def test_it_shows_the_code_as_a_picture(ask: Ask, http: httpx.Client) -> None:
    picture = http.get(ask("create/wa.link", sid=1)["data"]["qrimagelink"])
    assert picture.headers["Content-Type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG\r\n")


def test_it_relinks_without_an_info_link(ask: Ask, sandbox: SandboxProcess, number: str) -> None:
    sandbox.control("disconnect", {"account": "zender", "number": number})
    link = ask("create/wa.relink", sid=1, unique=number)
    assert set(link["data"]) == {"qrstring", "qrimagelink"}
    assert sandbox.control("scan", {"token": token_of(link)})["unique"] == number
    assert {row["status"] for row in ask("get/wa.accounts")["data"]} == {"connected"}


def test_its_token_expires(ask: Ask, http: httpx.Client, sandbox: SandboxProcess) -> None:
    link = ask("create/wa.link", sid=1)
    sandbox.control("options", {"token_seconds": 0})
    assert http.get(link["data"]["infolink"]).json()["message"] == "Invalid token supplied!"
    assert http.post("/control/scan", json={"token": token_of(link)}).status_code == 400


def test_a_person_can_play_the_phone(ask: Ask, http: httpx.Client) -> None:
    token = token_of(ask("create/wa.link", sid=1))
    assert f"/control/scan?token={token}" in http.get("/control/").text
    page = http.get("/control/scan", params={"token": token}).text
    hidden = re.search(r'name="token" value="([0-9a-f]+)"', page)
    assert hidden is not None
    assert "is connected" in http.post("/control/scan", data={"token": hidden[1], "phone": ""}).text
    assert "is connected" in http.get("/control/scan", params={"token": token}).text


def test_the_scan_page_knows_nothing_of_a_wrong_token(http: httpx.Client) -> None:
    assert http.get("/control/scan", params={"token": "<b>"}).status_code == 404
