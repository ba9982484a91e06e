"""What has to be right before a campaign starts, each with the sentence that says what to do."""

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import attaching, audience, links, variants, wording
from campaigns.models import Campaign, GatewayRun, Recipient, Series
from contacts import rendering
from contacts.models import Channel, Contact
from contacts.refusal import Refused
from contacts.segments.rules import condition_of
from contacts.shortcodes import what_instead
from messaging.models import Account, Line, Message
from messaging.providers import PROVIDERS
from messaging.providers.errors import Reason


def ready_to_start(campaign: Campaign) -> int:
    """Raise Refused for the first thing that is missing or wrong. Returns how many people will get it, just counted."""
    well_made(campaign)
    return somebody_gets_it(audience.waterfall(campaign).will_get_it)


def not_a_pattern(campaign: Campaign) -> None:
    """A series starts copies of its pattern, never the pattern itself."""
    if Series.objects.filter(pattern=campaign).exists():
        raise Refused(_("This is the pattern of a series. Start the series, or copy it to send it once."))


def well_made(campaign: Campaign) -> None:
    """Raise Refused for the first thing that is missing or wrong, without counting people."""
    message_ready(campaign)
    sending_ready(campaign)
    audience_ready(campaign)


def somebody_gets_it(people: int) -> int:
    """Raise Refused where nobody is left; else as many."""
    if people == 0:
        raise Refused(
            _("Nobody would get this: the groups are empty, or everybody in them has opted out."), field="groups"
        )
    return people


def audience_ready(campaign: Campaign) -> None:
    """Somebody is chosen. Whether anybody is left of them is counted at the very end."""
    if not campaign.groups.exists() and not campaign.segments.exists():
        raise Refused(_("Choose at least one group or segment of people."), field="groups")
    for segment in (*campaign.segments.all(), *campaign.excluded_segments.all()):
        condition_of(segment)


def message_ready(campaign: Campaign) -> None:
    """There are texts, their fields exist, they go together, and they fit the lines that are chosen."""
    lines = list(campaign.lines.select_related("account"))
    shortcodes = shortcodes_of(lines) if campaign.is_gateway_run and lines else None
    texts = variants.texts_of(campaign)
    for name, body in texts.named():
        if body.strip() or not campaign.attachment:
            check_named(name, body, shortcodes)
        attaching.check(campaign.attachment, lines=lines, body=body, mode=campaign.mode)
    variants.check(campaign, texts)
    links.check(campaign, texts.bodies)
    check_length(campaign)


def sending_ready(campaign: Campaign) -> None:
    """There are lines that can send it, in the mode and in the time that are chosen."""
    lines = list(campaign.lines.select_related("account"))
    check_lines(lines)
    given_lines(lines=lines, sms_lines=list(campaign.sms_lines.all()), mode=campaign.mode)
    check_deadline(campaign)


def as_far_as_it_goes(campaign: Campaign) -> None:
    """Raise Refused for what is there and will not do; what is missing may be still to come."""
    lines = list(campaign.lines.select_related("account"))
    given_text(body=campaign.body, lines=lines, mode=campaign.mode)
    given_lines(lines=lines, sms_lines=list(campaign.sms_lines.all()), mode=campaign.mode)
    attaching.check(campaign.attachment, lines=lines, body=campaign.body, mode=campaign.mode)


def given_text(*, body: str, lines: list[Line], mode: str) -> None:
    """Raise Refused for a text that will not do; none at all may be one that is still to be written."""
    if body.strip():
        is_gateway_run = mode == Campaign.Mode.GATEWAY
        check_body(body, shortcodes=shortcodes_of(lines) if is_gateway_run and lines else None)


def given_lines(*, lines: list[Line], sms_lines: list[Line], mode: str) -> None:
    """Raise Refused for lines that do not go together, or not with who sends; none at all may be still to be chosen."""
    if mode == Campaign.Mode.GATEWAY:
        check_gateways(lines)
    check_channel(lines)
    check_sms_lines(sms_lines, lines, mode=mode)


