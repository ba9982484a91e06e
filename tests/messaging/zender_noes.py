"""The documented errors of Zender's endpoints as a table: which rows of docs/wire.md 1.2 give them, and what they mean."""

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
class No:
    """A documented error of an endpoint, and what it means."""

    rows: tuple[int, ...]
    status: int
    message: str
    means: type[ProviderError]
    reason: Reason
    is_line: bool = False


DELETIONS = (4, 5, 6, 12, 14, 25, 26, 47, 49)
NOES = [
    No((1,), 403, "Account is not subscribed to any premium package!", AccountRejected, Reason.SUBSCRIPTION_EXPIRED),
    No((2, 10, 21, 43), 400, "Invalid phone number!", MessageRejected, Reason.INVALID_NUMBER),
    No((2,), 400, "Contact name is too short!", MessageRejected, Reason.REJECTED),
    No((2,), 400, "Group #8 is invalid!", MessageRejected, Reason.REJECTED),
    No((2,), 400, "Phone number already exist in your contact book!", MessageRejected, Reason.REJECTED),
    No((2,), 400, "You have reached the maximum allowed contacts!", AccountRejected, Reason.QUOTA_REACHED),
    No((3,), 400, "Group name is too short!", MessageRejected, Reason.REJECTED),
    No(DELETIONS, 500, "Something went wrong!", OutcomeUnknown, Reason.GATEWAY_ERROR),
    No((10,), 400, "OTP message is too short!", MessageRejected, Reason.TEXT_EMPTY),
    No((10,), 400, "OTP message is too long!", MessageRejected, Reason.TEXT_TOO_LONG),
    No((10, 43), 403, "You have reached the maximum number of allowed chats!", AccountRejected, Reason.QUOTA_REACHED),
    No(
        (10, 27, 35, 36, 41, 42, 43, 46),
        404,
        "WhatsApp account doesn't exist!",
        AccountRejected,
        Reason.LINE_MISSING,
        True,
    ),
    No((10, 20, 21, 51), 404, "Device doesn't exist!", AccountRejected, Reason.LINE_MISSING, True),
    No((10, 20, 21), 404, "Specified gateway doesn't exist!", AccountRejected, Reason.LINE_MISSING, True),
    No((10, 43), 500, "WhatsApp account is disconnected!", AccountRejected, Reason.LINE_DISCONNECTED, True),
    No((10, 36, 42), 500, "Unable to connect to WhatsApp servers!", OutcomeUnknown, Reason.GATEWAY_ERROR),
    No((11,), 403, "OTP is invalid or expired!", MessageRejected, Reason.REJECTED),
    No((13, 22, 23, 28, 44, 45), 400, "Invalid Parameters!", MessageRejected, Reason.REJECTED),
    No((18, 32), 404, "Message doesn't exist!", MessageRejected, Reason.REJECTED),
    No((20, 21), 400, "Message is too short!", MessageRejected, Reason.TEXT_EMPTY),
    No((20, 21), 400, "Message is too long!", MessageRejected, Reason.TEXT_TOO_LONG),
    No((20, 21), 400, "Sim parameter must be an integer value!", MessageRejected, Reason.REJECTED),
    No(
        (20, 21),
        403,
        "Maximum allowed number of sent messages has been reached!",
        AccountRejected,
        Reason.QUOTA_REACHED,
    ),
    No((20, 21), 403, "Not enough credits to send this message!", AccountRejected, Reason.NO_CREDIT, is_line=True),
    No((20, 21), 404, "Shortener doesn't exist!", MessageRejected, Reason.REJECTED),
    No((21,), 403, "Device is not available!", AccountRejected, Reason.LINE_DISCONNECTED, True),
    No((21,), 500, "Gateway was unable to send your message!", OutcomeUnknown, Reason.GATEWAY_ERROR),
    No((22, 23), 200, "Action is not supported in this campaign!", MessageRejected, Reason.NOT_SUPPORTED),
    No((35,), 500, "Unable to fetch group contacts!", OutcomeUnknown, Reason.GATEWAY_ERROR),
    No((38,), 404, "No WhatsApp servers available for your subscription!", MessageRejected, Reason.REJECTED),
    No(
        (40,),
        400,
        "You have reached the maximum allowed WhatsApp accounts for your package!",
        AccountRejected,
        Reason.QUOTA_REACHED,
    ),
    No((40, 41), 400, "WhatsApp server is not available!", MessageRejected, Reason.REJECTED),
    No((40, 41), 500, "Unable to generate WhatsApp QRCode!", OutcomeUnknown, Reason.GATEWAY_ERROR),
    No((42, 43), 400, "Please declare the media type!", MessageRejected, Reason.MEDIA_INVALID),
    No((42, 43), 400, "You provided an invalid media url!", MessageRejected, Reason.MEDIA_INVALID),
    No((42, 43), 400, "Invalid media file!", MessageRejected, Reason.MEDIA_INVALID),
    No((42, 43), 400, "Please declare the document type!", MessageRejected, Reason.MEDIA_INVALID),
    No((42, 43), 400, "You provided an invalid document url!", MessageRejected, Reason.MEDIA_INVALID),
    No((42, 43), 400, "Invalid Document File!", MessageRejected, Reason.MEDIA_INVALID),
    No((42, 43), 400, "Invalid Document Type!", MessageRejected, Reason.MEDIA_INVALID),
    No((42, 43), 400, "We detected inappropriate content in your media!", MessageRejected, Reason.CONTENT_REFUSED),
    No((42,), 500, "WhatsApp account is not connected!", AccountRejected, Reason.LINE_DISCONNECTED, True),
    No((42,), 500, "Campaign name is too short!", MessageRejected, Reason.REJECTED),
    No(
        (42,),
        500,
        "No chats were queued. Please check the sending limit of your package!",
        AccountRejected,
        Reason.QUOTA_REACHED,
    ),
    No((43,), 400, "Chat message is too short!", MessageRejected, Reason.TEXT_EMPTY),
    No((43,), 400, "Chat message is too long!", MessageRejected, Reason.TEXT_TOO_LONG),
    No((43,), 400, "Priority parameter must be an integer value!", MessageRejected, Reason.REJECTED),
    No((43,), 500, "Failed sending priority WhatsApp chat!", OutcomeUnknown, Reason.GATEWAY_ERROR),
    No((46,), 404, "WhatsApp phone number does not exist!", MessageRejected, Reason.NOT_ON_WHATSAPP),
    No(
        (51,),
        403,
        "Subscription has no permission to use Android USSD service!",
        AccountRejected,
        Reason.SUBSCRIPTION_EXPIRED,
    ),
    No((51,), 403, "Maximum number of USSD requests has been reached!", AccountRejected, Reason.QUOTA_REACHED),
]
# Every endpoint may give these (E in docs/wire.md 1.2).
COMMON = [
    No((), 400, "Invalid Parameters!", MessageRejected, Reason.REJECTED),
    No((), 401, "Invalid API secret supplied!", AccountRejected, Reason.BAD_CREDENTIALS),
    No(
        (),
        403,
        "This API key doesn't have permission to use this endpoint!",
        AccountRejected,
        Reason.NO_PERMISSION,
    ),
    No((), 403, "Insufficient Permissions!", AccountRejected, Reason.NO_PERMISSION),
    No(
        (),
        403,
        "Subscription has no permission to use WhatsApp services!",
        AccountRejected,
        Reason.SUBSCRIPTION_EXPIRED,
    ),
    No((), 400, "Invalid API Endpoint!", AccountRejected, Reason.WRONG_ADDRESS),
    No((), 500, "Invalid API Endpoint!", AccountRejected, Reason.WRONG_ADDRESS),
    No((), 429, "Slow down!", NotSent, Reason.THROTTLED),
]
