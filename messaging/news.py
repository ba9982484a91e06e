"""News of a gateway on its way in: without what no database keeps, and set aside where it could not be taken in.

What is set aside stands among the gateway's calls: it is tried again, an incident tells of it, and it can be replayed.
"""

import json
import re
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar, cast

from django.db.models import QuerySet

from messaging import health
from messaging.models import Account, Callback, Incident
from messaging.providers.errors import Reason
from messaging.providers.shapes import Incoming, News, StatusReport

Item = TypeVar("Item", Incoming, StatusReport, News)
_POLLED = "x-carillon-polled"  # no gateway can send it: of its headers only callbacks.KEPT_HEADERS are kept
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL keeps no NUL, nobody half a character


def clean(item: Item) -> Item:
    """The same without characters that cannot be stored."""
    told: dict[str, Any] = vars(item)
    changes = {name: _UNKEEPABLE.sub("", said) for name, said in told.items() if isinstance(said, str)}
    if all(said == told[name] for name, said in changes.items()):
        return item
    return replace(item, **cast(Any, changes))


def set_aside(account: Account, item: Incoming | StatusReport, *, identity: str) -> None:
    """Keep what a poll brought and what broke here, to be read once more alone. identity: the same in the next poll."""
    told = {name: value for name, value in vars(item).items() if name != "raw"}
    key = f"polled:{sha256(identity.encode(errors='replace')).hexdigest()[:40]}"
    body = json.dumps({"kind": type(item).__name__, **told}, default=str)
    Callback.objects.get_or_create(account=account, key=key, defaults={"body": body, "headers": {_POLLED: "1"}})


def read_again(row: Callback) -> list[News] | None:
    """What was set aside; None for a call of the gateway's own."""
    if _POLLED not in row.headers:
        return None
    told = json.loads(row.body)
    told["at"] = datetime.fromisoformat(told["at"]) if told["at"] else None
    if told.pop("kind") == Incoming.__name__:
        return [Incoming(**told)]
    return [StatusReport(**{**told, "reason": Reason(told["reason"]) if told["reason"] else None})]


def tell(account: Account, note: str) -> None:
    """Something of a gateway's news could not be taken in: people are told."""
    health.open_incident(
        kind=Incident.Kind.NEWS_UNREAD, account=account, reason=Reason.NEWS_UNREAD, note=note.replace("\x00", "")[:300]
    )


def settle(account: Account) -> None:
    """Close the incident when nothing waits there any more."""
    told = Incident.objects.filter(kind=Incident.Kind.NEWS_UNREAD, account=account, closed_at=None)
    if told.exists() and not unread(account).exists():
        health.close_incidents(kind=Incident.Kind.NEWS_UNREAD, account=account)


def unread(account: Account) -> QuerySet[Callback]:
    """The kept news of an account that could not be read."""
    return Callback.objects.filter(account=account, state=Callback.State.FAILED)
