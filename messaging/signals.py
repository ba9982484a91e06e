"""News for the floors above. Both are sent inside the transaction that writes the rows, so listeners' rows agree with ours."""

from dataclasses import dataclass

from django.dispatch import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One message moved from one status to another. before "": it is new, and stands in for the message `replaces`."""

    message_id: int
    batch_id: int | None
    account_id: int
    before: str
    after: str
    reason: str
    replaces: int | None = None


message_changed = Signal()  # changes: list[Change]
message_received = Signal()  # messages: list[Message], all of them new and incoming
