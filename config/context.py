"""What every page shows around its content."""

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, object]:
    """Nothing for strangers; for staff, the numbers in the side bar."""
    return {}
