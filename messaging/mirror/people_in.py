"""People whom a gateway knows, brought into contacts: its address book, one of its groups, or a WhatsApp group's members."""

from collections.abc import Iterator, Sequence

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from contacts.bringing import Brought, Known, bring_in
from contacts.models import Group
from contacts.refusal import Refused
from messaging.mirror import jobs
from messaging.mirror.jobs import Turn
from messaging.models import Account, MirroredObject, MirrorJob
from messaging.providers import PROVIDERS

KINDS = ("contact", "contact_group", "whatsapp_group")
CHUNK = 500
COUNTED = ("created", "completed", "unchanged", "conflicts", "joined")


def kinds_of(account: Account) -> list[str]:
    """The lists of an account with people in them; groups only where the gateway tells who is in which."""
    return [kind for kind in KINDS if kind == "contact" or kind in PROVIDERS[account.provider].capabilities.mirrors]


def source_of(account: Account, kind: str, remote_id: str) -> MirroredObject | None:
    """The mirrored group to bring people from; None for the whole address book. Raises Refused where there is nobody."""
    if kind not in kinds_of(account):
        raise Refused(_("There are no people in this list."))
    if not remote_id:
        if kind != "contact":
            raise Refused(_("Choose which group."))
        return None
    item = MirroredObject.objects.filter(account=account, kind=kind, remote_id=remote_id).first()
    if item is None:
        raise Refused(_("The gateway lists no such group any more."))
    if kind == "whatsapp_group" and item.members is None:
        raise Refused(_("The gateway did not tell who is in this group. Sync again."))
    return item


def run(mirror_job: MirrorJob, turn: Turn) -> None:
    """Bring the people of a list in, a few hundred at a time, going on after the last ones done."""
    account, args = mirror_job.account, mirror_job.args
    source = source_of(account, str(args["kind"]), str(args.get("remote_id") or ""))
    groups = Group.objects.filter(pk=args["group"]) if args.get("group") else Group.objects.none()
    summary = {**dict.fromkeys((*COUNTED, "refused"), 0), **mirror_job.job.summary}
    done = mirror_job.job.done
    turn.beat(total=_count(account, source))
    for last, people in _chunks(account, source, after=mirror_job.cursor):
        result = bring_in(people=people, region=account.region, groups=groups, fields={"source": account.name})
        _add(summary, result)
        jobs.note_problems(mirror_job, [(known.phone, known.name, why) for known, why in result.refused])
        done += len(people)
        MirrorJob.objects.filter(pk=mirror_job.pk).update(cursor=last)
        turn.beat(done=done, summary=summary, errors=summary["refused"])
    jobs.finish(mirror_job, summary)


def _add(summary: dict[str, int], result: Brought) -> None:
    for word in COUNTED:
        summary[word] += getattr(result, word)
    summary["refused"] += len(result.refused)


def _count(account: Account, source: MirroredObject | None) -> int:
    if source is not None and source.members is not None:
        return len(source.members)
    return _book(account).count()


def _chunks(account: Account, source: MirroredObject | None, *, after: int) -> Iterator[tuple[int, Sequence[Known]]]:
    """(where to go on after these, people): ids of mirrored contacts, or places in a WhatsApp group."""
    if source is not None and source.members is not None:
        for start in range(after, len(source.members), CHUNK):
            phones = source.members[start : start + CHUNK]
            yield start + len(phones), [Known(phone=str(phone)) for phone in phones]
        return
    while rows := list(_book(account).filter(pk__gt=after).order_by("pk").defer("raw")[:CHUNK]):
        after = rows[-1].pk
        inside = [row for row in rows if source is None or source.remote_id in row.groups]
        yield after, [Known(phone=row.phone, name=row.name) for row in inside]


def _book(account: Account) -> QuerySet[MirroredObject]:
    return MirroredObject.objects.filter(account=account, kind="contact", gone_at=None)
