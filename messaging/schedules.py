"""The schedules, declared in code: one broken row would stop them all, so nobody edits them by hand."""

from typing import Any

from django_q.models import Schedule

DECLARED = {"clock": ("messaging.clock.ensure", 1)}  # name → function, minutes between two runs


def declare(**kwargs: Any) -> None:
    """Bring the schedules to what is declared here. Runs after every `migrate`."""
    for name, (function, minutes) in DECLARED.items():
        Schedule.objects.update_or_create(
            name=name, defaults={"func": function, "schedule_type": Schedule.MINUTES, "minutes": minutes, "repeats": -1}
        )
    Schedule.objects.exclude(name__in=DECLARED).delete()
