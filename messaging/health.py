"""What is wrong with accounts and lines: states, rests, and incidents (at most one open per kind and scope)."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from messaging import pace
from messaging.models import Account, Incident, Line, Webhook
from messaging.providers.errors import AccountRejected, ProviderError, Reason

CHECK_AGAIN = timedelta(minutes=5)  # a blocked account is tested again by itself this often
OPEN_ANEW = timedelta(
    seconds=3
)  # longer than a drainer keeps a line that waits: whoever takes it next reads the new key


def block(line: Line, problem: AccountRejected) -> None:
    """The gateway refuses this line, or the whole account: stop using it, keep its messages, tell staff."""
    if problem.is_line:
        state = Line.State.DISCONNECTED if problem.reason == Reason.LINE_DISCONNECTED else Line.State.BLOCKED
        Line.objects.filter(pk=line.pk).exclude(state=Line.State.DISABLED).update(
            state=state, reason=problem.reason, note=problem.detail
        )
        open_incident(
            kind=Incident.Kind.LINE_DOWN, account=line.account, line=line, reason=problem.reason, note=problem.detail
        )
    elif not block_account(line.account, problem):
        Line.objects.filter(pk=line.pk).update(next_free_at=timezone.now() + OPEN_ANEW, waits_for="")


def block_account(account: Account, problem: ProviderError) -> bool:
    """Nothing goes out on this account until it passes a test again.

    account: as it was read before the call. False, and nothing is done, when its key was replaced since: the gateway's no
    is about the old one. While a new key is being fetched the account is blocked already, and says so.
    """
    now = timezone.now()
    if problem.reason == Reason.BAD_CREDENTIALS and _has_another_key(account):
        return False
    rows = Account.objects.filter(pk=account.pk, key_asked_at=None)
    is_blocked_now = rows.update(
        state=Account.State.BLOCKED,
        reason=problem.reason,
        note=problem.detail,
        checked_at=now,
        next_check_at=now + CHECK_AGAIN,
    )
    if is_blocked_now:
        open_incident(kind=Incident.Kind.ACCOUNT_BLOCKED, account=account, reason=problem.reason, note=problem.detail)
    return True


def _has_another_key(account: Account) -> bool:
    return bool(Account.objects.only("credentials").get(pk=account.pk).credentials != account.credentials)


def rest(line: Line, problem: ProviderError, *, now: datetime) -> None:
    """A call did not get through: the line rests, longer each time in a row."""
    failures = Line.objects.values_list("failures", flat=True).get(pk=line.pk) + 1
    pause = max(pace.backoff(failures), timedelta(seconds=getattr(problem, "retry_after", None) or 0))
    Line.objects.filter(pk=line.pk).update(failures=failures, next_free_at=now + pause, waits_for=problem.reason)
    if failures >= 3 and problem.reason == Reason.UNREACHABLE:
        open_incident(kind=Incident.Kind.UNREACHABLE, account=line.account, reason=problem.reason, note=problem.detail)


def worked(line: Line) -> None:
    """A call got through."""
    if Line.objects.filter(pk=line.pk, failures__gt=0).update(failures=0):
        close_incidents(kind=Incident.Kind.UNREACHABLE, account=line.account)


def open_incident(
    *,
    kind: str,
    account: Account | None = None,
    line: Line | None = None,
    webhook: Webhook | None = None,
    reason: str = "",
    note: str = "",
) -> None:
    """Open a problem of an account, one of its lines, or a webhook, unless it is open already."""
    where = {"kind": kind, "account": account, "line": line, "webhook": webhook}
    if Incident.objects.filter(**where, closed_at=None).exists():
        return
    try:
        with transaction.atomic():
            Incident.objects.create(**where, reason=reason, note=note)
    except IntegrityError:
        return  # somebody else opened it in this very moment


def close_incidents(
    *, kind: str, account: Account | None = None, line: Line | None = None, webhook: Webhook | None = None
) -> None:
    """The problem is gone."""
    still_open = Incident.objects.filter(kind=kind, account=account, line=line, webhook=webhook, closed_at=None)
    still_open.update(closed_at=timezone.now())
