"""Whether the cluster on this machine still works on tasks. Clusters that share a database share one clock, so the clock's
beat does not tell which of them hangs.
"""

import os
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django_q.conf import Conf
from django_q.status import Stat

VARIABLE = "CARILLON_PULSE_FILE"
STILL = settings.Q_CLUSTER["timeout"] + 15  # seconds; a worker that lives begins its next task sooner


def beat(**_kwargs: Any) -> None:
    """A worker begins a task (listens to django-q's `pre_execute`)."""
    if path := os.environ.get(VARIABLE):
        Path(path).touch()


def has_stopped(path: Path, *, parent: int) -> bool:
    """Whether the cluster with this parent process holds tasks and has begun none for longer than any task may take."""
    if not path.exists() or time.time() - path.stat().st_mtime < STILL:
        return False
    return any(stat.pid == parent and stat.task_q_size > 0 for stat in Stat.get_all())


def is_ending() -> bool:
    """Whether the cluster of this worker was asked to end; also one that was started by hand, without our launcher."""
    return any(stat.sentinel == os.getppid() and str(stat.status) == str(Conf.STOPPING) for stat in Stat.get_all())
