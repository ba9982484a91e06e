"""What Zender's refusals mean: the JSON status says that it refused, and often only the prose says what (docs/wire.md 1.2, 1.4)."""

from dataclasses import dataclass

from messaging.providers.errors import (
    AccountRejected,
    MessageRejected,
    NotSent,
    OutcomeUnknown,
    ProviderError,
    Reason,
)


@dataclass(frozen=True)
class _Refusal:
    """`what` is refused: this message, everything on the line, or everything on the account."""

    words: str
    what: str
    reason: Reason


# The first row whose words occur in the gateway's message counts, so the narrower words stand first.
_REFUSALS = (
    _Refusal("phone number does not exist", "message", Reason.NOT_ON_WHATSAPP),
    _Refusal("invalid phone number", "message", Reason.INVALID_NUMBER),
    _Refusal("name is too short", "message", Reason.REJECTED),
    _Refusal("message is too short", "message", Reason.TEXT_EMPTY),
    _Refusal("message is too long", "message", Reason.TEXT_TOO_LONG),
    _Refusal("inappropriate content", "message", Reason.CONTENT_REFUSED),
    _Refusal("declare the media type", "message", Reason.MEDIA_INVALID),
    _Refusal("invalid media", "message", Reason.MEDIA_INVALID),
    _Refusal("declare the document type", "message", Reason.MEDIA_INVALID),
    _Refusal("invalid document", "message", Reason.MEDIA_INVALID),
    _Refusal("otp is invalid or expired", "message", Reason.REJECTED),
    _Refusal("action is not supported", "message", Reason.NOT_SUPPORTED),
    _Refusal("account doesn't exist", "line", Reason.LINE_MISSING),
    _Refusal("device doesn't exist", "line", Reason.LINE_MISSING),
    _Refusal("gateway doesn't exist", "line", Reason.LINE_MISSING),
    _Refusal("disconnected", "line", Reason.LINE_DISCONNECTED),
    _Refusal("not connected", "line", Reason.LINE_DISCONNECTED),
    _Refusal("device is not available", "line", Reason.LINE_DISCONNECTED),
    _Refusal("not enough credits", "line", Reason.NO_CREDIT),
    _Refusal("maximum", "account", Reason.QUOTA_REACHED),
    _Refusal("sending limit of your package", "account", Reason.QUOTA_REACHED),
    _Refusal("subscription has no permission", "account", Reason.SUBSCRIPTION_EXPIRED),
    _Refusal("not subscribed", "account", Reason.SUBSCRIPTION_EXPIRED),
    _Refusal("invalid api endpoint", "account", Reason.WRONG_ADDRESS),
)


def known_refusal(message: str) -> ProviderError | None:
    """The outcome for a message whose words we know."""
    words = message.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    for refusal in _REFUSALS:
        if refusal.words in words:
            if refusal.what == "message":
                return MessageRejected(refusal.reason, message)
            return AccountRejected(refusal.reason, message, is_line=refusal.what == "line")
    return None


def refusal(status: int, message: str) -> ProviderError:
    """The outcome for a JSON `status` other than 200."""
    if status == 401:
        return AccountRejected(Reason.BAD_CREDENTIALS, message)
    if known := known_refusal(message):
        return known
    if status == 403:
        return AccountRejected(Reason.NO_PERMISSION, message)
    if status == 429:
        return NotSent(Reason.THROTTLED, message)
    if 400 <= status < 500:
        return MessageRejected(Reason.REJECTED, message)
    return OutcomeUnknown(Reason.GATEWAY_ERROR, message or f"status {status}")
