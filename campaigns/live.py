"""A campaign's live page: its numbers as a bar and tiles, what it waits for in words, and how often to look again."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns import lifecycle, local_clock, local_time, reports, waiting
from campaigns.models import Campaign, Recipient
from campaigns.reports import Progress
from contacts.looks import look_of
from messaging import standing

S = Campaign.State
R = Recipient.State
REPORTS_COME_FOR = timedelta(minutes=30)  # after the end the page still looks for delivery reports, less often
MOVING = (S.PREPARING, S.RUNNING, S.STOPPING)


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A piece of the bar. start, width: percent; key: a state, or "open"."""

    key: str
    start: float
    width: float


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One number. key: what the list of people is filtered by; tone: "", "warn" or "bad"."""

    key: str
    label: str
    value: int
    note: str
    icon: str
    tone: str


@dataclass(frozen=True, kw_only=True)
class Live:
    """poll_seconds: when to look again, 0 for never. moves: what a person may do now (functions of lifecycle)."""

    progress: Progress
    segments: list[Segment]
    tiles: list[Tile]
    waiting: str
    moves: list[str]
    poll_seconds: int


def live(campaign: Campaign) -> Live:
    """Everything that moves, from a handful of rows."""
    progress = reports.progress(campaign)
    return Live(
        progress=progress,
        segments=segments(progress),
        tiles=tiles(progress.counts),
        waiting=turn_words(campaign, progress.waiting_for) or waiting_words(progress.waiting_for),
        moves=lifecycle.moves(campaign),
        poll_seconds=poll_seconds(campaign),
    )


def poll_seconds(campaign: Campaign) -> int:
    """2 while it moves, more where news is rare, 0 when none can come."""
    if campaign.state in MOVING:
        return 2
    if campaign.state in (S.BLOCKED, S.SCHEDULED):
        return 5
    ended = campaign.finished_at
    if campaign.state == S.PAUSED or (ended and ended > timezone.now() - REPORTS_COME_FOR):
        return 10
    return 0


def segments(progress: Progress) -> list[Segment]:
    """The bar: everybody who is to get it, by state."""
    whole, found, start = progress.to_send, [], 0.0
    for key in (R.READ, R.DELIVERED, R.SENT, R.ACCEPTED, R.UNKNOWN, R.FAILED, R.EXPIRED, R.CANCELLED, "open"):
        count = progress.counts[key]
        if whole and count:
            width = round(100 * count / whole, 3)
            found.append(Segment(key=str(key), start=round(start, 3), width=width))
            start += width
    return found


def tiles(counts: dict[str, int]) -> list[Tile]:
    """Each person is in exactly one of them."""
    notes: dict[str, str] = {
        "open": _("not sent yet"),
        R.ACCEPTED: _("the gateway has it"),
        R.SENT: _("left; no word of arrival"),
        R.DELIVERED: _("on the phone"),
        R.READ: _("opened"),
        R.FAILED: _("did not arrive"),
        R.UNKNOWN: _("sent or not, nobody knows yet"),
        "excluded": _("not messaged, on purpose"),
        R.CANCELLED: _("taken back before sending"),
        R.EXPIRED: _("not sent in time"),
    }
    tones: dict[str, str] = {R.FAILED: "bad", R.UNKNOWN: "warn"}
    always: tuple[str, ...] = ("open", R.ACCEPTED, R.SENT, R.DELIVERED, R.READ, R.FAILED)
    return [
        Tile(
            key=str(key),
            label=state_label(str(key)),
            value=counts[key],
            note=note,
            icon="clock" if key == "open" else look_of(str(key)).icon,
            tone=tones.get(key, "") if counts[key] else "",
        )
        for key, note in notes.items()
        if counts[key] or key in always
    ]


def state_label(key: str) -> str:
    """A state, or "open", as a heading."""
    label = _("still to send") if key == "open" else str(look_of(key).word)
    return label[:1].upper() + label[1:]


def turn_words(campaign: Campaign, word: str) -> str:
    """What it waits for between two turns: somebody's time, or what comes of the first ones; "" for anything else."""
    if word == waiting.CANARY:
        text = ngettext(
            "The first %(n)s has it. It waits to see what comes of it.",
            "The first %(n)s have it. It waits to see what comes of it.",
            campaign.canary_size or 0,
        )
        return text % {"n": campaign.canary_size}
    if word == waiting.LOCAL_TIME and campaign.local_time and (turn := local_time.next_one(campaign)):
        return _("It waits for %(time)s in %(place)s.") % {
            "time": time_format(campaign.local_time, "H:i"), "place": local_clock.place_name(turn[1]),
        }  # fmt: skip
    return ""


def waiting_words(word: str) -> str:
    """Why nothing moves, as a sentence; "" when it does."""
    if word == S.PAUSED:
        return _("Paused: nothing is sent until somebody resumes it.")
    if word == S.SCHEDULED:
        return _("It starts by itself:")
    return standing.waiting_words(word) if word else ""
