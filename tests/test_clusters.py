"""The clusters' settings, however many workers somebody asks for: no task is handed out again while it may still run."""

import math
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django_q.models import Schedule

from tests.sandbox_process import ROOT


def is_safe(cluster: dict[str, Any]) -> bool:
    """A task may wait behind a full queue and then run as long as it is let."""
    turns = 1 + math.ceil((cluster["queue_limit"] + 1) / cluster["workers"])
    return bool(cluster["retry"] > cluster["timeout"] * turns)


def test_no_cluster_repeats_a_task_that_may_still_run() -> None:
    main = settings.Q_CLUSTER
    assert is_safe(main)
    assert all(is_safe({**main, **more}) for more in main["ALT_CLUSTERS"].values())


@pytest.mark.parametrize("workers", ["1", "2", "3", "16"])
def test_the_number_of_workers_changes_nothing_about_that(workers: str) -> None:
    code = "from config.settings import Q_CLUSTER as q; print(q['queue_limit'], q['workers'], q['retry'], q['timeout'])"
    environment = {**os.environ, "Q_WORKERS": workers}
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    limit, count, retry, timeout = map(int, told.stdout.split())
    assert str(count) == workers
    assert is_safe({"queue_limit": limit, "workers": count, "retry": retry, "timeout": timeout})


@pytest.mark.django_db
def test_nothing_that_was_missed_is_made_up_for() -> None:
    """The one schedule keeps the clock alive; the clock looks at what is due now, and what was missed does not pile up."""
    assert settings.Q_CLUSTER["catch_up"] is False
    assert list(Schedule.objects.values_list("func", flat=True)) == ["messaging.clock.ensure"]
