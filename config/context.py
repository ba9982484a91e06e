"""What every page shows around its content."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from messaging import clock, threads
from messaging.models import Incident


def shell(request: HttpRequest) -> dict[str, object]:
    """Nothing for strangers; for staff, the numbers in the side bar, asked for only where they are shown."""
    user = getattr(request, "user", None)  # an error page may come before anybody is known
    return {"shell": SimpleLazyObject(_numbers)} if user is not None and user.is_authenticated else {}


def _numbers() -> dict[str, object]:
    """unread and undecided stop at threads.CAP, which shows as “99+”: no page counts a large table."""
    return {
        "unread": threads.unread_count(),
        "undecided": threads.undecided_count(),
        "cluster_alive": clock.is_alive(),
        "incidents": Incident.objects.filter(closed_at=None)[: threads.CAP].count(),
    }
