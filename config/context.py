"""What every page shows around its content."""

from django.http import HttpRequest
from django.utils.functional import cached_property

from messaging import clock, threads
from messaging.models import Incident


class Shell:
    """The numbers around a page, each asked for once and only where it is shown.

    They stop at threads.CAP, which shows as “99+”: no page counts a large table.
    """

    @cached_property
    def unread(self) -> int:
        return threads.unread_count()

    @cached_property
    def undecided(self) -> int:
        return threads.undecided_count()

    @cached_property
    def incidents(self) -> int:
        return Incident.objects.filter(closed_at=None)[: threads.CAP].count()

    @cached_property
    def cluster_alive(self) -> bool:
        return clock.is_alive()


def shell(request: HttpRequest) -> dict[str, object]:
    """Nothing for strangers; for staff, the numbers in the side bar."""
    user = getattr(request, "user", None)  # an error page may come before anybody is known
    return {"shell": Shell()} if user is not None and user.is_authenticated else {}
