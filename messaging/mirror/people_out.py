"""One of our groups, put into a gateway's address book: in chunks, with every refusal named, going on after a crash."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import Consent, ConsentState, Contact, Job
from contacts.phone import phone_key
from messaging.gateway import open_provider
from messaging.mirror import jobs, people_gone, theirs
from messaging.mirror.jobs import Turn
from messaging.models import Account, MirroredObject, MirrorJob
from messaging.providers.base import Provider
from messaging.providers.errors import AccountRejected, MessageRejected, NotSent, OutcomeUnknown, ProviderError
from messaging.providers.shapes import Accepted, AlreadyThere, PushOutcome, RemotePerson
from messaging.reasons import sentence

SINGLE = 25  # people between two beats where the gateway takes one per call
COUNTED = ("created", "already_there", "left_out", "failed")


def run(mirror_job: MirrorJob, turn: Turn) -> None:
    """Put the people of a group at the gateway. People who opted out are left out: the gateway's own campaigns would reach
    them."""
    account = mirror_job.account
    provider = open_provider(account, turn.exchanges)
    summary = {**dict.fromkeys(COUNTED, 0), **mirror_job.job.summary}
    try:
        turn.beat(total=Contact.objects.filter(groups=mirror_job.args["group"]).count())
        _settle_interrupted(mirror_job, provider, summary)
        remote_group = _remote_group(mirror_job, provider)
        while chunk := _next(mirror_job, provider):
            _push(mirror_job, provider, remote_group, chunk, summary)
            turn.beat(done=sum(summary.values()), summary=summary, errors=summary["failed"])
    except ProviderError as problem:
        # What may have arrived is tried again only where a second time changes nothing.
        if isinstance(problem, NotSent) or (isinstance(problem, OutcomeUnknown) and provider.capabilities.repeats_push):
            jobs.wait(mirror_job, sentence(problem.reason))
        else:
            jobs.fail(mirror_job, sentence(problem.reason), summary)
        return
    finally:
        provider.close()
    jobs.finish(mirror_job, summary)


def _remote_group(mirror_job: MirrorJob, provider: Provider) -> str:
    """The gateway's group, made once: its id is kept with the job, and mirrored for gateways that list none."""
    args, account = mirror_job.args, mirror_job.account
    if args.get("remote_group"):
        return str(args["remote_group"])
    name = str(args["name"])
    known = MirroredObject.objects.filter(
        account=account, kind="contact_group", name__iexact=name, gone_at=None
    ).first()
    remote_id = known.remote_id if known else provider.push_group(name)
    MirroredObject.objects.update_or_create(
        account=account, kind="contact_group", remote_id=remote_id[:120], defaults={"name": name[:300], "gone_at": None}
    )
    _keep(mirror_job, remote_group=remote_id)
    return remote_id


def _next(mirror_job: MirrorJob, provider: Provider) -> list[Contact]:
    size = max(provider.capabilities.push_batch, 1)
    people = Contact.objects.filter(groups=mirror_job.args["group"], pk__gt=mirror_job.cursor).order_by("pk")
    return list(people[: size if size > 1 else SINGLE])


def _push(
    mirror_job: MirrorJob, provider: Provider, group: str, chunk: Sequence[Contact], summary: dict[str, int]
) -> None:
    wanted = _welcome(mirror_job.account, chunk, group, provider, summary)
    size = max(provider.capabilities.push_batch, 1)
    for start in range(0, len(wanted), size):
        part = wanted[start : start + size]
        _keep(mirror_job, under_way=[contact.pk for contact in part])
        outcomes = _call(provider, part, group)
        _record(mirror_job, part, outcomes, group, summary)
    _move_on(mirror_job, chunk[-1].pk)


def _call(provider: Provider, part: Sequence[Contact], group: str) -> list[PushOutcome]:
    people = [RemotePerson(phone=contact.phone, name=contact.name) for contact in part]
    try:
        return provider.push_people(people, group)
    except MessageRejected as problem:
        return [problem for _person in people]


