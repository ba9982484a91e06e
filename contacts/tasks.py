"""What the cluster runs for contacts."""

from contacts.importing import worker


def run_import(job_id: int) -> None:
    """Import the file of this job. May run twice: only one of them finds work."""
    worker.work(job_id=job_id)
