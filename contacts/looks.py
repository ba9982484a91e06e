"""How each state looks: a tone, an icon and a word, so that colour is never the only sign. One table for all pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True)
class Look:
    """tone: a class of static/parts.css (neutral, info, good, read, warn, bad); icon: a name in scripts/icons.txt."""

    tone: str
    icon: str
    word: str | _StrPromise


UNHEARD_OF = Look("neutral", "question-mark", "")

LOOKS: dict[str, Look] = {
    # messages and recipients
    "planned": Look("neutral", "circle-dashed", _("planned")),
    "excluded": Look("neutral", "user-off", _("left out")),
    "queued": Look("neutral", "clock", _("queued")),
    "sending": Look("info", "send", _("sending")),
    "accepted": Look("info", "progress-check", _("accepted")),
    "sent": Look("info", "check", _("sent")),
    "delivered": Look("good", "checks", _("delivered")),
    "read": Look("read", "eye", _("read")),
    "failed": Look("bad", "circle-x", _("failed")),
    "unknown": Look("warn", "help-circle", _("unknown outcome")),
    "expired": Look("warn", "hourglass", _("too late")),
    "received": Look("read", "inbox", _("received")),
    # campaigns
    "draft": Look("neutral", "pencil", _("draft")),
    "scheduled": Look("info", "calendar", _("scheduled")),
    "preparing": Look("info", "hourglass", _("preparing")),
    "running": Look("good", "player-play", _("running")),
    "paused": Look("warn", "player-pause", _("paused")),
    "blocked": Look("bad", "alert-triangle", _("blocked")),
    "stopping": Look("warn", "player-stop", _("stopping")),
    "completed": Look("good", "circle-check", _("finished")),
    "gone": Look("neutral", "trash", _("gone")),
    "finished": Look("good", "circle-check", _("finished")),
    "cancelled": Look("neutral", "ban", _("cancelled")),
    # accounts, lines and links
    "new": Look("neutral", "circle-dashed", _("not tested yet")),
    "ready": Look("good", "plug-connected", _("ready")),
    "connected": Look("good", "plug-connected", _("connected")),
    "disconnected": Look("bad", "plug-connected-x", _("disconnected")),
    "disabled": Look("neutral", "power", _("switched off")),
    "waiting": Look("info", "qrcode", _("waiting for the scan")),
    "linked": Look("good", "plug-connected", _("linked")),
    # jobs, conversations, import problems
    "done": Look("good", "circle-check", _("done")),
    "open": Look("info", "message", _("open")),
    "snoozed": Look("neutral", "clock-pause", _("snoozed")),
    "closed": Look("neutral", "archive", _("closed")),
    "rejected": Look("bad", "circle-x", _("rejected")),
    "duplicate": Look("warn", "copy", _("duplicate")),
    # consent
    "opted-in": Look("good", "user-check", _("opted in")),
    "opted-out": Look("bad", "user-off", _("opted out")),
}

# Where the same word means something else. Key: "kind:state".
LOOKS_BY_KIND: dict[str, Look] = {
    "consent:unknown": Look("neutral", "user-question", _("unknown")),
    "link:expired": Look("warn", "hourglass", _("expired")),
    "kept:making": Look("info", "progress", _("being made")),
    "kept:there": Look("good", "circle-check", _("at the gateway")),
    "kept:deleted": Look("neutral", "trash", _("deleted")),
    "job:running": Look("info", "progress", _("running")),
}


def look_of(state: str, kind: str = "") -> Look:
    """The look of a state; a state this table does not know is shown by its own name."""
    return LOOKS_BY_KIND.get(f"{kind}:{state}") or LOOKS.get(state) or UNHEARD_OF
