"""A mirror job's worker: takes the turn, does what the job says, and leaves it so that another can go on."""

import logging

from django.utils.translation import gettext as _

from contacts.models import Job
from contacts.refusal import Refused
from messaging.mirror import jobs, numbers, people_gone, people_in, people_out, pull
from messaging.models import MirrorJob

log = logging.getLogger(__name__)
W = MirrorJob.Work
_RUN = {
    W.PULL: pull.run,
    W.BRING: people_in.run,
    W.PUSH: people_out.run,
    W.REMOVE: people_gone.run,
    W.CHECK: numbers.run,
}


def work(job_id: int) -> None:
    """Work on a job to its end. Does nothing when it has ended or somebody else is at it.

    An error nobody foresaw leaves the job failed with what was done kept, and is raised for the log.
    """
    mirror_job = MirrorJob.objects.select_related("job", "account").get(job_id=job_id)
    turn = jobs.Turn(mirror_job)
    if mirror_job.job.state != Job.State.RUNNING or not turn.take():
        return
    try:
        _RUN[W(mirror_job.work)](mirror_job, turn)
    except jobs.Overtaken:
        log.warning("Mirror job %s went on elsewhere.", job_id)
    except Refused as refused:
        jobs.fail(mirror_job, refused.sentence)
    except Exception:
        jobs.fail(mirror_job, _("It stopped at an unexpected error; what was done stays. Start it again to go on."))
        raise
    finally:
        turn.end()
