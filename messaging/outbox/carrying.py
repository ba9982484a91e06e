"""What lies beside a text, and the lines over which it goes."""

from typing import Any

from contacts.refusal import Refused
from messaging.models import Line
from messaging.outbox.queueing import check_attachment


class Carrier:
    """Whether lines take what lies beside a text: asked once for each line, attachment, and text or none, however many
    messages there are."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str, bool], bool] = {}

    def takes(self, line: Line, attachment: dict[str, Any] | None, *, body: str) -> bool:
        """Whether a line's gateway takes it beside this text; True where there is nothing to take."""
        if not attachment:
            return True
        key = (line.pk, repr(attachment), bool(body.strip()))
        if key not in self._known:
            self._known[key] = _is_taken(line, attachment, body)
        return self._known[key]


def _is_taken(line: Line, attachment: dict[str, Any], body: str) -> bool:
    try:
        check_attachment(line, attachment, body=body)
    except Refused:
        return False
    return True
