"""A test of a draft on one phone, sent for real and at once."""

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from campaigns import checks, previews
from campaigns.previews import Draft
from contacts import rendering
from contacts.refusal import Refused
from messaging import outbox
from messaging.models import Account, Line, Message


def send_test(draft: Draft, *, to: str, person_id: int, user: User) -> Message:
    """Send the draft as one person would read it to one phone, over the first chosen line that can send; while none is
    chosen, over any of its channel.

    Raises Refused for a text, a line or a number (field="to") that will not do.
    """
    if not to:
        raise Refused(_("Enter the number of the phone that gets the test."), field="to")
    attachment = draft.campaign.attachment
    if draft.body.strip() or not attachment:
        checks.check_body(draft.body, shortcodes=draft.shortcodes)
    if draft.is_gateway_run and rendering.fields_in(draft.body):
        raise Refused(
            _("A test goes out over Carillon, which cannot fill in the gateway's merge fields. Leave them out of it.")
        )
    text = previews.text_for(draft, previews.person_of(draft, at=person_id), is_by_us=True)
    message, _is_new = outbox.queue(
        line=_test_line(draft), to=to, body=text, attachment=attachment, priority=Message.Priority.URGENT, user=user
    )
    return message


def _test_line(draft: Draft) -> Line:
    if draft.lines:
        checks.check_lines(list(draft.lines))
        return next(line for line in draft.lines if checks.is_usable(line))
    ready = Line.objects.filter(channel=draft.channel, state=Line.State.READY, account__state=Account.State.READY)
    line = ready.select_related("account").order_by("id").first()
    if line is None:
        raise Refused(_("No line can send a test now. Link a number, or look at the lines."), field="lines")
    return line
