"""A sync whose process is killed: another one goes on, and nothing is counted or opted out twice."""

import os
import signal
import subprocess
import sys

import pytest

from contacts.models import Job
from messaging.mirror import starting
from messaging.models import Exchange, MirroredObject, MirrorState
from tests.messaging.mirror_world import counts, run, wablas_with_contacts
from tests.sandbox_process import ROOT, SandboxProcess, eventually

pytestmark = [pytest.mark.crash, pytest.mark.django_db(transaction=True)]


def test_a_killed_sync_goes_on_in_another_process(sandbox: SandboxProcess, database_url: str) -> None:
    account = wablas_with_contacts(sandbox, 1500)
    sandbox.control("options", {"latency_ms": 100})
    job = starting.start_pull(account)
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-c", f"from messaging import tasks; tasks.mirror({job.pk})"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url},
        stdout=subprocess.DEVNULL,
    )
    try:
        under_way = MirrorState.objects.filter(account=account, kind="contact", pages__gte=3)
        eventually(under_way.exists, within=40)
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    before = MirroredObject.objects.filter(kind="contact").count()
    assert 300 <= before < 1501
    sandbox.control("options", {"latency_ms": 0})
    Exchange.objects.all().delete()
    job = run(job)
    assert (job.state, counts(job, "contact")) == (Job.State.DONE, (1501, 0, 0))
    pages = Exchange.objects.filter(url__endswith="/api/v2/contact").count()
    assert pages <= 16 - before // 100 + 1
