"""Who of several test processes runs what: each file whole in one of them. The crash test begins, and beside it go, one after
the other, the files that start the product's processes, so that these do not crowd the machine and the end is made of short
files."""

import pytest
from xdist.scheduler import LoadFileScheduling

LONGEST = "tests/test_crash.py"
PROCESSES = [  # longest first
    "tests/test_busy_lines.py",
    "tests/test_product.py",
    "tests/test_demo.py",
    "tests/messaging/test_two_clusters.py",
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
    if file in (order := [LONGEST, *PROCESSES]):
        return order.index(file)
    if item.get_closest_marker("browser") is None:
        return len(order) + 2
    return len(order) + (item.get_closest_marker("crash") is not None)
