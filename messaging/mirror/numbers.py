"""Numbers that a gateway is asked about one by one: whether they are on WhatsApp (`messaging.checking` starts it)."""

from typing import Any

from django.utils.translation import gettext as _

from contacts import reach
from contacts.models import Contact
from messaging.gateway import open_provider, route_of
from messaging.mirror import jobs
from messaging.models import Line, MirrorJob
from messaging.providers.errors import AccountRejected, NotSent, ProviderError

_AT_ONCE = 20  # numbers between two looks at whether it is still ours to do


def run(mirror_job: MirrorJob, turn: jobs.Turn) -> None:
    """Check the numbers of a job, going on after the last one done. What a gateway cannot say stays unknown."""
    line = Line.objects.select_related("account").get(pk=mirror_job.args["line"])
    ids: list[int] = list(mirror_job.args["contacts"])
    summary: dict[str, Any] = {"reached": 0, "not_reached": 0, "unsaid": 0, **mirror_job.job.summary}
    provider, done = open_provider(line.account, turn.exchanges), mirror_job.job.done
    try:
        for begin in range(done, len(ids), _AT_ONCE):
            for person in Contact.objects.filter(pk__in=ids[begin : begin + _AT_ONCE]).order_by("pk"):
                try:
                    is_reached = provider.check_number(route_of(line), person.phone)
                except (NotSent, AccountRejected):
                    raise  # nothing more can be asked now
                except ProviderError:
                    summary["unsaid"] += 1
                    continue
                reach.note([person.phone_key], is_reached=is_reached)
                summary["reached" if is_reached else "not_reached"] += 1
            done = min(begin + _AT_ONCE, len(ids))
            turn.beat(done=done, summary=summary)
    except (NotSent, AccountRejected):
        jobs.fail(mirror_job, _("The gateway answers no more. What was found out stays; go on later."), summary)
        return
    finally:
        provider.close()
    jobs.finish(mirror_job, summary)