def check_body(body: str, *, shortcodes: frozenset[str] | None = None) -> None:
    """A text with merge fields that exist. shortcodes: where a gateway sends, the only ones it can fill in."""
    if not body.strip():
        raise Refused(_("Write the message."), field="body")
    if broken := rendering.problems_in(body):
        raise Refused(
            _('“%(piece)s” is not a merge field. Write it like {{ name }} or {{ name|default:"friend" }}.')
            % {"piece": broken[0][:60]},
            field="body",
        )
    if shortcodes is not None:
        _check_shortcodes(body, shortcodes)
        return
    for name in rendering.fields_in(wording.in_our_words(body).text):
        if instead := what_instead(name):
            raise Refused(
                _("Carillon cannot fill in “%(name)s”, which only a gateway knows. %(instead)s")
                % {"name": name, "instead": instead},
                field="body",
            )
        if name.lower() not in rendering.BUILT_IN and not Contact.objects.filter(fields__has_key=name.lower()).exists():
            raise Refused(
                _("No contact has a field “%(name)s”. Use name, first_name, phone, or a field you imported.")
                % {"name": name},
                field="body",
            )


def check_named(name: str, body: str, shortcodes: frozenset[str] | None) -> None:
    """One of a campaign's texts; where there is more than its own, the sentence says which."""
    try:
        check_body(body, shortcodes=shortcodes)
    except Refused as refused:
        if name == variants.FIRST:
            raise
        raise Refused(
            _("Text %(name)s: %(sentence)s") % {"name": name, "sentence": refused.sentence}, field="variants"
        ) from refused


def check_lines(lines: list[Line]) -> None:
    """At least one line that can send now, and all of one channel."""
    if not lines:
        raise Refused(_("Choose at least one line to send over."), field="lines")
    check_channel(lines)
    if not any(is_usable(line) for line in lines):
        raise Refused(
            _("None of the chosen lines is connected. Link the number again, or choose another line."), field="lines"
        )


def check_channel(lines: list[Line]) -> None:
    """All of one channel."""
    if len({line.channel for line in lines}) > 1:
        raise Refused(_("Choose lines of one channel: either WhatsApp or SMS."), field="lines")


def check_sms_lines(sms_lines: list[Line], lines: list[Line], *, mode: str) -> None:
    """Lines for those whom WhatsApp cannot reach: of SMS, beside lines of WhatsApp, and where Carillon sends."""
    if not sms_lines:
        return
    if any(line.channel != Channel.SMS for line in sms_lines):
        raise Refused(_("Choose SMS lines for those whom WhatsApp cannot reach."), field="sms_lines")
    if any(line.channel == Channel.SMS for line in lines):
        raise Refused(
            _("This campaign goes out by SMS anyway. Untick the SMS lines for those whom WhatsApp cannot reach."),
            field="sms_lines",
        )
    if mode == Campaign.Mode.GATEWAY:
        raise Refused(
            _("Only where Carillon sends does SMS go to those whom WhatsApp cannot reach. Untick those lines."),
            field="sms_lines",
        )


def check_gateways(lines: list[Line]) -> None:
    """Every line's gateway can send a campaign by itself."""
    for line in lines:
        if not PROVIDERS[line.account.provider].capabilities.gateway_campaigns:
            raise Refused(
                _("The gateway of %(line)s cannot send a campaign by itself. Choose other lines, or let Carillon send.")
                % {"line": line.label},
                field="lines",
            )


def shortcodes_of(lines: list[Line]) -> frozenset[str]:
    """The merge fields that the gateways of all these lines fill in."""
    known = [frozenset(PROVIDERS[line.account.provider].capabilities.shortcodes) for line in lines]
    return frozenset.intersection(*known) if known else frozenset()


