"""Who of several test processes runs what: each file whole in one of them, and what starts the product's processes one after
the other in one of them, first, so that it does not crowd the machine and the end is made of short files."""

import pytest
from xdist.scheduler import LoadFileScheduling

PROCESSES = [  # longest first
    "tests/test_crash.py",
    "tests/test_busy_lines.py",
    "tests/test_product.py",
    "tests/messaging/test_two_clusters.py",
    "tests/test_demo.py",
    "tests/messaging/test_mirror_crash.py",
]


class OneProductAtATime(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """xdist's `--dist loadfile`, with PROCESSES as one file."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "processes" if file in PROCESSES else file


def turn_of(item: pytest.Item) -> int:
    """Where a test stands in the queue: processes, browsers, the journeys that need both, and then what is short."""
    file = item.nodeid.split("::", 1)[0]
    if file in PROCESSES:
        return PROCESSES.index(file)
    if item.get_closest_marker("browser") is None:
        return len(PROCESSES) + 2
    return len(PROCESSES) + (item.get_closest_marker("crash") is not None)
