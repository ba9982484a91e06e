"""One page of what a gateway lists, brought here: new, changed, back, or as it was. A few statements, whatever is on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from contacts.phone import phone_key
from messaging.mirror import changes, opt_outs_in, ours, pruning
from messaging.mirror.lines import Counts
from messaging.models import Account, MirrorChange, MirroredObject
from messaging.providers.redact import MASK, SECRET_NAMES, mask_codes
from messaging.providers.shapes import OPT_OUTS, RemoteObject

What = MirrorChange.What
_FIELDS = ["name", "phone", "phone_key", "groups", "members", "raw", "at", "synced_at", "gone_at"]
_LONGEST_ID = 120


@dataclass
class _Sorted:
    """What a page means for the rows we have. fresh: only volatile fields differ."""

    new: list[MirroredObject] = field(default_factory=list)
    changed: list[MirroredObject] = field(default_factory=list)
    fresh: list[MirroredObject] = field(default_factory=list)
    same: list[int] = field(default_factory=list)
    log: list[MirrorChange] = field(default_factory=list)


def write_page(account: Account, kind: str, objects: Sequence[RemoteObject], *, is_logged: bool) -> Counts:
    """Bring one page here. is_logged: False on a first pull, where everything is new and the log says so once."""
    with transaction.atomic():
        listed = _made_elsewhere(account, kind, objects) if ours.is_about_messages(kind) and objects else objects
        items = {item.remote_id: item for item in listed if 0 < len(item.remote_id) <= _LONGEST_ID}
        rows = MirroredObject.objects.filter(account=account, kind=kind, remote_id__in=items)
        result = _sort(account, kind, items, {row.remote_id: row for row in rows})
        MirroredObject.objects.bulk_create(result.new)
        MirroredObject.objects.bulk_update([*result.changed, *result.fresh], _FIELDS)
        MirroredObject.objects.filter(pk__in=result.same).update(synced_at=timezone.now())
        if kind == OPT_OUTS:
            opt_outs_in.apply(account, [items[row.remote_id] for row in result.new])
        if is_logged:
            MirrorChange.objects.bulk_create(result.log)
    return Counts(added=len(result.new), changed=len(result.changed), same=len(result.same) + len(result.fresh))


def _made_elsewhere(account: Account, kind: str, objects: Sequence[RemoteObject]) -> list[RemoteObject]:
    """Messages that are not ours, without old ones, and with the codes in their texts hidden: a one-time password that
    another program sent is nobody's to read here."""
    wanted = ours.without_ours(account, kind, objects)
    if not kind.endswith(ours.PENDING):  # what waits there is shown however old it is
        wanted = pruning.still_wanted(wanted)
    return [replace(item, name=mask_codes(item.name), raw=_without_codes(item.raw)) for item in wanted]


def _without_codes(value: Any) -> Any:
    if isinstance(value, str):
        return mask_codes(value)
    if isinstance(value, Mapping):
        return {name: MASK if name in SECRET_NAMES else _without_codes(each) for name, each in value.items()}
    return [_without_codes(each) for each in value] if isinstance(value, list | tuple) else value


def _sort(
    account: Account, kind: str, items: Mapping[str, RemoteObject], known: Mapping[str, MirroredObject]
) -> _Sorted:
    result, now = _Sorted(), timezone.now()
    for remote_id, item in items.items():
        row, raw = known.get(remote_id), plain(item.raw)
        if row is None:
            row = MirroredObject(account=account, kind=kind, remote_id=remote_id)
            _fill(row, item, raw)
            row.synced_at = now
            result.new.append(row)
            result.log.append(changes.change_of(row, What.ADDED, after=changes.differences({}, raw)[1]))
            continue
        before, was_gone = row.raw, row.gone_at is not None
        if before == raw and not was_gone:
            result.same.append(row.pk)
            continue
        is_same = changes.is_same(before, raw)
        _fill(row, item, raw)
        row.synced_at, row.gone_at = now, None
        (result.fresh if is_same and not was_gone else result.changed).append(row)
        if was_gone:
            result.log.append(changes.change_of(row, What.BACK))
        elif not is_same:
            old, new = changes.differences(before, raw)
            result.log.append(changes.change_of(row, What.CHANGED, before=old, after=new))
    return result


def _fill(row: MirroredObject, item: RemoteObject, raw: dict[str, Any]) -> None:
    phone = plain(item.phone)[:64]
    row.name, row.phone, row.phone_key, row.raw = plain(item.name)[:300], phone, phone_key(phone)[:64], raw
    row.at = item.at if ours.is_about_messages(row.kind) else None
    row.groups = list(item.groups)
    row.members = None if item.members is None else list(item.members)


def plain(value: Any) -> Any:
    """A value as a database takes it: PostgreSQL stores no NUL characters."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, Mapping):
        return {plain(str(name)): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)
