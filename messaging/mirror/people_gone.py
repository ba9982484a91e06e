"""People who left one of our groups after it went to a gateway: who they are, and taking them out of the gateway's group."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from contacts.models import Contact, Group
from messaging.gateway import open_provider
from messaging.mirror import jobs
from messaging.mirror.jobs import Turn
from messaging.models import Account, MirroredObject, MirrorJob, PersonThere
from messaging.providers.base import Provider
from messaging.providers.errors import MessageRejected, NotSent, OutcomeUnknown, ProviderError
from messaging.reasons import sentence

COUNTED = ("removed", "not_there", "failed")


@dataclass(frozen=True, kw_only=True)
class Left:
    """How many people are in a group of the gateway and no longer in the one of ours that they came from."""

    remote_group: str
    name: str
    count: int


def remember(account: Account, remote_group: str, group_id: int, people: Sequence[Contact]) -> None:
    """Keep whom we put into a gateway's group, or found in it. Without the group, deleted meanwhile, nobody stays."""
    group = Group.objects.filter(pk=group_id).first()
    PersonThere.objects.bulk_create(
        [
            PersonThere(
                account=account,
                remote_group=remote_group[:120],
                group=group,
                phone=each.phone,
                phone_key=each.phone_key,
            )
            for each in people
        ],
        ignore_conflicts=True,
    )


def left(account: Account, remote_group: str) -> QuerySet[PersonThere]:
    """Whom we put into this group of the gateway, and who is in none of ours any more that went there."""
    there = PersonThere.objects.filter(account=account, remote_group=remote_group)
    ours = list(there.exclude(group=None).order_by().values_list("group", flat=True).distinct())
    return there.exclude(Exists(Contact.objects.filter(phone_key=OuterRef("phone_key"), groups__in=ours)))


def counts(account: Account) -> list[Left]:
    """Each of the gateway's groups in which somebody is too many."""
    there = PersonThere.objects.filter(account=account).order_by("remote_group")
    names = dict(MirroredObject.objects.filter(account=account, kind="contact_group").values_list("remote_id", "name"))
    found = [
        Left(remote_group=key, name=names.get(key) or key, count=how_many(account, key))
        for key in there.values_list("remote_group", flat=True).distinct()
    ]
    return [each for each in found if each.count]


def how_many(account: Account, remote_group: str) -> int:
    return left(account, remote_group).order_by().values("phone_key").distinct().count()


def run(mirror_job: MirrorJob, turn: Turn) -> None:
    """Take them out one by one; whoever came back meanwhile stays. A second time changes nothing, so lost answers wait."""
    provider = open_provider(mirror_job.account, turn.exchanges)
    summary = {**dict.fromkeys(COUNTED, 0), **mirror_job.job.summary}
    remote_group = str(mirror_job.args["remote_group"])
    try:
        turn.beat(total=sum(summary.values()) + how_many(mirror_job.account, remote_group))
        while person := left(mirror_job.account, remote_group).filter(pk__gt=mirror_job.cursor).order_by("pk").first():
            _remove(mirror_job, provider, person, summary)
            turn.beat(done=sum(summary.values()), summary=summary, errors=summary["failed"])
    except (NotSent, OutcomeUnknown) as problem:
        jobs.wait(mirror_job, sentence(problem.reason))
        return
    except ProviderError as problem:
        jobs.fail(mirror_job, sentence(problem.reason), summary)
        return
    finally:
        provider.close()
    jobs.finish(mirror_job, summary)


def _remove(mirror_job: MirrorJob, provider: Provider, person: PersonThere, summary: dict[str, int]) -> None:
    try:
        was_there = provider.remove_person(person.phone, person.remote_group)
    except MessageRejected as problem:
        summary["failed"] += 1
        why = f"{sentence(problem.reason)} {problem.detail}".strip()
        jobs.note_problems(mirror_job, [(person.phone, "", why)])
    else:
        summary["removed" if was_there else "not_there"] += 1
        same = {"remote_group": person.remote_group, "phone_key": person.phone_key}
        PersonThere.objects.filter(account=mirror_job.account, **same).delete()
    mirror_job.cursor, mirror_job.stumbles = person.pk, 0
    mirror_job.save(update_fields=["cursor", "stumbles"])
