"""What a cluster does with the outbox, as a process of its own: `python -m tests.pump_process 5` sends for 5 seconds."""

import os
import sys
import threading
import time

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

from messaging.outbox.pump import Pump  # the settings come first


def main(seconds: float) -> None:
    """Pump again and again, as the clock has it done."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        Pump(seconds=min(1.0, left)).run()
        threading.Event().wait(0.05)


if __name__ == "__main__":
    main(float(sys.argv[1]))
