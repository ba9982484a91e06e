"""`manage.py sandbox` is the same program."""

import signal
import subprocess
import sys

import httpx

from tests.sandbox_process import ROOT


def test_it_runs_from_manage_py_until_it_is_told_to_stop() -> None:
    command = [sys.executable, "manage.py", "sandbox", "--port", "0", "--step-seconds", "0.25"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        assert httpx.get(f"{address}options").json()["step_seconds"] == 0.25
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
