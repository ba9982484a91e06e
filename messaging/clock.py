"""The clock: one task, always alive, that looks a few times a second at what is due and enqueues it.

django-q's own schedules start up to 30 s late (docs/architecture.md, The clock), so they only make sure that the clock is
there; the clock does the rest. It sends nothing and asks nobody: it reads a few indexed rows and hands out work.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from django_q.tasks import async_task

from contacts.importing import uploads
from messaging import accounts, desk, polling, pulse, pumping, stopping, tasks, understanding
from messaging.lease import Singleton
from messaging.media import fetching
from messaging.mirror import opt_outs_out, starting
from messaging.models import Account, Callback, Heartbeat, MediaFile
from messaging.webhooks import delivering, telling

log = logging.getLogger(__name__)

NAME, NEXT = "clock", "clock's next"
SLICE = 25.0  # seconds per task; then the next one is to take over
OVERTIME = 120.0  # seconds it goes on meanwhile, since the next one has to wait for a worker
TIMEOUT = round(SLICE + OVERTIME) + 35
LEASE = 10.0  # seconds
BEAT = 0.3  # seconds between two looks
COMING = 5.0  # seconds that the next one waits for this one to leave
STALE = 20.0  # seconds without a beat after which the cluster counts as dead


def run(*, relieves: bool = False) -> None:
    """Be the clock for a slice, unless another one is. relieves: this one was called to take over from it."""
    turn = Singleton(NAME, seconds=LEASE)
    if not (turn.acquire() or (relieves and _take_over(turn))):
        return
    started, is_called = time.monotonic(), False
    looked: dict[str, float] = dict.fromkeys(_CHORES, 0.0)
    while not stopping.is_wanted() and time.monotonic() - started < SLICE + OVERTIME:
        if not _beat(turn, looked):
            return
        if is_called and _may_leave():
            break
        if not is_called and time.monotonic() - started > SLICE:
            is_called = _call_next()
        threading.Event().wait(BEAT)
    turn.release()


def ensure() -> None:
    """Start the clock if it stopped (called each minute by a schedule, and by whoever starts a cluster)."""
    if seconds_since_beat() > LEASE / 2:
        async_task(run, timeout=TIMEOUT)


def _call_next() -> bool:
    """Enqueue the next one; False while the database is away."""
    try:
        async_task(run, relieves=True, timeout=TIMEOUT)
    except (OperationalError, InterfaceError):
        return False  # the next beat waits for it
    return True


def _may_leave() -> bool:
    """Whether the next one is there, or nobody will come any more since this cluster ends."""
    try:
        is_there = Heartbeat.objects.filter(name=NEXT, until__gt=timezone.now()).exists()
    except (OperationalError, InterfaceError):
        return False
    return is_there or pulse.is_ending()


def _take_over(turn: Singleton) -> bool:
    """Tell the clock that its next one is there, and wait until it leaves."""
    call = Singleton(NEXT, seconds=COMING)
    if not call.acquire():
        return False
    deadline = time.monotonic() + COMING
    while not (is_ours := turn.acquire()) and time.monotonic() < deadline:
        threading.Event().wait(BEAT / 3)
    call.release()
    return is_ours


def seconds_since_beat() -> float:
    """Age of the last beat, in seconds; infinite when there never was one."""
    beat_at = Heartbeat.objects.filter(name=NAME).values_list("beat_at", flat=True).first()
    return (timezone.now() - beat_at).total_seconds() if beat_at else float("inf")


def is_alive() -> bool:
    """Whether a cluster is at work somewhere."""
    return seconds_since_beat() < STALE


def _beat(turn: Singleton, looked: dict[str, float]) -> bool:
    """One look. False when the clock is somebody else's by now."""
    try:
        if not turn.renew():
            return False
        now = time.monotonic()
        for name, (every, chore) in _CHORES.items():
            if now - looked.get(name, 0.0) >= every:
                looked[name] = now
                _do(name, chore)
    except (OperationalError, InterfaceError) as problem:
        log.warning("The clock waits for the database: %s", type(problem).__name__)
        connection.close()
        threading.Event().wait(1)
    return True


