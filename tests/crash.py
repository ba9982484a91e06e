"""Killing the product's processes while a campaign runs. A seed decides who is killed when, so a failure can be replayed."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import environ
from django.contrib.contenttypes.models import ContentType
from django.core.cache.backends.filebased import FileBasedCache
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.status import Stat

from messaging.lease import is_dead
from messaging.models import Heartbeat, Line
from tests.gate import Gate
from tests.postgres import Server
from tests.product import Product
from tests.sandbox_process import Answer, eventually


class Kind(StrEnum):
    """What breaks."""

    BUSY = "a busy worker"
    IDLE = "an idle worker"
    PARENT = "the cluster's parent"
    GROUP = "the whole group"
    WEB = "the web server"
    NETWORK = "the network to the gateways"
    LOCK = "SQLite's write lock"
    SERVER = "PostgreSQL itself"
    BACKEND = "a database connection"


COMMON = (Kind.BUSY, Kind.IDLE, Kind.PARENT, Kind.GROUP, Kind.WEB, Kind.NETWORK)
ON = {"sqlite": (*COMMON, Kind.LOCK), "postgresql": (*COMMON, Kind.SERVER, Kind.BACKEND)}
ONCE = (Kind.IDLE, Kind.LOCK)  # they take long, and a second one shows nothing new
LOCK_SECONDS = 12
PATIENCE = 120  # seconds for something to come back; a busy machine is slow

_HOLD_LOCK = """
import sqlite3, sys, time
held = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
held.execute("BEGIN IMMEDIATE")
time.sleep(float(sys.argv[2]))
held.execute("ROLLBACK")
"""


@dataclass(frozen=True, kw_only=True)
class Kill:
    """What breaks, once the gateways have taken `at` messages. node: which launcher's. seconds: how long, for a network."""

    at: int
    kind: Kind
    node: int
    seconds: float


