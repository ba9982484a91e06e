"""What has to be right before a campaign starts, each with the sentence that says what to do."""

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import audience, rendering
from campaigns.models import Campaign
from contacts.models import Contact
from contacts.refusal import Refused
from messaging.models import Account, Line
from messaging.providers import PROVIDERS


def ready_to_start(campaign: Campaign) -> None:
    """Raise Refused for the first thing that is missing or wrong."""
    check_body(campaign.body)
    check_lines(list(campaign.lines.select_related("account")))
    if not campaign.groups.exists():
        raise Refused(_("Choose at least one group of people."), field="groups")
    check_length(campaign)
    check_deadline(campaign)
    if audience.waterfall(campaign).will_get_it == 0:
        raise Refused(
            _("Nobody would get this: the groups are empty, or everybody in them has opted out."), field="groups"
        )


def check_body(body: str) -> None:
    """A text with merge fields that exist."""
    if not body.strip():
        raise Refused(_("Write the message."), field="body")
    if broken := rendering.problems_in(body):
        raise Refused(
            _('“%(piece)s” is not a merge field. Write it like {{ name }} or {{ name|default:"friend" }}.')
            % {"piece": broken[0][:60]},
            field="body",
        )
    for name in rendering.fields_in(body):
        if name.lower() not in rendering.BUILT_IN and not Contact.objects.filter(fields__has_key=name.lower()).exists():
            raise Refused(
                _("No contact has a field “%(name)s”. Use name, first_name, phone, or a field you imported.")
                % {"name": name},
                field="body",
            )


def check_lines(lines: list[Line]) -> None:
    """At least one line that can send now, and all of one channel."""
    if not lines:
        raise Refused(_("Choose at least one line to send over."), field="lines")
    if len({line.channel for line in lines}) > 1:
        raise Refused(_("Choose lines of one channel: either WhatsApp or SMS."), field="lines")
    if not any(is_usable(line) for line in lines):
        raise Refused(
            _("None of the chosen lines is connected. Link the number again, or choose another line."), field="lines"
        )


def check_length(campaign: Campaign) -> None:
    """The bare text fits every line's gateway; what values add is judged per person when it is written."""
    limits = [
        PROVIDERS[line.account.provider].capabilities.text_limit for line in campaign.lines.select_related("account")
    ]
    known = [limit for limit in limits if limit]
    if known and len(campaign.body) > min(known):
        raise Refused(
            _("The text has %(length)s characters; a chosen line takes at most %(limit)s.")
            % {"length": len(campaign.body), "limit": min(known)},
            field="body",
        )


def check_deadline(campaign: Campaign) -> None:
    """The moment until which it may be sent lies ahead: otherwise every message would be too late at once."""
    starts = max(campaign.start_at or timezone.now(), timezone.now())
    if campaign.send_before and campaign.send_before <= starts:
        raise Refused(
            _("It starts after the moment until which it may be sent. Choose a later one, or none."),
            field="send_before",
        )


def is_usable(line: Line) -> bool:
    """Whether a line can send now, as far as we know."""
    return line.state == Line.State.READY and line.account.state == Account.State.READY
