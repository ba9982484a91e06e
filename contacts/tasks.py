"""What the cluster runs for contacts."""

from django.conf import settings
from django.utils import translation

from contacts.importing import worker


def run_import(job_id: int, *, language: str = "") -> None:
    """Import the file of this job. May run twice: only one of them finds work.

    language: of whoever started it, in which the reasons of refused rows are written down.
    """
    with translation.override(language or settings.LANGUAGE_CODE):
        worker.work(job_id=job_id)
