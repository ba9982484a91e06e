"""Memory of a sending process that brings a whole campaign from the start to the last answer, small and large."""

import argparse

from campaigns import lifecycle
from tests.bench.ground import tell
from tests.bench.sending import line_of, make_campaign, make_people
from tests.bench.worker import Worker
from tests.sandbox_process import SandboxProcess

SMALL = 10_000


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    people = parser.parse_args(words).people
    peaks = [peak_of(SMALL), peak_of(people)]
    tell("the larger one takes", f"{peaks[1] / peaks[0]:10.2f} times the memory")


def peak_of(size: int) -> float:
    """Megabytes at the most."""
    make_people(size)
    with SandboxProcess(options={"step-seconds": 3600}) as sandbox:
        campaign = make_campaign(line_of(sandbox, "wablas"))
        lifecycle.start(campaign)
        with Worker(campaign.pk) as worker:
            result = worker.result()
    if result["sent"] != size:
        raise RuntimeError(f"{result['sent']} of {size} sent")
    tell(f"a campaign to {size:,}", f"{result['peak_mb']:10.0f} MB at the most")
    return float(result["peak_mb"])
