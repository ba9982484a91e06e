"""Each status number of SMSGateway24 in our words, as the tests expect it. docs/wire.md 4.3."""

from messaging.providers.errors import Reason

WORDS: list[tuple[int, str | None, Reason | None]] = [
    (1, "accepted", None),
    (3, "accepted", None),
    (2, "accepted", None),
    (6, "sent", None),
    (7, "delivered", None),
    (8, "failed", Reason.NOT_DELIVERED),
    (9, "failed", Reason.NOT_DELIVERED),
    (10, "failed", Reason.NO_SERVICE),
    (11, "failed", Reason.NOT_DELIVERED),
    (12, "failed", Reason.NO_SERVICE),
    (100, "failed", Reason.NO_PERMISSION),
    (101, "failed", Reason.NO_PERMISSION),
    (4, None, None),
    (5, None, None),
    (77, None, None),
]
