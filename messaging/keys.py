"""A new key from the gateway, which kills the old one: blocked before the call, stored right after it.

The account is blocked from before the call until the new key is stored. When the answer gets lost, or the program dies
between the call and the storing, the old key is thrown away and the account says that it needs one: nobody goes on with a
key that may be dead, and nothing asks the gateway a second time.
"""

import logging
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.refusal import Refused
from messaging import health
from messaging.gateway import provider_of
from messaging.models import Account, Incident
from messaging.providers import PROVIDERS
from messaging.providers.errors import AccountRejected, OutcomeUnknown, ProviderError, Reason
from messaging.providers.http import CALL_SECONDS
from messaging.reasons import sentence

log = logging.getLogger(__name__)

ANSWER_WITHIN = timedelta(seconds=CALL_SECONDS + 30)  # after that, whoever asked is dead


def replace(account: Account, *, seen: int) -> None:
    """Fetch and store a new key.

    seen: `Account.key_version` as the page showed it, so that pressing twice asks once. Raises Refused: with the gateway's
    no (then all is as before), or when the answer got lost (then the account needs its key typed in).
    """
    if not PROVIDERS[account.provider].capabilities.rotates:
        raise Refused(_("This gateway has no call that replaces the key: make a new one in its panel."))
    before = _claim(account, seen=seen)
    try:
        with provider_of(account) as provider:
            _store(account, provider.rotate(), before)
    except OutcomeUnknown as problem:
        give_up(account, note=problem.detail)
        raise Refused(
            _(
                "The answer got lost, so the old key may be dead. Copy the current one from the gateway's panel into the account."
            )
        ) from None
    except ProviderError as problem:
        _restore(account, before)
        if isinstance(problem, AccountRejected) and not problem.is_line:
            health.block_account(account, problem)
        raise Refused(
            _("The key was not replaced. %(why)s") % {"why": f"{sentence(problem.reason)} {problem.detail}".strip()}
        ) from None


def is_under_way(account: Account) -> bool:
    """Whether somebody may still be waiting for a new key."""
    return account.key_asked_at is not None and account.key_asked_at > timezone.now() - ANSWER_WITHIN


def give_up(account: Account, *, note: str = "") -> None:
    """Nobody will store a new key any more: forget the old one, say so, and open an incident."""
    with transaction.atomic():
        now = Account.objects.select_for_update().get(pk=account.pk)
        if now.key_asked_at is None:
            return
        gone = PROVIDERS[now.provider].capabilities.rotates
        now.credentials = {name: value for name, value in now.credentials.items() if name not in gone}
        now.state, now.reason, now.note = Account.State.BLOCKED, Reason.NEEDS_KEY, note[:300]
        now.save(update_fields=["credentials", "state", "reason", "note"])
        health.open_incident(kind=Incident.Kind.ACCOUNT_BLOCKED, account=now, reason=Reason.NEEDS_KEY, note=note)
    log.warning("The new key of %s was not stored; it has to be typed in.", account)
    account.refresh_from_db()


def _claim(account: Account, *, seen: int) -> tuple[str, str, str]:
    """Be the one who asks, and let nothing go out meanwhile. Returns state, reason and note as they were."""
    with transaction.atomic():
        now = Account.objects.select_for_update().get(pk=account.pk)
        if now.key_asked_at is not None:
            waits = is_under_way(now)
            raise Refused(_("A new key is being fetched already.") if waits else sentence(Reason.NEEDS_KEY))
        if now.key_version != seen:
            raise Refused(_("The key was replaced already, a moment ago."))
        before = (now.state, now.reason, now.note)
        now.key_asked_at = timezone.now()
        now.state, now.reason, now.note = Account.State.BLOCKED, Reason.NEEDS_KEY, ""
        now.next_check_at = now.key_asked_at + ANSWER_WITHIN  # the clock finds out when this process dies
        now.save(update_fields=["key_asked_at", "state", "reason", "note", "next_check_at"])
    account.refresh_from_db()
    return before


def _store(account: Account, new: dict[str, str], before: tuple[str, str, str]) -> None:
    with transaction.atomic():
        now = Account.objects.select_for_update().get(pk=account.pk)
        now.credentials = {**now.credentials, **new}
        now.key_asked_at, now.key_changed_at, now.key_version = None, timezone.now(), now.key_version + 1
        now.state, now.reason, now.note = before
        now.save(
            update_fields=["credentials", "key_asked_at", "key_changed_at", "key_version", "state", "reason", "note"]
        )
    account.refresh_from_db()


def _restore(account: Account, before: tuple[str, str, str]) -> None:
    with transaction.atomic():
        now = Account.objects.select_for_update().get(pk=account.pk)
        now.key_asked_at, (now.state, now.reason, now.note) = None, before
        now.save(update_fields=["key_asked_at", "state", "reason", "note"])
    account.refresh_from_db()
