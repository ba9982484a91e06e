"""Leases: who may do what alone, for how long, and how to see that the holder is dead.

A token names the place (machine boot and process namespace), the process and the claim. A lease ends when its time is
up, or at once when its process on this very machine is gone.
"""

import os
import secrets
import threading
import time
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from django.db import InterfaceError, OperationalError, connection
from django.db.models import Q
from django.utils import timezone

from messaging.models import Heartbeat


@lru_cache(maxsize=1)
def place() -> str:
    """Eight letters for this machine's boot and process namespace: pids mean the same thing within it."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        namespace = str(os.stat("/proc/self/ns/pid").st_ino)
    except OSError:  # not Linux: then no process of ours can be told dead, and leases run their time
        return secrets.token_hex(4)
    return sha256(f"{boot}{namespace}".encode()).hexdigest()[:8]


def make_token() -> str:
    """A token for a claim by this process."""
    return f"{place()}:{os.getpid()}:{secrets.token_hex(5)}"


def is_dead(token: str) -> bool:
    """Whether the process behind a token is certainly gone."""
    where, _, rest = token.partition(":")
    pid = rest.partition(":")[0]
    if where != place() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return Path(f"/proc/{pid}/stat").exists() and _is_zombie(int(pid))


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return True


class Singleton:
    """One copy at a time of a named task, across processes and machines."""

    def __init__(self, name: str, *, seconds: float) -> None:
        """seconds: how long the lease holds without `renew`."""
        self.name, self.seconds, self.token = name, seconds, make_token()

    def acquire(self) -> bool:
        """Take the lease if it is free, ran out, or its holder is dead."""
        now = timezone.now()
        beat, _ = Heartbeat.objects.get_or_create(name=self.name, defaults={"beat_at": now})
        if _is_taken(beat, now):
            return False
        return self._set(now, Q(token=beat.token, until=beat.until))

    def is_held(self) -> bool:
        """Whether somebody living has it."""
        beat = Heartbeat.objects.filter(name=self.name).first()
        return beat is not None and _is_taken(beat, timezone.now())

    def renew(self) -> bool:
        """Still ours? Then for another while."""
        return self._set(timezone.now(), Q(token=self.token))

    def release(self) -> None:
        """Give it back. A database that is away is waited for: this process lives on, so nobody else could take it."""
        deadline = time.monotonic() + self.seconds
        while True:
            try:
                Heartbeat.objects.filter(name=self.name, token=self.token).update(token="", until=None)
            except (OperationalError, InterfaceError):
                if connection.in_atomic_block or time.monotonic() > deadline:
                    raise
                connection.close()
                threading.Event().wait(0.5)
            else:
                return

    def _set(self, now: datetime, condition: Q) -> bool:
        until = now + timedelta(seconds=self.seconds)
        rows = Heartbeat.objects.filter(condition, name=self.name)
        return bool(rows.update(token=self.token, until=until, beat_at=now))


def _is_taken(beat: Heartbeat, now: datetime) -> bool:
    return bool(beat.token and beat.until and beat.until > now and not is_dead(beat.token))