def may_pause(campaign: Campaign) -> None:
    """Raise Refused where all that is still to be sent is at gateways that cannot be stopped from here."""
    if not campaign.is_gateway_run:
        return
    ahead = (GatewayRun.State.PLANNED, GatewayRun.State.RUNNING, GatewayRun.State.UNKNOWN)
    runs = campaign.gateway_runs.filter(state__in=ahead).select_related("line__account")
    can_stop = [
        run.state == GatewayRun.State.PLANNED or bool(PROVIDERS[run.line.account.provider].capabilities.campaign_kinds)
        for run in runs
    ]
    if can_stop and not any(can_stop):
        raise Refused(_("This gateway has no call that stops a campaign. Stop it on the phone."))


def _check_shortcodes(body: str, shortcodes: frozenset[str]) -> None:
    for name in rendering.fields_in(body):
        if name not in shortcodes or name not in rendering.fields_without_fallback(body):
            known = ", ".join(sorted(shortcodes)) or _("none")
            raise Refused(
                _("“%(name)s” cannot be filled in when the gateway sends. It knows: %(known)s. Or let Carillon send.")
                % {"name": name, "known": known},
                field="body",
            )


def check_length(campaign: Campaign) -> None:
    """The bare text fits every line's gateway; what values add is judged per person when it is written."""
    limits = [
        PROVIDERS[line.account.provider].capabilities.text_limit for line in campaign.lines.select_related("account")
    ]
    known = [limit for limit in limits if limit]
    length = wording.planned(campaign).longest_bare() if known else 0
    if known and length > min(known):
        raise Refused(
            _("The text has %(length)s characters; a chosen line takes at most %(limit)s.")
            % {"length": length, "limit": min(known)},
            field="body",
        )


def check_deadline(campaign: Campaign) -> None:
    """The moment until which it may be sent lies ahead: otherwise every message would be too late at once."""
    if campaign.send_before and campaign.is_gateway_run:
        raise Refused(
            _("A gateway that sends by itself keeps no last moment. Leave it empty, or let Carillon send."),
            field="send_before",
        )
    starts = max(campaign.start_at or timezone.now(), timezone.now())
    if campaign.send_before and campaign.send_before <= starts:
        raise Refused(
            _("It starts after the moment until which it may be sent. Choose a later one, or none."),
            field="send_before",
        )


def is_late(campaign: Campaign) -> bool:
    """Whether the moment until which it may be sent has passed while people still wait for their message."""
    if campaign.is_gateway_run or campaign.send_before is None or campaign.send_before > timezone.now():
        return False
    if Recipient.objects.filter(campaign=campaign, state__is=Recipient.State.PLANNED).exists():
        return True
    waiting = Message.objects.filter(batch=campaign.batch_id, status=Message.Status.QUEUED)
    return campaign.batch_id is not None and waiting.exists()


def may_resume(campaign: Campaign) -> None:
    """Raise Refused where somebody has to say first what becomes of those who did not get it in time, or of those who are
    not among the first ones."""
    if is_late(campaign):
        raise Refused(
            _("The time until which it was to be sent has passed. Say first whether the rest is sent or left out.")
        )
    if is_restored(campaign):
        raise Refused(
            _("It comes out of an older copy of the database. Say first whether the rest is sent or left out.")
        )
    if awaits_verdict(campaign):
        raise Refused(_("Only the first ones have it. Say first whether it goes on with the others or is ended."))


def asks_first(campaign: Campaign) -> bool:
    """Whether a person has to say something before it can be resumed."""
    return is_late(campaign) or is_restored(campaign) or awaits_verdict(campaign)


def is_restored(campaign: Campaign) -> bool:
    """Whether it was under way in an older copy of the database, and whoever still waits may have it already."""
    return campaign.reason == Reason.RESTORED


def awaits_verdict(campaign: Campaign) -> bool:
    """Whether it paused itself after the first ones, until a person says whether it goes on."""
    return campaign.reason in (Reason.CANARY_FAILED, Reason.CANARY_ASKS)


def is_usable(line: Line) -> bool:
    """Whether a line can send now, as far as we know."""
    return line.state == Line.State.READY and line.account.state == Account.State.READY
