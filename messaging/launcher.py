"""Starting, watching and stopping the product's processes: the web server, the clusters, and the sandbox.

Whoever starts clusters has to watch them: a cluster whose idle worker is killed hangs for ever and ignores SIGTERM
(a fault of django-q2), so a cluster without a heartbeat is ended by force and started again.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from django_q.models import OrmQ

from contacts.models import Job
from messaging import clock, pulse, stopping

GRACE = 32.0  # seconds a process gets to end by itself: no call to a gateway lasts longer
YOUNG = 20.0  # seconds in which a cluster need not show a heartbeat yet: it is fresh, or the database was away
SILENT = 25.0  # seconds without a heartbeat after which a cluster is ended by force
STALLED = timedelta(seconds=90)  # how long a task of the long cluster may wait while nothing of it moves


@dataclass
class Child:
    """One process of ours, in a session of its own so that Ctrl-C reaches only us."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    is_hung: Callable[[], bool] | None = None
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    patient_until: float = 0.0
    failures: int = 0
    again_at: float = 0.0

    def start(self) -> None:
        self.process = subprocess.Popen(
            list(self.command),
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # one system call, before any thread exists in the child
        )
        self.started_at = time.monotonic()
        self.patient_until = self.started_at + YOUNG

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_end(self) -> None:
        """SIGTERM to the process itself: sent to its whole group it would kill workers in the middle of a task."""
        if self.process is not None and self.is_running():
            self.process.terminate()

    def end(self, *, grace: float = GRACE) -> None:
        """End it: asked first, then the whole group by force."""
        if self.process is None:
            return
        self.ask_to_end()
        with contextlib.suppress(subprocess.TimeoutExpired):  # it had its time; what is left of it goes next
            self.process.wait(timeout=grace)
        self.kill_group()

    def kill_group(self) -> None:
        """Leave nothing behind: a cluster's workers go on when only its parent died."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        finally:
            self.process.wait()


class Launcher:
    """Runs children until told to stop; restarts what dies or hangs."""

    def __init__(self, children: Sequence[Child], *, say: Callable[[str], None]) -> None:
        self.children = children
        self._say = say
        self._is_stopping = False
        self._stop_file = Path(settings.VAR_DIR) / f"stop-{os.getpid()}"
        os.environ[stopping.VARIABLE] = str(self._stop_file)
        self._stop_file.unlink(missing_ok=True)

    def run(self) -> None:
        """Start everything, watch once a second, and stop everything on SIGINT or SIGTERM."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        try:
            for child in self.children:
                child.start()
            while not self._is_stopping:
                self.watch()
                time.sleep(1)
        finally:
            self.stop_all()

    def watch(self) -> None:
        """One look at every child."""
        for child in self.children:
            if not child.is_running():
                self._revive(child)
            elif child.is_hung is not None and time.monotonic() > child.patient_until and self._hangs(child):
                self._say(f"{child.name} does not answer any more: starting it again")
                child.end(grace=5)
                child.start()
        self._keep_clock()

    def stop_all(self) -> None:
        """Ask everybody to end, then wait for each."""
        self._stop_file.touch()
        for child in self.children:
            child.ask_to_end()
        for child in self.children:
            child.end()
        self._stop_file.unlink(missing_ok=True)
        for child in self.children:
            if path := child.environment.get(pulse.VARIABLE):
                Path(path).unlink(missing_ok=True)

    def _stop(self, _number: int, _frame: object) -> None:
        self._is_stopping = True

    def _revive(self, child: Child) -> None:
        now = time.monotonic()
        if not child.again_at:
            child.kill_group()
            child.failures = 1 if now - child.started_at > 60 else child.failures + 1
            pause = min(settings.RESTART_PAUSE, 2 ** min(child.failures - 1, 9) - 1)
            child.again_at = now + pause
            self._say(f"{child.name} ended unexpectedly: starting it again" + (f" in {pause} s" if pause else ""))
        if now >= child.again_at:
            child.again_at = 0.0
            child.start()

    def _hangs(self, child: Child) -> bool:
        try:
            return bool(child.is_hung and child.is_hung())
        except DatabaseError:
            connection.close()
            child.patient_until = time.monotonic() + YOUNG  # without the database nobody can beat
            return False

    def _keep_clock(self) -> None:
        try:
            clock.ensure()
        except DatabaseError:
            connection.close()


def cluster(*, name: str = "") -> Child:
    """A django-q cluster: the usual one, or an ALT_CLUSTERS one by name."""
    if name:
        return Child(f"the {name} cluster", manage("qcluster"), {"Q_CLUSTER_NAME": name}, _long_hangs)
    pulse_file = Path(settings.VAR_DIR) / f"pulse-{os.getpid()}"
    child = Child("the task cluster", manage("qcluster"), {pulse.VARIABLE: str(pulse_file)})
    child.is_hung = lambda: _main_hangs(child, pulse_file)
    return child


def web(*, host: str, port: int, workers: int = 2, threads: int = 8) -> Child:
    """The web server."""
    command = [
        sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"{host}:{port}", "--worker-class", "gthread",
        "--workers", str(workers), "--threads", str(threads), "--log-level", "warning", "--graceful-timeout", "5",
    ]  # fmt: skip
    return Child("the web server", command)


def sandbox(*, port: int) -> Child:
    """The fake gateways."""
    return Child("the sandbox", [sys.executable, "-m", "messaging.sandbox", "--port", str(port)])


def manage(*words: str) -> list[str]:
    """A command of manage.py in this Python."""
    return [sys.executable, "manage.py", *words]


def _main_hangs(child: Child, pulse_file: Path) -> bool:
    """No cluster anywhere beats, or this one has stopped among others that go on."""
    if clock.seconds_since_beat() > SILENT:
        return True
    is_young = time.monotonic() - child.started_at < pulse.STILL
    return child.process is not None and not is_young and pulse.has_stopped(pulse_file, parent=child.process.pid)


def _long_hangs() -> bool:
    """A task of the long cluster was not fetched for a while, and no job moves."""
    old = timezone.now() - STALLED
    if not OrmQ.objects.filter(key="long", lock__lt=old).exists():
        return False
    return not Job.objects.filter(state=Job.State.RUNNING, heartbeat_at__gt=old).exists()


def _end_with_parent() -> None:
    """Linux: should the launcher be killed, its children are asked to end too."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