def _record(
    mirror_job: MirrorJob, part: Sequence[Contact], outcomes: Sequence[PushOutcome], group: str, summary: dict[str, int]
) -> None:
    """Count and keep what came of some people. What concerns the account, or may pass, is raised after the others count."""
    problems, trouble, there = [], None, []
    for contact, outcome in zip(part, outcomes, strict=True):
        if isinstance(outcome, NotSent | AccountRejected):
            trouble = outcome
            break
        if isinstance(outcome, Accepted):
            summary["created"] += 1
            there.append(contact)
            _remember(mirror_job.account, contact, outcome.remote_id, group)
        elif isinstance(outcome, AlreadyThere):
            summary["already_there"] += 1
            there.append(contact)
        else:
            summary["failed"] += 1
            problems.append((contact.phone, contact.name, f"{sentence(outcome.reason)} {outcome.detail}".strip()))
        _move_on(mirror_job, contact.pk)
    if theirs.can(mirror_job.account).removes_people:
        people_gone.remember(mirror_job.account, group, mirror_job.args["group"], there)
    jobs.note_problems(mirror_job, problems)
    Job.objects.filter(pk=mirror_job.job_id).update(summary=summary)
    _keep(mirror_job, under_way=[])
    if trouble is not None:
        raise trouble


def _settle_interrupted(mirror_job: MirrorJob, provider: Provider, summary: dict[str, int]) -> None:
    """People in a call that a crash cut off. Where putting somebody in twice leaves one entry they are simply next again;
    elsewhere a person looks: they are named and passed over."""
    ids = mirror_job.args.get("under_way") or []
    if ids and not provider.capabilities.repeats_push:
        why = _("The connection was cut off: look at the gateway whether they are there.")
        people = Contact.objects.filter(pk__in=ids, pk__gt=mirror_job.cursor).order_by("pk")
        jobs.note_problems(mirror_job, [(each.phone, each.name, why) for each in people])
        summary["failed"] += len(people)
        _move_on(mirror_job, max(ids))
    _keep(mirror_job, under_way=[])


def _welcome(
    account: Account, chunk: Sequence[Contact], group: str, provider: Provider, summary: dict[str, int]
) -> list[Contact]:
    """Those to put there: neither opted out nor known to be there from an earlier time."""
    keys = [contact.phone_key for contact in chunk]
    said_no = Consent.objects.filter(
        phone_key__in=keys, state=ConsentState.OPTED_OUT, channel__in=provider.capabilities.channels
    )
    out = set(said_no.values_list("phone_key", flat=True))
    there: set[str] = set()
    if not provider.capabilities.repeats_push:
        book = MirroredObject.objects.filter(account=account, kind="contact", phone_key__in=keys, gone_at=None)
        there = {key for key, groups in book.values_list("phone_key", "groups") if group in groups}
    summary["left_out"] += len(out)
    summary["already_there"] += len(there - out)
    return [contact for contact in chunk if contact.phone_key not in out | there]


def _remember(account: Account, contact: Contact, remote_id: str, group: str) -> None:
    """Keep an entry whose id the gateway told: gateways without a list of contacts show them nowhere else."""
    if not remote_id:
        return
    MirroredObject.objects.update_or_create(
        account=account, kind="contact", remote_id=remote_id[:120],
        defaults={
            "name": contact.name, "phone": contact.phone, "phone_key": phone_key(contact.phone), "groups": [group],
            "synced_at": timezone.now(), "gone_at": None,
        },
    )  # fmt: skip


def _move_on(mirror_job: MirrorJob, contact_id: int) -> None:
    mirror_job.cursor, mirror_job.stumbles = max(mirror_job.cursor, contact_id), 0
    mirror_job.save(update_fields=["cursor", "stumbles"])


def _keep(mirror_job: MirrorJob, **args: Any) -> None:
    mirror_job.args = {**mirror_job.args, **args}
    mirror_job.save(update_fields=["args"])
