"""What a gateway's answer means for the engine: a closed set of outcomes, and a closed list of reasons.

Provider code raises (or returns) these and never decides on retries; the engine does, in one place (`messaging.outbox`).
`detail` is the gateway's own words, cut short: never a URL, a header, a body or a key.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why something did not work. `messaging.reasons` has the sentence for staff and what to do about each."""

    # the message itself
    INVALID_NUMBER = "invalid_number"
    NOT_ON_WHATSAPP = "not_on_whatsapp"
    TEXT_EMPTY = "text_empty"
    TEXT_TOO_LONG = "text_too_long"
    MEDIA_INVALID = "media_invalid"
    MEDIA_TOO_LARGE = "media_too_large"
    CONTENT_REFUSED = "content_refused"
    NOT_SUPPORTED = "not_supported"
    REJECTED = "rejected"
    NOT_DELIVERED = "not_delivered"
    NO_SERVICE = "no_service"
    # the account or the line
    BAD_CREDENTIALS = "bad_credentials"
    NO_PERMISSION = "no_permission"
    NO_CREDIT = "no_credit"
    QUOTA_REACHED = "quota_reached"
    SUBSCRIPTION_EXPIRED = "subscription_expired"
    WRONG_ADDRESS = "wrong_address"
    NEEDS_KEY = "needs_key"
    LINE_DISCONNECTED = "line_disconnected"
    LINE_MISSING = "line_missing"
    # the way to the gateway
    UNREACHABLE = "unreachable"
    THROTTLED = "throttled"
    TIMEOUT = "timeout"
    GATEWAY_ERROR = "gateway_error"
    UNREADABLE = "unreadable"
    NEWS_UNREAD = "news_unread"
    # our own decisions
    WINDOW = "window"
    FIRST_CONTACTS = "first_contacts"
    OPTED_OUT = "opted_out"
    LATE = "late"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    CRASHED = "crashed"
    CANCELLED = "cancelled"
    DROPPED = "dropped"
    RESENT = "resent"
    RESTORED = "restored"
    MOVED = "moved"
    NO_NUMBER = "no_number"
    NO_TEXT = "no_text"
    CAPPED = "capped"
    CONTACT_DELETED = "contact_deleted"
    NO_LINE = "no_line"
    BY_SMS = "by_sms"
    PAST_DEADLINE = "past_deadline"
    ERROR_STREAK = "error_streak"
    ERROR_RATE = "error_rate"
    CANARY_FAILED = "canary_failed"
    CANARY_ASKS = "canary_asks"


class ProviderError(Exception):
    """Base of the five outcomes below. `reason` is from the closed list; `detail` is short and free of secrets."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail[:300]
        super().__init__(f"{reason}: {self.detail}" if detail else str(reason))


class NotSent(ProviderError):
    """Certainly not taken: no connection, 429, a quota window. `retry_after`: seconds, where the gateway says so."""

    def __init__(self, reason: Reason, detail: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(reason, detail)
        self.retry_after = retry_after


class OutcomeUnknown(ProviderError):
    """It may have been taken: read timeout, dropped connection, unexplained 5xx, unreadable answer."""


class MessageRejected(ProviderError):
    """This message never; others on the same account may pass."""


class AccountRejected(ProviderError):
    """Nothing on this account (`is_line` False) or on this line (`is_line` True) until somebody acts."""

    def __init__(self, reason: Reason, detail: str = "", *, is_line: bool = False) -> None:
        super().__init__(reason, detail)
        self.is_line = is_line


class CallbackRejected(ProviderError):
    """A callback that does not come from the gateway. `status`: the HTTP status to answer with."""

    def __init__(self, reason: Reason, detail: str = "", *, status: int = 403) -> None:
        super().__init__(reason, detail)
        self.status = status
