"""Ending soon: how the launcher tells tasks under way that it wants to stop, so that nothing is killed while it sends.

django-q lets running tasks finish, and ours run for a while. The launcher names a file in the environment of its
clusters; when the file appears, clocks and pumps come to an end by themselves.
"""

import os
from pathlib import Path

VARIABLE = "CARILLON_STOP_FILE"


def is_wanted() -> bool:
    """Whether this process's launcher wants to stop."""
    path = os.environ.get(VARIABLE)
    return bool(path) and Path(path or "").exists()
