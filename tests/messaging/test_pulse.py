"""A cluster that hangs is told from one that has nothing to do, also where other clusters go on."""

import os
import time
from pathlib import Path

import pytest
from django_q.brokers import get_broker
from django_q.signals import pre_execute
from django_q.signing import SignedPackage
from django_q.status import Stat, Status

from messaging import pulse

pytestmark = pytest.mark.django_db  # the queue is a table
PARENT = 4711


def tell(*, waiting: int) -> None:
    """What a cluster says of itself twice a second."""
    status = Status(pid=PARENT, cluster_id="ours")
    status.task_q_size = waiting
    get_broker().set_stat(Stat.get_key("ours"), SignedPackage.dumps(status, True), 30)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The pulse of a cluster that began its last task long ago."""
    path = tmp_path / "pulse"
    path.touch()
    long_ago = time.time() - pulse.STILL - 1
    os.utime(path, (long_ago, long_ago))
    return path


def test_it_has_stopped_when_tasks_wait_and_none_begins(file: Path) -> None:
    tell(waiting=3)
    assert pulse.has_stopped(file, parent=PARENT)


def test_it_has_not_stopped_when_there_is_nothing_to_do(file: Path) -> None:
    tell(waiting=0)
    assert not pulse.has_stopped(file, parent=PARENT)


def test_another_cluster_that_hangs_is_not_this_one(file: Path) -> None:
    tell(waiting=3)
    assert not pulse.has_stopped(file, parent=PARENT + 1)


def test_each_task_that_begins_is_a_beat(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(waiting=3)
    monkeypatch.setenv(pulse.VARIABLE, str(file))
    pre_execute.send(sender="django_q", func=None, task={})
    assert not pulse.has_stopped(file, parent=PARENT)
