"""The sentence for staff behind each reason code, and what to do about it."""

from django.utils.translation import gettext_lazy as _

from messaging.providers.errors import Reason

SENTENCES = {
    Reason.INVALID_NUMBER: _("The gateway says this is not a valid phone number. Correct it in the contact."),
    Reason.NOT_ON_WHATSAPP: _("This number is not on WhatsApp. Try an SMS line."),
    Reason.TEXT_EMPTY: _("The text is empty or too short for this gateway. Write a longer one."),
    Reason.TEXT_TOO_LONG: _("The text is too long for this gateway. Shorten it."),
    Reason.MEDIA_INVALID: _("The gateway could not use the attached file. Check its type and its address."),
    Reason.MEDIA_TOO_LARGE: _("The attached file is too large for this gateway. Send a smaller one."),
    Reason.CONTENT_REFUSED: _("The gateway refused the content. Change the text or the file."),
    Reason.NOT_SUPPORTED: _("This gateway cannot send this kind of message. Choose another line."),
    Reason.REJECTED: _("The gateway rejected this message. Its own words are beside it."),
    Reason.NOT_DELIVERED: _("The gateway could not deliver it. The phone may be off or the number gone."),
    Reason.NO_SERVICE: _("The sending phone had no mobile network. Check the phone, then send again."),
    Reason.BAD_CREDENTIALS: _("The gateway does not accept our key. Enter the current one on the account page."),
    Reason.NO_PERMISSION: _(
        "Our key lacks a permission at the gateway. Add it in the gateway's panel, then test the connection."
    ),
    Reason.NO_CREDIT: _("The gateway account has no credit left. Top it up, then test the connection."),
    Reason.QUOTA_REACHED: _(
        "The plan's quota at the gateway is used up. Wait for the next period or upgrade the plan."
    ),
    Reason.SUBSCRIPTION_EXPIRED: _("The subscription at the gateway has expired. Renew it, then test the connection."),
    Reason.WRONG_ADDRESS: _("There is no such gateway at this address. Check the address on the account page."),
    Reason.NEEDS_KEY: _(
        "The gateway was asked for a new key, and the new one is not stored here. Copy the current one from the gateway's "
        "panel into the account."
    ),
    Reason.LINE_DISCONNECTED: _("This number is disconnected at the gateway. Link it again or switch the phone on."),
    Reason.LINE_MISSING: _(
        "The gateway no longer knows this number or device. Sync the account, then choose another line."
    ),
    Reason.UNREACHABLE: _("The gateway cannot be reached. We try again by ourselves."),
    Reason.THROTTLED: _("The gateway asks us to slow down. We try again by ourselves."),
    Reason.TIMEOUT: _("The gateway did not answer in time, so it may or may not have taken this message."),
    Reason.GATEWAY_ERROR: _("The gateway failed while taking this message, so it may or may not have been sent."),
    Reason.UNREADABLE: _("The gateway's answer could not be read, so it may or may not have taken this message."),
    Reason.NEWS_UNREAD: _(
        "Something that the gateway told could not be taken in. It is kept: an admin finds it among the callbacks, with the "
        "reason, and can have it read again."
    ),
    Reason.WINDOW: _(
        "It is outside the hours in which this person may be written to. It leaves by itself when they begin."
    ),
    Reason.FIRST_CONTACTS: _(
        "Enough new people were written to on this line today. It leaves by itself when there is room again."
    ),
    Reason.OPTED_OUT: _("This person has opted out. They are not messaged."),
    Reason.LATE: _("The time until which it was to be sent has passed, so it was not sent."),
    Reason.ATTEMPTS_EXHAUSTED: _("The gateway turned it away too many times. Send again when the gateway is well."),
    Reason.CRASHED: _("The program was interrupted while sending this, so it may or may not have been sent."),
    Reason.CANCELLED: _("It was cancelled before it was sent."),
    Reason.DROPPED: _("A colleague decided not to send it again."),
    Reason.RESENT: _("It was sent again as a new message. Nobody knows whether this one arrived."),
    Reason.RESTORED: _(
        "An older copy of the database was restored: what was still to be sent then may have been sent since. Compare with the "
        "gateway before you decide."
    ),
    Reason.MOVED: _("Its line could not send, so it goes on over another one."),
    Reason.NO_NUMBER: _("There is no usable phone number."),
    Reason.CAPPED: _("This person got as many campaigns lately as this one allows, so they are left out."),
    Reason.NO_TEXT: _("Nothing is left of the text for this person. Give the merge fields a fallback."),
    Reason.CONTACT_DELETED: _("The contact was deleted before the message was written."),
    Reason.NO_LINE: _(
        "No line of this campaign can send now. Connect one or add another; the campaign goes on by itself."
    ),
    Reason.BY_SMS: _("No WhatsApp line of this campaign can send now, so it goes on by SMS."),
    Reason.PAST_DEADLINE: _(
        "The time until which it was to be sent has passed. Nothing more leaves until somebody says what becomes of the rest."
    ),
    Reason.ERROR_STREAK: _(
        "It paused itself, because many messages in a row failed. See why under “Failed”, put it right, then resume it."
    ),
    Reason.ERROR_RATE: _(
        "It paused itself, because too many of the last 100 messages failed. See why under “Failed”, put it right, then resume it."
    ),
    Reason.CANARY_FAILED: _(
        "The first ones did worse than you allowed, so nobody else got it. See why, then say whether it goes on or is ended."
    ),
    Reason.CANARY_ASKS: _("The first ones have it. Look at what came of it, then say whether it goes on or is ended."),
}

# The same about a connection test, by which nothing is sent.
OF_A_TEST = {
    Reason.TIMEOUT: _("The gateway did not answer in time. Check the address, or try again in a minute."),
    Reason.GATEWAY_ERROR: _(
        "There was an error page instead of the gateway's answer. Check the address, or try again."
    ),
    Reason.UNREADABLE: _("What answers at this address is not the gateway. Check the address on the account page."),
}


def sentence_of_test(reason: str) -> str:
    """What to tell people about a connection test that failed for this reason."""
    return str(OF_A_TEST[Reason(reason)]) if reason in OF_A_TEST else sentence(reason)


def sentence(reason: str) -> str:
    """What to tell people about a reason code; "" for none."""
    return str(SENTENCES[Reason(reason)]) if reason in Reason.__members__.values() else ""
