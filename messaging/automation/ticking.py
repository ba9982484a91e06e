"""What the clock does for reminders, and the task it enqueues."""

from messaging.automation import firing, overdue
from messaging.clock import enqueue_once


def watch() -> None:
    """Have reminders fire that are due: a look at two small indexes."""
    if firing.is_due():
        enqueue_once("reminders", run, seconds=2)


def run() -> None:
    """Fire reminders that are due, and queue their people, for a slice of time."""
    firing.work()


def watch_queued() -> None:
    """Have somebody look after messages of reminders that wait in the outbox."""
    enqueue_once("overdue reminders", overdue.look_after, seconds=50)
