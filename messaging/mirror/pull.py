"""Bringing here what a gateway lists, kind by kind and page by page, going on where it was interrupted."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from contacts.models import Job
from messaging import health
from messaging.gateway import open_provider
from messaging.mirror import changes, jobs, opt_outs_out, pruning, theirs
from messaging.mirror.jobs import Turn
from messaging.mirror.lines import Counts, mirror_lines
from messaging.mirror.objects import write_page
from messaging.models import Account, MirrorChange, MirroredObject, MirrorJob, MirrorState
from messaging.providers.base import Provider
from messaging.providers.errors import AccountRejected, MessageRejected, ProviderError, Reason
from messaging.providers.shapes import OPT_OUTS, Page
from messaging.reasons import sentence

FIRST_LOOK = timedelta(days=30)  # how far back a first pull of a log goes
OVERLAP = timedelta(days=1)  # asked for again: what was waiting then has ended since
STALE = timedelta(days=1)  # an interrupted pull this old begins anew
MOST_PAGES = 5000  # a gateway that never ends its list is not listened to for ever
LOGGED = 1000  # vanished objects logged one by one in a pull; more are one row
_NOT_OURS = (Reason.BAD_CREDENTIALS, Reason.WRONG_ADDRESS)


def run(mirror_job: MirrorJob, turn: Turn) -> None:
    """Mirror everything an account's gateway lists, with progress in the job."""
    account = mirror_job.account
    provider = open_provider(account, turn.exchanges)
    kinds = provider.capabilities.mirrors
    summary: dict[str, dict[str, int]] = {}
    problems: list[str] = []
    try:
        turn.beat(total=len(kinds) + 1)
        summary["lines"] = _as_dict(mirror_lines(account, provider.fetch_lines()))
        Account.objects.filter(pk=account.pk, state=Account.State.NEW).update(
            state=Account.State.READY, checked_at=timezone.now()
        )
        for number, kind in enumerate(kinds, start=1):
            turn.beat(done=number, errors=len(problems), summary=summary)
            state = pull_kind(account, provider, kind, turn, not_before=mirror_job.job.created_at)
            summary[kind] = _counts_of(state)
            if state.problem:
                problems.append(f"{kind}: {state.problem}")
    except ProviderError as problem:
        if isinstance(problem, AccountRejected) and problem.reason in _NOT_OURS:
            health.block_account(account, problem)
        jobs.fail(mirror_job, "\n".join([*problems, sentence(problem.reason)]), summary)
        return
    finally:
        provider.close()
    opt_outs_out.plan_all(account)
    Account.objects.filter(pk=account.pk).update(synced_at=timezone.now())
    Job.objects.filter(pk=mirror_job.job_id).update(done=F("total"), errors=len(problems))
    jobs.finish(mirror_job, summary, problems)


def pull_kind(account: Account, provider: Provider, kind: str, turn: Turn, *, not_before: datetime) -> MirrorState:
    """Bring one kind here. not_before: a pull that ended after this moment counts as this one.

    A refusal of this kind alone (a key may lack the permission) is kept in the state; what may pass by itself is raised,
    and the next call goes on at the same page.
    """
    state = _begin(account, kind, not_before=not_before)
    while state.finished_at is None:
        try:
            page = _fetch(provider, state)
        except (AccountRejected, MessageRejected) as problem:
            if problem.reason in _NOT_OURS:
                raise
            _end(state, problem=sentence(problem.reason))
            return state
        except ProviderError as problem:
            MirrorState.objects.filter(pk=state.pk).update(problem=sentence(problem.reason)[:300])
            raise
        _take(account, state, page)
        turn.beat()
        if page.cursor is None or state.pages >= MOST_PAGES:
            _finish(account, provider, state)
    return state


def _begin(account: Account, kind: str, *, not_before: datetime) -> MirrorState:
    state, is_new = MirrorState.objects.get_or_create(account=account, kind=kind)
    now = timezone.now()
    is_going_on = state.finished_at is None and state.started_at > now - STALE
    is_done = state.finished_at is not None and state.finished_at >= not_before
    if is_new or is_going_on or is_done:
        return state
    state.cursor, state.problem, state.started_at, state.finished_at = "", "", now, None
    state.pages = state.added = state.changed = state.gone = state.same = state.differing = 0
    state.save()
    return state


def _fetch(provider: Provider, state: MirrorState) -> Page:
    cursor = state.cursor or None
    if state.kind == OPT_OUTS and provider.capabilities.pulls_opt_outs:
        return provider.fetch_opt_outs(cursor)
    if state.kind not in provider.capabilities.history:
        return provider.fetch_mirror(state.kind, cursor)
    since = state.whole_at - OVERLAP if state.whole_at else state.started_at - FIRST_LOOK
    return provider.fetch_mirror(state.kind, cursor, since=max(since, pruning.oldest()))


@transaction.atomic
def _take(account: Account, state: MirrorState, page: Page) -> None:
    """Write a page and remember the next one, both or neither."""
    counts = write_page(account, state.kind, page.objects, is_logged=state.whole_at is not None)
    state.added += counts.added
    state.changed += counts.changed
    state.same += counts.same
    state.pages += 1
    state.cursor, state.problem = (page.cursor or "")[:200], ""
    state.save(update_fields=["added", "changed", "same", "pages", "cursor", "problem"])


def _finish(account: Account, provider: Provider, state: MirrorState) -> None:
    """The list has ended: what was not on it is gone, in a list that shows all there is."""
    if state.kind not in provider.capabilities.history:
        gone = MirroredObject.objects.filter(
            account=account, kind=state.kind, synced_at__lt=state.started_at, gone_at=None
        )
        logged = list(gone.order_by("pk").defer("raw", "members")[: LOGGED + 1])
        if len(logged) <= LOGGED:
            changes.log_gone(logged)
        state.gone += gone.update(gone_at=timezone.now())
        if len(logged) > LOGGED:
            changes.log_many(account, state.kind, MirrorChange.What.GONE, state.gone)
    if state.whole_at is None:
        changes.log_many(account, state.kind, MirrorChange.What.FIRST, state.added)
    state.whole_at = state.started_at
    if state.kind == "contact":
        state.differing = theirs.differing(account).count()
    _end(state)


def _end(state: MirrorState, *, problem: str = "") -> None:
    state.cursor, state.problem, state.finished_at = "", problem[:300], timezone.now()
    state.save(update_fields=["gone", "differing", "whole_at", "cursor", "problem", "finished_at"])


def _as_dict(counts: Counts) -> dict[str, int]:
    return {"added": counts.added, "changed": counts.changed, "gone": counts.gone, "same": counts.same}


def _counts_of(state: MirrorState) -> dict[str, int]:
    found = {"added": state.added, "changed": state.changed, "gone": state.gone, "same": state.same}
    return found | {"differing": state.differing} if state.kind == "contact" else found
