"""The product as it is started for real: what happens when its processes are killed, and how it starts and stops."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User

from messaging.models import Message
from tests.product import Product, free_port
from tests.sandbox_process import ROOT, SandboxProcess, eventually, running_sandbox, sandbox
from tests.world import make_people, phone

__all__ = ["running_sandbox", "sandbox"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.crash]


@pytest.fixture
def product(database_url: str, tmp_path: Path, admin: User) -> Iterator[Product]:
    with Product(database_url=database_url, folder=tmp_path) as running:
        running.sign_in("root")
        yield running


def ready_lines(product: Product, sandbox: SandboxProcess) -> list[int]:
    """An account made over the API, its WhatsApp lines without a pace."""
    remote = sandbox.account("zender")
    account = product.api(
        "POST",
        "/accounts",
        {
            "provider": "zender",
            "name": "Desk",
            "base_url": f"{remote['base_url']}/api",
            "credentials": remote["credentials"],
            "region": "MX",
        },
        expect=201,
    )
    assert product.api("POST", f"/accounts/{account['id']}/check")["ok"] is True
    job = product.api("POST", f"/accounts/{account['id']}/sync", expect=202)["job"]
    eventually(lambda: product.api("GET", f"/jobs/{job}")["state"] == "done", within=30)
    lines = [
        line["id"]
        for line in product.api("GET", f"/lines?account={account['id']}")["items"]
        if line["channel"] == "whatsapp" and line["state"] == "ready"
    ]
    for line in lines:
        product.api(
            "PATCH", f"/lines/{line}", {"gap_seconds": 0, "jitter_seconds": 0, "per_hour": None, "per_day": None}
        )
    return lines


def has_reached(sandbox: SandboxProcess, people: float) -> bool:
    """Whether more than so many phones got something."""
    return len(sandbox.received_by()) > people


def start_campaign(product: Product, lines: list[int], **more: Any) -> int:
    """Over the API."""
    body = {"name": "Spring", "lines": lines, "groups": ["VIP"], "body": "Hi {{ name }}", **more}
    campaign: int = product.api("POST", "/campaigns", body, expect=201)["id"]
    product.api("POST", f"/campaigns/{campaign}/start", expect=200)
    return campaign


def test_nobody_gets_two_and_nobody_is_lost_when_the_cluster_is_killed(
    product: Product, sandbox: SandboxProcess
) -> None:
    lines = ready_lines(product, sandbox)
    people = {contact.phone for contact in make_people(300)}
    sandbox.control("options", {"latency_ms": 100})
    campaign = start_campaign(product, lines)
    for half in (0.2, 0.5):
        eventually(partial(has_reached, sandbox, half * len(people)), within=30)
        product.kill_cluster()
    found = product.wait_for_state(campaign, "finished", within=120)
    counts = found["counts"]
    received = sandbox.received_by()
    assert set(received.values()) == {1}
    assert counts["selected"] == len(people) == sum(counts[s] for s in counts if s != "selected")
    missing = people - set(received)
    unknown = set(Message.objects.filter(status="unknown").values_list("phone", flat=True))
    assert missing <= unknown, "somebody was lost without a word"
    assert counts["unknown"] == len(unknown) < len(people) / 2


def test_work_goes_on_when_an_idle_worker_was_killed(product: Product, sandbox: SandboxProcess) -> None:
    lines = ready_lines(product, sandbox)
    for pid in product.workers():
        os.kill(pid, signal.SIGKILL)
    make_people(5)
    campaign = start_campaign(product, lines)
    product.wait_for_state(campaign, "finished", within=120)
    assert sandbox.received_by() == {phone(number): 1 for number in range(1, 6)}


def test_the_web_server_comes_back(product: Product) -> None:
    web = next(pid for pid in product.processes() if "gunicorn" in Path(f"/proc/{pid}/cmdline").read_text())
    os.killpg(web, signal.SIGKILL)
    eventually(product.is_well, within=30)


def test_ctrl_c_stops_everything_and_exits_cleanly(product: Product) -> None:
    below = product.processes()
    assert product.stop() == 0
    assert [pid for pid in below if Path(f"/proc/{pid}").exists()] == []


def test_a_busy_port_gets_a_sentence(product: Product) -> None:
    again = subprocess.run(
        [sys.executable, "manage.py", "up", "--port", str(product.port), "--no-sandbox"],
        cwd=ROOT, env=product.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert again.returncode != 0
    assert f"Port {product.port} is in use" in again.stderr


def test_no_key_reaches_the_log(product: Product, sandbox: SandboxProcess) -> None:
    lines = ready_lines(product, sandbox)
    make_people(3)
    product.wait_for_state(start_campaign(product, lines), "finished")
    logged = product.log.read_text(errors="replace")
    secret = sandbox.account("zender")["credentials"]["secret"]
    assert secret not in logged
    assert "carillon_" not in logged


def test_healthz_says_what_is_not_alive(product: Product) -> None:
    assert httpx.get(f"{product.url}/healthz").json() == {
        "status": "ok",
        "web": True,
        "database": True,
        "cluster": True,
    }


def test_the_demo_can_be_run_in_the_first_minute(tmp_path: Path) -> None:
    port = str(free_port())
    product = Product(
        database_url=f"sqlite:///{tmp_path / 'demo.sqlite3'}", folder=tmp_path, flags=("--sandbox-port", port)
    )  # fmt: skip
    product.manage("migrate", "-v", "0")
    product.manage("demo", "--sandbox-port", port)
    with product:
        product.sign_in("admin")
        campaign = product.api("GET", "/campaigns")["items"][0]["id"]
        product.api("POST", f"/campaigns/{campaign}/start")
        counts = product.wait_for_state(campaign, "finished", within=60)["counts"]
        assert counts["selected"] >= 20
        assert "password" not in product.log.read_text()
    product.manage("demo", "--sandbox-port", port)
