"""What people make at a gateway from here: made, changed, cancelled and deleted there by one call each, when a person says so.

The row is written before the call and says afterwards how it ended. An answer that got lost leaves a doubt, which people see
and settle; the program never asks a second time by itself.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.refusal import Refused
from messaging import keeping_rules as rules
from messaging.gateway import provider_of
from messaging.mirror import changes
from messaging.mirror.objects import plain
from messaging.models import Account, KeptObject, MirrorChange, MirroredObject
from messaging.providers import PROVIDERS
from messaging.providers.errors import MessageRejected, OutcomeUnknown, ProviderError, Reason
from messaging.providers.http import CALL_SECONDS
from messaging.providers.kept import Kept, KeptKind, Value
from messaging.reasons import sentence

S, D = KeptObject.State, KeptObject.Doubt
ANSWER_WITHIN = timedelta(seconds=CALL_SECONDS + 30)  # after that, whoever asked is dead
_FROM: Mapping[str, tuple[str, ...]] = {D.CHANGE: (S.THERE,), D.CANCEL: (S.THERE,), D.DELETE: (S.THERE, S.CANCELLED)}


def kind_of(account: Account, kind: str) -> KeptKind | None:
    """The table of fields of one kind; None where the account's gateway takes none."""
    return next((each for each in PROVIDERS[account.provider].capabilities.keeps if each.kind == kind), None)


def is_listed(account: Account, kind: KeptKind) -> bool:
    """Whether the gateway itself lists this kind, so that a sync shows how it stands."""
    return kind.kind in PROVIDERS[account.provider].capabilities.mirrors


def make(
    account: Account, kind: KeptKind, *, values: Mapping[str, Any], key: str, user: User | None = None
) -> KeptObject:
    """Make one at the gateway. The row comes back with a doubt when the answer got lost.

    values: by the names of the kind's fields. key: made with the form; the same key again returns what it made. Raises
    Refused(field=…) for what may not be asked, and with the gateway's no, after which nothing is there and no row is left.
    """
    if known := KeptObject.objects.filter(account=account, key=key).first():
        return known
    cleaned = rules.clean(account, kind, values)
    kept = KeptObject(account=account, kind=kind.kind, key=key, created_by=user, doubt=D.MAKE, asked_at=timezone.now())
    _fill(kept, kind, cleaned)
    try:
        with transaction.atomic():
            kept.save()
    except IntegrityError:
        return KeptObject.objects.get(account=account, key=key)  # the other press was quicker
    try:
        with provider_of(account) as provider:
            answer = provider.make_kept(kind.kind, cleaned)
    except OutcomeUnknown as problem:
        _leave_in_doubt(kept, problem)
        return kept
    except ProviderError as problem:
        kept.delete()
        raise _refusal(kind, problem) from None
    # What has no id stays as it is, in no doubt any more: the gateway's list shows it after a sync.
    _settle(kept, state=S.THERE if kind.is_named else S.MAKING, answer=answer)
    if kind.is_named and is_listed(account, kind):
        _mirror(kept)
    return kept


def change(kept: KeptObject, *, values: Mapping[str, Any]) -> None:
    """Other values for one; those that the gateway cannot change stay. Raises Refused as `make`; then all is as before."""
    kind = _kind(kept)
    asked = {**dict(values), **{field.name: kept.values.get(field.name) for field in kind.fields if field.is_fixed}}
    cleaned = rules.clean(kept.account, kind, asked)
    _claim(kept, kind, D.CHANGE)
    answer = _ask(kept, kind, lambda provider: provider.change_kept(kind.kind, kept.remote_id, cleaned))
    if isinstance(answer, Kept):
        _fill(kept, kind, cleaned)
        _settle(kept, state=S.THERE, answer=answer)


def end(kept: KeptObject, *, deed: Literal["cancel", "delete"]) -> None:
    """Cancel or delete one at the gateway. Raises Refused with the gateway's no; a lost answer leaves a doubt."""
    kind = _kind(kept)
    _claim(kept, kind, deed)
    if _ask(kept, kind, lambda provider: provider.end_kept(kind.kind, kept.remote_id, deed)) is not _LOST:
        _settle(kept, state=S.CANCELLED if deed == "cancel" else S.DELETED)


def look(kept: KeptObject) -> None:
    """Ask the gateway how it has one, which settles a doubt. Raises Refused when it cannot say."""
    kind = _kind(kept)
    if "look" not in kind.deeds or not kept.remote_id:
        raise Refused(_("This gateway has no call that shows it."))
    try:
        with provider_of(kept.account) as provider:
            answer = provider.look_at_kept(kind.kind, kept.remote_id)
    except ProviderError as problem:
        raise _refusal(kind, problem) from None
    if answer is not None:
        _fill(kept, kind, {**rules.shown(kind, kept.values), **answer.values})
    _settle(kept, state=S.THERE if answer else S.DELETED, answer=answer)


def forget(kept: KeptObject) -> None:
    """Take a row off the list; nothing happens at the gateway. Refused while a call is under way."""
    kept.refresh_from_db()
    if is_under_way(kept):
        raise Refused(_("The gateway is being asked right now. Look again in a minute."))
    kept.delete()


