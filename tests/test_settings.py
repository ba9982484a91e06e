"""What the settings make of the environment, read in a process of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox_process import ROOT

_ASK = "from django.db import connection as c; k = c.cursor(); print(k.execute('PRAGMA synchronous').fetchone()[0])"
_NORMAL, _FULL = "1", "2"


@pytest.mark.parametrize(("told", "level"), [("", _FULL), ("true", _NORMAL)])
def test_sqlite_forgets_no_claim_in_a_power_cut_unless_it_may(told: str, level: str, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite3",
        "CARILLON_VAR": str(tmp_path / "var"),
    }
    environment["SQLITE_MAY_FORGET"] = told or "false"
    asked = [sys.executable, "manage.py", "shell", "-v", "0", "-c", _ASK]
    answer = subprocess.run(asked, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert answer.stdout.split()[-1] == level