def _do(name: str, chore: Callable[[], object]) -> None:
    """One chore. A fault in it is written down, and neither stops the clock nor keeps the others from their turn."""
    try:
        chore()
    except (OperationalError, InterfaceError):
        raise  # the database is away, for all of them
    except Exception:
        log.exception("A chore of the clock broke: %s", name)


def _poll() -> None:
    now = timezone.now()
    polling.hurry(now=now)
    due = Account.objects.filter(next_poll_at__lte=now, key_asked_at=None).exclude(state=Account.State.NEW)
    for account_id in due.order_by("next_poll_at").values_list("id", flat=True)[:20]:
        again = now + timedelta(seconds=10)  # the poll itself sets the next time; this is for one that waits or died
        if Account.objects.filter(pk=account_id, next_poll_at__lte=now).update(next_poll_at=again):
            tasks.enqueue_poll(account_id)


def _callbacks() -> None:
    """Somebody to read what gateways told us."""
    if Callback.objects.filter(next_attempt_at__lte=timezone.now()).exists():
        enqueue_once("callbacks", understanding.work_waiting, seconds=1)


def _media() -> None:
    """Somebody to fetch files that came in."""
    if MediaFile.objects.filter(next_attempt_at__lte=timezone.now()).exists():
        enqueue_once("media", fetching.fetch_due, seconds=1)


def _webhooks() -> None:
    """Somebody to call the receivers."""
    if delivering.is_due(timezone.now()):
        enqueue_once("webhooks", delivering.deliver_due, seconds=1)


def _check() -> None:
    """Test accounts that are blocked or were changed again, and look at the lines of all of them. Those that nobody ever
    tested are left alone."""
    now = timezone.now()
    due = Account.objects.filter(next_check_at__lte=now).exclude(state=Account.State.NEW, checked_at=None)
    for account_id in due.order_by("next_check_at").values_list("id", flat=True)[:5]:
        if Account.objects.filter(pk=account_id, next_check_at__lte=now).update(
            next_check_at=now + timedelta(minutes=5)
        ):
            async_task(accounts.look_after, account_id)


def _tidy() -> None:
    enqueue_once("tidy", tasks.tidy, seconds=55)


def _folders() -> None:
    enqueue_once("folders", tasks.recount_folders, seconds=600)


def _acquaint() -> None:
    """The first looks at those without a contact, the second at every conversation."""
    enqueue_once("strangers", tasks.meet_strangers, seconds=30)
    enqueue_once("names", tasks.learn_names, seconds=600)


def _opt_outs() -> None:
    """Plan what newly opted-out people mean for gateways with a list of their own, and have it told."""
    for account_id in opt_outs_out.collect():
        enqueue_once(f"opt-outs:{account_id}", tasks.push_opt_outs, account_id, seconds=5)


_CHORES: dict[str, tuple[float, Callable[[], object]]] = {
    "pumps": (0.0, pumping.enqueue),
    "recover": (2.0, tasks.recover),
    "poll": (1.0, _poll),
    "check": (10.0, _check),
    "tidy": (30.0, _tidy),
    "callbacks": (BEAT, _callbacks),
    "media": (1.0, _media),
    "webhooks": (0.5, _webhooks),
    "line states": (2.0, telling.tell_lines),
    "imports": (30.0, uploads.restart_stalled),
    "syncs": (30.0, starting.start_due),
    "stalled syncs": (30.0, starting.resume_stalled),
    "opt-outs": (10.0, _opt_outs),
    "snoozed": (2.0, desk.wake_due),
    "folders": (30.0, _folders),
    "people": (10.0, _acquaint),
}


def add_chore(name: str, *, seconds: float, chore: Callable[[], object]) -> None:
    """Let the clock of every cluster call something quick again and again (for the floors above)."""
    _CHORES[name] = (seconds, chore)


def enqueue_once(name: str, task: Callable[..., object], *args: object, seconds: float) -> bool:
    """Enqueue a task unless the same was enqueued less than `seconds` ago. Returns whether it was."""
    now = timezone.now()
    row, is_new = Heartbeat.objects.get_or_create(name=f"enqueued:{name}", defaults={"beat_at": now})
    if not is_new and not Heartbeat.objects.filter(pk=row.pk, beat_at__lt=now - timedelta(seconds=seconds)).update(
        beat_at=now
    ):
        return False
    async_task(task, *args)
    return True
