"""The delivery log: what the phones got. It is how a test proves that nobody got two."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

from messaging.sandbox.records import Message
from messaging.sandbox.server import encode_json


class DeliveryLog:
    """One entry per message that a gateway took: written before it answers, so a lost answer does not lose the entry.

    A message that waits for its hour (a schedule, a gateway-run campaign) is entered when its turn comes.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._entries: list[tuple[float, Message]] = []
        self._counts: Counter[str] = Counter()
        # Unbuffered: the entry must survive a kill -9 right after it.
        self._file = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) if file else None

    def add(self, message: Message, at: float) -> None:
        self._entries.append((at, message))
        self._counts[message.peer] += 1
        if self._file is not None:
            os.write(self._file, encode_json(_entry(at, message)).encode() + b"\n")

    def entries(self, *, to: str = "", since: float = 0.0, account: int | None = None) -> list[dict[str, Any]]:
        """Oldest first. Each also tells the message's `state` as it is now."""
        return [
            {**_entry(at, message), "state": message.state}
            for at, message in self._entries
            if (not to or message.peer == to) and at > since and (account is None or message.account.id == account)
        ]

    def newest(self, count: int) -> list[dict[str, Any]]:
        return [{**_entry(at, message), "state": message.state} for at, message in reversed(self._entries[-count:])]

    def counts(self) -> dict[str, int]:
        return dict(self._counts)

    def __len__(self) -> int:
        return len(self._entries)

    def forget(self) -> None:
        self._entries.clear()
        self._counts.clear()


def _entry(at: float, message: Message) -> dict[str, Any]:
    return {
        "account": message.account.id,
        "dialect": message.account.dialect,
        "channel": message.channel,
        "line": message.line,
        "to": message.peer,
        "text": message.text,
        "attachment": message.attachment,
        "at": at,
        "id": message.key,
        "reference": message.reference,
    }
