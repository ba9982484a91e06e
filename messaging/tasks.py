"""What django-q runs: thin, carrying only ids, safe to run twice."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone, translation

from messaging import acquainting, echoes, folders, reconcile, tally, tickets
from messaging.lease import Singleton
from messaging.media import files
from messaging.mirror import changes, opt_outs_out, pruning
from messaging.mirror.work import work
from messaging.models import Callback, Exchange
from messaging.outbox import journal
from messaging.polling import is_polled, poll_account
from messaging.webhooks import keeping

POLL_LOST = timedelta(seconds=30)  # a poll that was begun by nobody for so long went down with its cluster


def enqueue_poll(account_id: int) -> bool:
    """Have one gateway asked for news, unless that is done at this moment or waits for a worker. Returns whether it will."""
    return not is_polled(account_id) and tickets.hand_out(f"poll:{account_id}", poll, account_id, lost=POLL_LOST)


def poll(account_id: int) -> None:
    """Ask one gateway for news."""
    if tickets.take(f"poll:{account_id}"):
        poll_account(account_id)


def recover() -> int:
    """Put messages of dead claims where people can see them."""
    return reconcile.recover_abandoned()


def tidy() -> None:
    """Squash counters, and let exchanges and mirrored messages past their days go."""
    turn = Singleton("tidy", seconds=300)
    if not turn.acquire():
        return
    try:
        tally.squash()
        journal.tidy()
        changes.squash()
        pruning.prune()
        old = timezone.now() - timedelta(days=settings.EXCHANGE_DAYS)
        Exchange.objects.filter(
            id__in=list(Exchange.objects.filter(at__lt=old).values_list("id", flat=True)[:5000])
        ).delete()
        files.forget_unused()
        echoes.forget_old()
        keeping.forget_old()
        read = Callback.objects.filter(received_at__lt=old, next_attempt_at=None)
        Callback.objects.filter(id__in=list(read.values_list("id", flat=True)[:5000])).delete()
    finally:
        turn.release()


def recount_folders() -> int:
    """Correct the counters of the inbox's folders."""
    return folders.recount()


def meet_strangers() -> int:
    """Link conversations with people who are contacts by now."""
    return acquainting.meet_strangers()


def learn_names() -> int:
    """Let conversations be found by the names that people have now."""
    return acquainting.learn_names()


def mirror(job_id: int, *, language: str = "") -> None:
    """Work on a sync, or on people going one way or the other. language: of whoever started it, for what is noted."""
    with translation.override(language or settings.LANGUAGE_CODE):
        work(job_id)


def push_opt_outs(account_id: int) -> None:
    """Tell one gateway who opted out."""
    opt_outs_out.push(account_id)
