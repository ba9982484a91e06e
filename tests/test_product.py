"""The product as it is started for real: what happens when its processes are killed, and how it starts and stops."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User

from tests.product import Product
from tests.sandbox_process import ROOT, SandboxProcess, eventually
from tests.world import make_people, phone

# once: launcher and watchdog look at processes only; the crash test kills the same ones on each database.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.crash, pytest.mark.once]


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


def start_campaign(product: Product, lines: list[int], **more: Any) -> int:
    """Over the API."""
    body = {"name": "Spring", "lines": lines, "groups": ["VIP"], "body": "Hi {{ name }}", **more}
    campaign: int = product.api("POST", "/campaigns", body, expect=201)["id"]
    product.api("POST", f"/campaigns/{campaign}/start", expect=200)
    return campaign


def test_work_goes_on_when_an_idle_worker_was_killed(product: Product, sandbox: SandboxProcess) -> None:
    lines = ready_lines(product, sandbox)
    for pid in product.workers():
        os.kill(pid, signal.SIGKILL)
    make_people(5)
    campaign = start_campaign(product, lines)
    product.wait_for_state(campaign, "finished", within=120)
    assert sandbox.received_by() == {phone(number): 1 for number in range(1, 6)}


def test_it_answers_comes_back_and_leaves(product: Product) -> None:
    assert httpx.get(f"{product.url}/healthz").json() == {
        "status": "ok",
        "web": True,
        "database": True,
        "cluster": True,
    }

    again = subprocess.run(
        [sys.executable, "manage.py", "up", "--port", str(product.port), "--no-sandbox"],
        cwd=ROOT, env=product.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert again.returncode != 0
    assert f"Port {product.port} is in use" in again.stderr

    web = next(pid for pid in product.processes() if "gunicorn" in Path(f"/proc/{pid}/cmdline").read_text())
    os.killpg(web, signal.SIGKILL)
    eventually(product.is_well, within=30)

    below = product.processes()
    assert product.stop() == 0
    assert [pid for pid in below if Path(f"/proc/{pid}").exists()] == []
