"""Our opt-outs at the gateways that keep a list of their own: planned from what was said, told until the gateway has it.

Sending is stopped here whatever the gateway knows; its list stops what people send from its own panel. Adding to or taking
from such a list has no second effect when repeated, so an answer that got lost is simply asked for again.
"""

import time
from collections.abc import Collection, Iterable
from datetime import timedelta

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from contacts.models import Consent, ConsentEvent, ConsentState, Contact
from contacts.phone import variants
from messaging import pace
from messaging.gateway import provider_of
from messaging.lease import Singleton
from messaging.models import Account, MirrorState, OptOutPush
from messaging.providers import PROVIDERS
from messaging.providers.base import Provider
from messaging.providers.errors import AccountRejected, MessageRejected, ProviderError
from messaging.reasons import sentence

CURSOR = "opt_outs"  # the MirrorState that keeps the last event planned
CHUNK = 1000
SLICE = 20.0  # seconds of telling in one task
AT_ONCE = 50
AWAY = timedelta(minutes=5)  # until an account that refuses us is asked again
IN_A_ROW = 3  # calls without an answer that end a slice
W = OptOutPush.Wanted


def accounts() -> models.QuerySet[Account]:
    """Those whose gateway keeps a list it can be told of."""
    slugs = [slug for slug, provider in PROVIDERS.items() if provider.capabilities.pushes_opt_outs]
    return Account.objects.filter(provider__in=slugs).exclude(state=Account.State.NEW)


def collect() -> list[int]:
    """Plan what the newest consent events mean; returns the ids of the accounts that have something to tell now."""
    for account in accounts():
        state, is_new = MirrorState.objects.get_or_create(account=account, kind=CURSOR)
        if is_new or not state.cursor:
            newest = ConsentEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0
            plan_all(account)
            MirrorState.objects.filter(pk=state.pk).update(cursor=str(newest), finished_at=timezone.now())
            continue
        events = ConsentEvent.objects.filter(id__gt=int(state.cursor)).order_by("id").values_list("id", "phone_key")
        if found := list(events[:CHUNK]):
            plan(account, {key for _id, key in found})
            MirrorState.objects.filter(pk=state.pk).update(cursor=str(found[-1][0]))
    due = _due().filter(account__state=Account.State.READY)
    return list(due.order_by().values_list("account_id", flat=True).distinct())


def plan_all(account: Account) -> None:
    """Plan everybody whose state the gateway has not been told: at the beginning, and with each sync, in case an event was
    committed after a later one had been seen."""
    if not PROVIDERS[account.provider].capabilities.pushes_opt_outs:
        return
    told = OptOutPush.objects.filter(account=account, phone_key=OuterRef("phone_key"), wanted=W.OUT)
    missing = _said_no(account).filter(~Exists(told)).order_by("phone_key").values_list("phone_key", flat=True)
    back = OptOutPush.objects.filter(
        ~Exists(_said_no(account).filter(phone_key=OuterRef("phone_key"))), account=account, wanted=W.OUT
    )
    for keys in (missing, back.order_by("phone_key").values_list("phone_key", flat=True)):
        for chunk in _chunks(keys.iterator(chunk_size=CHUNK)):
            plan(account, chunk)


def plan(account: Account, keys: Collection[str]) -> None:
    """Bring the plan for these phone keys to what people want now. Doing it twice changes nothing."""
    out = set(_said_no(account).filter(phone_key__in=keys).values_list("phone_key", flat=True))
    planned = dict(OptOutPush.objects.filter(account=account, phone_key__in=keys).values_list("phone_key", "wanted"))
    new = [OptOutPush(account=account, phone_key=key, wanted=W.OUT) for key in sorted(out - planned.keys())]
    OptOutPush.objects.bulk_create(new, ignore_conflicts=True)
    again = [key for key in out if planned.get(key) == W.IN]
    # Only what we put there is taken back: a phone the gateway's own staff listed is theirs to decide about.
    back = [key for key, wanted in planned.items() if wanted == W.OUT and key not in out]
    for changed, wanted in ((again, W.OUT), (back, W.IN)):
        OptOutPush.objects.filter(account=account, phone_key__in=changed).update(
            wanted=wanted, attempts=0, next_attempt_at=timezone.now(), done_at=None, refused_at=None, note=""
        )


def push(account_id: int) -> int:
    """Tell one gateway what is due, for a slice of time; how many it took. One copy at a time."""
    turn = Singleton(f"opt-outs:{account_id}", seconds=SLICE + 100)
    if not turn.acquire():
        return 0
    try:
        account = Account.objects.get(pk=account_id)
        with provider_of(account) as provider:
            return _push_slice(account, provider)
    finally:
        turn.release()


def _push_slice(account: Account, provider: Provider) -> int:
    deadline, told, silent = time.monotonic() + SLICE, 0, 0
    while time.monotonic() < deadline and silent < IN_A_ROW:
        rows = list(_due().filter(account=account).order_by("next_attempt_at", "id")[:AT_ONCE])
        if not rows:
            break
        phones = dict(
            Contact.objects.filter(phone_key__in=[row.phone_key for row in rows]).values_list("phone_key", "phone")
        )
        for row in rows:
            try:
                _tell(provider, row, phones.get(row.phone_key) or f"+{row.phone_key}")
            except AccountRejected as problem:
                _due().filter(account=account).update(
                    next_attempt_at=timezone.now() + AWAY, note=sentence(problem.reason)[:300]
                )
                return told
            except MessageRejected as problem:
                _mark(row, refused_at=timezone.now(), note=sentence(problem.reason)[:300])
            except ProviderError as problem:
                silent += 1
                _mark(
                    row, next_attempt_at=timezone.now() + pace.backoff(row.attempts + 1), note=sentence(problem.reason)[:300]
                )  # fmt: skip
            else:
                silent = 0
                told += _mark(row, done_at=timezone.now(), note="")
            if silent >= IN_A_ROW or time.monotonic() > deadline:
                break
    return told


def _tell(provider: Provider, row: OptOutPush, phone: str) -> None:
    """Every spelling of the number. Refused only when the gateway takes none of them."""
    refused: list[MessageRejected] = []
    spellings = variants(phone)
    for spelling in spellings:
        try:
            if row.wanted == W.OUT:
                provider.push_opt_out(spelling)
            else:
                provider.push_opt_in(spelling)
        except MessageRejected as problem:
            refused.append(problem)
    if len(refused) == len(spellings):
        raise refused[0]


def _mark(row: OptOutPush, **changes: object) -> int:
    """Write what came of it, unless the person has changed their mind meanwhile."""
    mine = OptOutPush.objects.filter(pk=row.pk, wanted=row.wanted)
    return mine.update(attempts=F("attempts") + 1, **changes)


def _due() -> models.QuerySet[OptOutPush]:
    return OptOutPush.objects.filter(done_at=None, refused_at=None, next_attempt_at__lte=timezone.now())


def _said_no(account: Account) -> models.QuerySet[Consent]:
    channels = PROVIDERS[account.provider].capabilities.channels
    return Consent.objects.filter(Q(channel__in=channels), state=ConsentState.OPTED_OUT)


def _chunks(keys: Iterable[str]) -> Iterable[set[str]]:
    chunk: set[str] = set()
    for key in keys:
        chunk.add(key)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = set()
    if chunk:
        yield chunk
