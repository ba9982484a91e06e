"""How many pumps there are: at most one waits for a worker, and those at work leave workers to everything else."""

import os
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from messaging import tickets
from messaging.lease import is_dead, place
from messaging.models import Line
from messaging.outbox.claiming import lines_with_work
from messaging.outbox.pump import GIVE_UP, SLICE, Pump
from messaging.providers.http import CALL_SECONDS

NAME = "pump"
AGAIN = timedelta(seconds=1)
LOST = timedelta(seconds=60)  # a pump that was begun by nobody for so long went down with its cluster
CROWDED = 8.0  # seconds of sending where more lines wait than there may be pumps, so that each soon has its turn
# A task of longer than usual: calls under way end, and then their outcomes may wait for the database. One that is handed
# out a second time meanwhile does no harm, since a line is worked by one pump.
TIMEOUT = round(SLICE + CALL_SECONDS + GIVE_UP) + 9
MOST = max(1, settings.Q_CLUSTER["workers"] - 2)  # on a machine: one worker is the clock's, one does all the rest


def enqueue() -> bool:
    """Have a pump begin where lines could send that nobody works, unless one waits already. Returns whether it will."""
    if not _free_lines(timezone.now()).exists():
        return False
    return tickets.hand_out(NAME, pump, lost=LOST, pause=AGAIN, timeout=TIMEOUT)


def pump() -> int:
    """The task: send for a slice of time, unless as many do as may. Returns how many messages were handed over."""
    tickets.take(NAME)
    now = timezone.now()
    room = MOST - _others_at_work(now)
    if room <= 0:
        return 0
    unpaced = _free_lines(now).filter(gap_seconds=0, jitter_seconds=0)  # one of these takes all of a pump
    return Pump(seconds=CROWDED if unpaced.count() > room else SLICE).run()


def _free_lines(now: datetime) -> QuerySet[Line]:
    return lines_with_work(now).filter(Q(lease_until=None) | Q(lease_until__lte=now))


def _others_at_work(now: datetime) -> int:
    """Other living processes of this machine that hold lines."""
    held = Line.objects.filter(lease_until__gt=now, lease_token__startswith=f"{place()}:")
    tokens = {token for token in held.values_list("lease_token", flat=True) if not is_dead(token)}
    return len({token.split(":")[1] for token in tokens} - {str(os.getpid())})