def change_listed(item: MirroredObject, *, values: Mapping[str, Any]) -> None:
    """Other values for something that the gateway lists. Raises Refused; after a lost answer the next sync shows."""
    kind = kind_of(item.account, item.kind)
    if kind is None or item.gone_at or not kind.can_change(item.raw):
        raise Refused(_("This gateway has no call that changes this one."))
    cleaned = rules.clean(item.account, kind, values)
    try:
        with provider_of(item.account) as provider:
            answer = provider.change_kept(kind.kind, item.remote_id, cleaned)
    except OutcomeUnknown as problem:
        words = {"why": sentence(problem.reason)}
        raise Refused(_("%(why)s It may have been done all the same: sync to see.") % words) from None
    except ProviderError as problem:
        raise _refusal(kind, problem) from None
    raw = {**item.raw, **plain(answer.raw)}
    before, after = changes.differences(item.raw, raw)
    item.name, item.raw = str(cleaned.get(kind.title) or "")[:300], raw
    item.save(update_fields=["name", "raw"])
    changes.change_of(item, MirrorChange.What.SENT, before=before, after=after).save()


def is_under_way(kept: KeptObject) -> bool:
    """Whether somebody may still be waiting for the gateway's answer."""
    return kept.asked_at is not None and kept.asked_at > timezone.now() - ANSWER_WITHIN


class _Lost:
    """What `_ask` returns when the answer got lost."""


_LOST = _Lost()


def _ask(kept: KeptObject, kind: KeptKind, call: Any) -> Any:
    """One call about a claimed row: what it returns, or _LOST; Refused, and the row as it was, for the gateway's no."""
    try:
        with provider_of(kept.account) as provider:
            return call(provider)
    except OutcomeUnknown as problem:
        _leave_in_doubt(kept, problem)
        return _LOST
    except ProviderError as problem:
        KeptObject.objects.filter(pk=kept.pk).update(asked_at=None, doubt=kept.doubt)
        raise _refusal(kind, problem) from None


def _claim(kept: KeptObject, kind: KeptKind, deed: str) -> None:
    """Be the one who asks now; committed before the call. `kept` itself still has the doubt there was before."""
    kept.refresh_from_db()
    silent = Q(asked_at=None) | Q(asked_at__lte=timezone.now() - ANSWER_WITHIN)
    rows = KeptObject.objects.filter(silent, pk=kept.pk, state__in=_FROM[deed])
    if deed not in kind.deeds or not rows.update(doubt=deed, asked_at=timezone.now()):
        raise Refused(_("That cannot be done now: it is no longer there, or the gateway is being asked about it."))


def _leave_in_doubt(kept: KeptObject, problem: ProviderError) -> None:
    KeptObject.objects.filter(pk=kept.pk).update(
        asked_at=None, note=f"{sentence(problem.reason)} {problem.detail}".strip()[:300]
    )
    kept.refresh_from_db()


def _settle(kept: KeptObject, *, state: str, answer: Kept | None = None) -> None:
    """The end of a call is known."""
    if answer is not None:
        kept.remote_id, kept.raw = answer.remote_id[:120], plain(answer.raw)
    kept.state, kept.doubt, kept.asked_at, kept.note, kept.changed_at = state, "", None, "", timezone.now()
    kept.save()


def _fill(kept: KeptObject, kind: KeptKind, cleaned: Mapping[str, Value]) -> None:
    """The values, and the columns that lists show."""
    kept.values = rules.storable(kind, cleaned)
    of = {field.ask: cleaned.get(field.name) for field in kind.fields}
    due_at, title = of.get("moment"), cleaned.get(kind.title) or cleaned.get("text")
    kept.name, kept.phone = str(title or cleaned.get("url") or "")[:300], str(of.get("phone") or "")
    kept.due_at = due_at if isinstance(due_at, datetime) else None


def _mirror(kept: KeptObject) -> None:
    """What the gateway lists anyway stands in its list at once."""
    item, _is_new = MirroredObject.objects.update_or_create(
        account=kept.account, kind=kept.kind, remote_id=kept.remote_id,
        defaults={"name": kept.name, "raw": kept.raw, "synced_at": timezone.now(), "gone_at": None},
    )  # fmt: skip
    changes.change_of(item, MirrorChange.What.SENT, after=changes.differences({}, kept.raw)[1]).save()


def _kind(kept: KeptObject) -> KeptKind:
    kind = kind_of(kept.account, kept.kind)
    if kind is None:
        raise Refused(_("This gateway has no call for this."))
    return kind


def _refusal(kind: KeptKind, problem: ProviderError) -> Refused:
    """The gateway's no as a sentence, at the phone where it is about the phone."""
    if problem.reason == Reason.INVALID_NUMBER:
        phone = next((field.name for field in kind.fields if field.ask == "phone"), "")
        return Refused(sentence(problem.reason), field=phone)
    if isinstance(problem, MessageRejected):
        return Refused(_("The gateway refuses it: “%(words)s”.") % {"words": problem.detail or problem.reason})
    return Refused(f"{sentence(problem.reason)} {problem.detail}".strip())
