"""What certainly never left: a file per claim token that names each message right before its call.

A process that is killed leaves the file behind, so of the messages it had claimed, those that are not in it were not
handed over and can go back to the queue; the others are unknown. The file is trusted only while this machine has been up
since it was written (`lease.place`), because a kill does not lose what was written and a power cut may.
"""

import contextlib
import os
import time
from errno import ENOSPC
from pathlib import Path

from django.conf import settings

from messaging.lease import is_dead

KEPT = 86_400  # seconds; a claim is in force for a minute


def _path(token: str) -> Path:
    return Path(settings.VAR_DIR) / "outbox" / token.replace(":", "-")


class Journal:
    """The writing side, one per leased line. Threads may share it: each note is one write."""

    def __init__(self, token: str) -> None:
        self.path = _path(token)
        self.path.parent.mkdir(exist_ok=True)
        self._file = os.open(self.path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def note(self, message_ids: list[int]) -> None:
        """These are about to leave. OSError when they are not all written: none of them may leave then."""
        note = "".join(f"\n{message_id}" for message_id in message_ids).encode() + b"\n"
        # The next note begins a new line, so what was cut off spoils nothing.
        if os.write(self._file, note) < len(note):
            raise OSError(ENOSPC, os.strerror(ENOSPC), str(self.path))

    def noted(self) -> set[int] | None:
        """All that may have left; None when nobody can say."""
        return _read(self.path)

    def close(self) -> None:
        """Every outcome is written: nothing will ask."""
        os.close(self._file)
        self.path.unlink(missing_ok=True)


def handed_over(token: str) -> set[int] | None:
    """The messages a dead process had handed over; None when nobody can say (then all it had claimed are unknown)."""
    return _read(_path(token)) if token and is_dead(token) else None


def _read(path: Path) -> set[int] | None:
    try:
        lines = path.read_text().split()
    except OSError:
        return None
    return {int(line) for line in lines if line.isdigit()}


def tidy() -> None:
    """Remove files that no claim needs any more (their messages were settled by somebody on another machine)."""
    old = time.time() - KEPT
    for path in _path("").parent.glob("*"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < old:
                path.unlink()


def forget(token: str) -> None:
    """Remove a dead process's file once its messages are settled."""
    _path(token).unlink(missing_ok=True)
