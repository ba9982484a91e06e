"""Ways out as the gateway lists them: WhatsApp accounts, devices with their SIM slots, paid routes."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from messaging import health
from messaging.models import Account, Device, Incident, Line, WhatsAppAccount
from messaging.models.line import NO_SLOT
from messaging.providers.errors import Reason
from messaging.providers.shapes import RemoteLine


@dataclass(slots=True)
class Counts:
    """What a sync changed."""

    added: int = 0
    changed: int = 0
    gone: int = 0
    same: int = 0


def mirror_lines(account: Account, remotes: Sequence[RemoteLine]) -> Counts:
    """Bring our lines to what the gateway lists: new ones appear, known ones follow, missing ones are marked, never
    deleted. A line that staff switched off stays off."""
    counts = Counts()
    seen: set[int] = set()
    with transaction.atomic():
        for remote in remotes:
            line = _upsert(account, remote, counts)
            seen.add(line.pk)
        for line in (
            account.lines.exclude(pk__in=seen).exclude(state=Line.State.DISABLED).exclude(reason=Reason.LINE_MISSING)
        ):
            counts.gone += 1
            Line.objects.filter(pk=line.pk).update(state=Line.State.DISCONNECTED, reason=Reason.LINE_MISSING)
            health.open_incident(kind=Incident.Kind.LINE_DOWN, account=account, line=line, reason=Reason.LINE_MISSING)
        _mark_gone(account, remotes)
    return counts


def set_connected(line: Line, *, is_connected: bool, note: str = "") -> bool:
    """The gateway says a line went up or down. Returns whether that was news."""
    if line.state == Line.State.DISABLED or (is_connected == (line.state == Line.State.READY)):
        return False
    state = Line.State.READY if is_connected else Line.State.DISCONNECTED
    reason = "" if is_connected else Reason.LINE_DISCONNECTED
    Line.objects.filter(pk=line.pk).update(state=state, reason=reason, note=note, failures=0)
    line.state, line.reason, line.note = state, reason, note
    if is_connected:
        health.close_incidents(kind=Incident.Kind.LINE_DOWN, account=line.account, line=line)
    else:
        health.open_incident(kind=Incident.Kind.LINE_DOWN, account=line.account, line=line, reason=reason, note=note)
    return True


def _upsert(account: Account, remote: RemoteLine, counts: Counts) -> Line:
    route = remote.route
    slot = NO_SLOT if route.slot is None else route.slot
    label = remote.label[:200]
    line, is_new = Line.objects.get_or_create(
        account=account, channel=route.channel, kind=route.kind, address=route.address, slot=slot,
        defaults={
            "label": label,
            "phone": remote.phone,
            "state": Line.State.READY if remote.is_connected else Line.State.DISCONNECTED,
            "reason": "" if remote.is_connected else Reason.LINE_DISCONNECTED,
            "note": remote.note[:300],
            **_usual_pace(route.kind),
        },
    )  # fmt: skip
    owner = _owner(account, remote)
    is_changed = (line.label, line.phone) != (label, remote.phone)
    if is_new or is_changed or owner:
        Line.objects.filter(pk=line.pk).update(label=label, phone=remote.phone, **owner)
    counts.added += is_new
    was_news = not is_new and set_connected(line, is_connected=remote.is_connected, note=remote.note[:300])
    counts.changed += not is_new and (is_changed or was_news)
    counts.same += not is_new and not is_changed and not was_news
    return line


def _usual_pace(kind: str) -> dict[str, object]:
    """Cautious until staff choose otherwise: linked numbers get banned for haste, and Android refuses bursts."""
    if kind == Line.Kind.WHATSAPP:
        return {"gap_seconds": 6, "jitter_seconds": 3, "per_hour": 200, "per_day": 1000}
    if kind == Line.Kind.SIM:
        return {"gap_seconds": 3, "jitter_seconds": 1, "per_hour": 600, "per_day": None}
    return {"gap_seconds": 0, "jitter_seconds": 0}


def _owner(account: Account, remote: RemoteLine) -> dict[str, object]:
    """The mirrored WhatsApp account or device a line belongs to, kept up to date."""
    now = timezone.now()
    common = {
        "is_connected": remote.is_connected,
        "note": remote.note[:200],
        "raw": dict(remote.raw),
        "synced_at": now,
        "gone_at": None,
    }
    if remote.route.kind == "whatsapp":
        number, _ = WhatsAppAccount.objects.update_or_create(
            account=account, remote_id=remote.route.address, defaults={"phone": remote.phone, **common}
        )
        return {"whatsapp_account_id": number.pk}
    if remote.route.kind == "sim":
        device, _ = Device.objects.update_or_create(
            account=account,
            remote_id=remote.route.address,
            defaults={"name": remote.device_name or remote.label, **common},
        )
        return {"device_id": device.pk}
    return {}


def _mark_gone(account: Account, remotes: Sequence[RemoteLine]) -> None:
    now = timezone.now()
    addresses = {remote.route.address for remote in remotes}
    account.whatsapp_accounts.filter(gone_at=None).exclude(remote_id__in=addresses).update(
        gone_at=now, is_connected=False
    )
    account.devices.filter(gone_at=None).exclude(remote_id__in=addresses).update(gone_at=now, is_connected=False)
