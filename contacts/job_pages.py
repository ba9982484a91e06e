"""Which page tells about a long piece of work, where the floor above has one of its own for it."""

from django.urls import reverse

from contacts.models import Job

_PAGES: dict[str, str] = {}


def add_page(kind: str, url_name: str) -> None:
    """Let a floor above show jobs of a kind on its own page: a URL name that takes the job's id."""
    _PAGES[kind] = url_name


def page_of(job: Job) -> str:
    """The address of that page; "" for a job that is shown here."""
    return reverse(_PAGES[job.kind], args=[job.pk]) if job.kind in _PAGES else ""
