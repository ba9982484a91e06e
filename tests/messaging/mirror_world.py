"""Mirrors in the tests: syncing as the cluster does, and the gateway's own panel."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from contacts.models import Job
from messaging import tasks
from messaging.gateway import provider_of
from messaging.mirror import jobs, starting, work
from messaging.models import Account, MirrorJob
from tests.sandbox_process import SandboxProcess
from tests.world import make_account


class Killed(BaseException):
    """What a worker's death looks like from inside: nothing catches it."""


class DyingTurn(jobs.Turn):
    """A turn whose worker dies at a certain beat."""

    beats_left = 0

    def beat(self, **progress: Any) -> None:
        super().beat(**progress)
        DyingTurn.beats_left -= 1
        if DyingTurn.beats_left <= 0:
            raise Killed

    def end(self) -> None:
        self._lease.release()


@contextmanager
def panel(account: Account) -> Iterator[Any]:
    """Somebody at the gateway's own panel: calls that Carillon knows nothing of."""
    with provider_of(account) as provider:
        yield provider


def sync(account: Account) -> Job:
    """One whole sync."""
    return run(starting.start_pull(account))


def run(job: Job) -> Job:
    """Be the cluster that works a job."""
    tasks.mirror(job.pk)
    job.refresh_from_db()
    return job


def counts(job: Job, kind: str) -> tuple[int, int, int]:
    """What a sync says of one list: added, changed, gone."""
    found = job.summary[kind]
    return found["added"], found["changed"], found["gone"]


def die_after(job: Job, beats: int) -> None:
    """Work on a job and die at a beat."""
    mirror_job = MirrorJob.objects.select_related("job", "account").get(job=job)
    DyingTurn.beats_left = beats
    turn = DyingTurn(mirror_job)
    assert turn.take()
    try:
        work._RUN[MirrorJob.Work(mirror_job.work)](mirror_job, turn)
    except Killed:
        pass
    else:
        raise AssertionError("It ended before it could die.")
    finally:
        turn.end()


def wablas_with_contacts(sandbox: SandboxProcess, count: int) -> Account:
    """A Wablas account whose address book has so many people (and the demo one)."""
    account = make_account(sandbox, "wablas")
    with panel(account) as provider:
        add_contacts(provider, count)
    return account


def add_contacts(provider: Any, count: int, *, first: int = 0) -> None:
    for start in range(first, first + count, 100):
        people = range(start, min(start + 100, first + count))
        provider.client.add_contacts([{"phone": f"62812{n:08d}", "name": f"Orang {n}"} for n in people])
