"""What the pages about automatic messages have in common: which tab is open, and what waits behind the others."""

from messaging.automation import doubts, firing

_CAP = 100  # shown as “99+”


def tabs(tab: str) -> dict[str, object]:
    """tab: "reminders", "auto_replies", "words" or "doubts"."""
    return {"tab": tab, "open_doubts": doubts.count_open(), "open_fires": firing.asked()[:_CAP].count()}
