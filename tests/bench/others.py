"""A whole campaign beside what else there is, all of them into one sandbox, in one run.

Ours: from the start of a campaign to its last recorded answer, launching and topping up included.
django-q2: one task per message, with its defaults and as its documentation makes it fast.
django-meta-whatsapp: its `run_campaign`, a loop in one process. Installed for the run, with pip, into a folder of its own.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from django.db import connection

from campaigns import lifecycle, runner
from messaging.models import Line
from messaging.outbox.pump import Pump
from tests.bench.ground import tell
from tests.bench.sending import line_of, make_campaign, make_people
from tests.sandbox_process import ROOT, SandboxProcess

META = "django-meta-whatsapp==1.1.0"


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=3000)
    count = parser.parse_args(words).messages
    make_people(count)
    with tempfile.TemporaryDirectory(prefix="carillon-bench-") as folder:
        has_meta = install(META, Path(folder))
        for latency in (0, 150):
            with SandboxProcess(options={"step-seconds": 3600, "latency-ms": latency}) as sandbox:
                compare(sandbox, folder, count, latency=latency, has_meta=has_meta)


def compare(sandbox: SandboxProcess, folder: str, count: int, *, latency: int, has_meta: bool) -> None:
    ours = campaign_rate(line_of(sandbox, "zender"), count)
    tell(f"ours, {latency} ms", f"{ours:10,.0f} /s")
    rates = {"django-q2's defaults": plain(sandbox, "tasks", count // 3)}
    tuned = {"PLAIN_TUNED": "1", **({"PLAIN_WORKERS": "32"} if latency else {})}
    rates["django-q2 tuned" + (", 32 workers" if latency else "")] = plain(sandbox, "tasks", count, **tuned)
    if has_meta:
        rates["django-meta-whatsapp"] = plain(
            sandbox, "meta", 50 if latency else count // 3, PLAIN_META="1", PYTHONPATH=folder
        )
    for name, rate in rates.items():
        tell(f"{name}, {latency} ms", f"{rate:10,.0f} /s   ours is {ours / rate:.1f} times as fast")


def campaign_rate(line: Line, count: int) -> float:
    """Messages a second of a campaign to everybody."""
    campaign = make_campaign(line)
    started = time.perf_counter()
    lifecycle.start(campaign)
    lifecycle.prepare(campaign.pk)
    while campaign.state != campaign.State.FINISHED:
        runner.run(campaign.pk)
        Pump().run()
        campaign.refresh_from_db()
    return count / (time.perf_counter() - started)


def plain(sandbox: SandboxProcess, what: str, count: int, **more: str) -> float:
    """The rate of a comparison, in processes and tables of its own."""
    remote = sandbox.account("zender")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.bench.plain.settings",
        "DATABASE_URL": own_database(),
        "PLAIN_GATEWAY": f"{sandbox.url}/zender/api/send/whatsapp",
        "PLAIN_SECRET": remote["credentials"]["secret"],
        "PLAIN_ACCOUNT": remote["numbers"][0]["unique"],
        **more,
    }
    command = [sys.executable, "-m", "tests.bench.plain", what, str(count)]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout.split()[-1])


def own_database() -> str:
    """An empty one on the same server, or a file beside ours."""
    name = f"plain_{time.monotonic_ns()}"
    if connection.vendor == "sqlite":
        return f"sqlite:///{os.environ['CARILLON_VAR']}/{name}.sqlite3"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    return os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"


def install(package: str, folder: Path) -> bool:
    """Fetch a package without what it needs: that is here already. False, with a word about it, when it cannot be had."""
    command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--target"]
    done = subprocess.run([*command, str(folder), package], check=False)
    if done.returncode:
        tell(package, "could not be installed: left out")
    return done.returncode == 0