def plan_kills(seed: int, kinds: Sequence[Kind], *, count: int, people: int, nodes: int) -> list[Kill]:
    """Random moments; each kind occurs, those of ONCE once."""
    dice = random.Random(seed)
    drawn = [*kinds, *dice.choices([kind for kind in kinds if kind not in ONCE], k=count - len(kinds))]
    dice.shuffle(drawn)
    # A cluster whose idle worker died hangs until the watchdog sees it; here the next kill puts an end to it.
    at_idle = drawn.index(Kind.IDLE)
    at_group = next(at for at, kind in enumerate(drawn) if kind == Kind.GROUP)
    after = (at_idle + 1) % count
    drawn[after], drawn[at_group] = drawn[at_group], drawn[after]
    if after == 0:
        drawn = drawn[1:] + drawn[:1]
    moments = sorted(dice.sample(range(people // 50, people * 9 // 10), count))
    places = [dice.randrange(nodes) for _kill in drawn]
    idle = drawn.index(Kind.IDLE)
    if idle + 1 < count:
        places[idle + 1] = places[idle]
    return [
        Kill(at=at, kind=kind, node=node, seconds=round(dice.uniform(0.5, 1.5), 2))
        for at, kind, node in zip(moments, drawn, places, strict=True)
    ]


@contextmanager
def pointed_at(url: str) -> Iterator[None]:
    """The test's own queries go to this database."""
    kept = dict(connection.settings_dict)
    wanted = environ.Env.db_url_config(url)
    connection.close()
    connection.settings_dict.update({name: wanted[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")})
    ContentType.objects.clear_cache()  # each database has numbers of its own for them
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(kept)
        ContentType.objects.clear_cache()


def asked(look: Callable[[], Answer]) -> Answer | None:
    """What a query says; None while the database is away."""
    try:
        return look()
    except (OperationalError, InterfaceError):
        connection.close()
        return None


@dataclass
class Siege:
    """Carries out a plan against running products. `story` tells what was done, for the message of a failure."""

    seed: int
    products: Sequence[Product]
    gate: Gate
    log: Path
    server: Server | None
    story: list[str] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)
    _locks: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def run(self, plan: Sequence[Kill]) -> None:
        """Each kill at its moment, and not before something has gone out since the one before."""
        taken = 0
        for kill in plan:
            after = max(kill.at, taken + 1)
            taken = self._wait_for(after, within=PATIENCE)
            what = self._carry_out(kill)
            self.tell(f"at {taken} messages: {kill.kind} ({what}) of launcher {kill.node + 1}")
        for lock in self._locks:
            lock.wait(timeout=60)

    def tell(self, sentence: str) -> None:
        line = f"{time.monotonic() - self._began:6.1f} s  {sentence}"
        self.story.append(line)
        print(line, flush=True)  # noqa: T201  # shown by pytest where the test fails

    def told(self) -> str:
        return "\n".join([f"CRASH_SEED={self.seed} replays this:", *self.story])

    def taken(self) -> int:
        """How many messages the gateways have taken."""
        return self.log.read_bytes().count(b"\n") if self.log.exists() else 0

    def _wait_for(self, count: int, *, within: float) -> int:
        deadline = time.monotonic() + within
        while (taken := self.taken()) < count:
            assert time.monotonic() < deadline, f"stuck at {taken} messages, waiting for {count}\n{self.told()}"
            time.sleep(0.02)
        return taken

    def _carry_out(self, kill: Kill) -> str:
        product = self.products[kill.node]
        match kill.kind:
            case Kind.BUSY:
                return _kill(eventually(lambda: asked(lambda: self._busy(product)), within=PATIENCE))
            case Kind.IDLE:
                return _kill(eventually(lambda: asked(lambda: _idle(product)), within=PATIENCE))
            case Kind.PARENT:
                return _kill(eventually(product.main_cluster, within=PATIENCE))
            case Kind.GROUP:
                return _kill(eventually(product.main_cluster, within=PATIENCE), group=True)
            case Kind.WEB:
                return _kill(eventually(product.web_server, within=PATIENCE), group=True)
            case Kind.NETWORK:
                self.gate.cut(kill.seconds)
                return f"for {kill.seconds} s"
            case Kind.BACKEND:
                return _kill(eventually(lambda: asked(_backend), within=PATIENCE))
            case Kind.SERVER:
                assert self.server is not None
                self.server.crash()
                return "immediate"
            case Kind.LOCK:
                return self._hold_lock()

    def _busy(self, product: Product) -> int:
        """A process that works a line; of this launcher if one does now."""
        holders = _holders(Line.objects.exclude(lease_token="").values_list("lease_token", flat=True))
        mine = set(product.processes())
        return next((pid for pid in holders if pid in mine), next(iter(holders), 0))

    def _hold_lock(self) -> str:
        path = str(connection.settings_dict["NAME"])
        lock = subprocess.Popen([sys.executable, "-c", _HOLD_LOCK, path, str(LOCK_SECONDS)])
        self._locks.append(lock)
        return f"by pid {lock.pid}"


def _kill(pid: int | None, *, group: bool = False) -> str:
    assert pid
    (os.killpg if group else os.kill)(pid, signal.SIGKILL)
    return f"pid {pid}"


def _holders(tokens: Iterable[str]) -> set[int]:
    """The living processes behind these tokens."""
    return {int(token.split(":")[1]) for token in tokens if not is_dead(token)}


def _idle(product: Product) -> int:
    """A worker of the main cluster that holds nothing: by its own account of itself in the product's cache."""
    broker = get_broker()
    broker.cache = FileBasedCache(str(product.var / "cache"), {})
    own = product.main_cluster()
    workers = [pid for stat in Stat.get_all(broker) if stat.pid == own for pid in stat.workers]
    turns = Heartbeat.objects.filter(until__gt=timezone.now()).exclude(token="").values_list("token", flat=True)
    lines = Line.objects.exclude(lease_token="").values_list("lease_token", flat=True)
    at_work = _holders([*turns, *lines])
    return next((pid for pid in workers if pid not in at_work and Path(f"/proc/{pid}").exists()), 0)


def _backend() -> int:
    """A server process that serves the product."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            " ORDER BY state_change DESC LIMIT 1"
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0
