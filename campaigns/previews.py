"""A text as one person will read it, while it is being written; and a test of it to one phone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.contrib.auth.models import User
from django.core.cache import cache
from django.utils.translation import gettext as _

from campaigns import audience, checks, runner
from campaigns.models import Campaign
from contacts import rendering
from contacts.models import Channel, Contact, ContactImport, Group
from contacts.refusal import Refused
from messaging import outbox
from messaging.models import Line, Message
from messaging.parts import beyond_gsm, count_parts
from messaging.providers import PROVIDERS

_LOOKED_AT = 1000  # the newest contacts and imports tell which fields there are
_KEPT = 60  # seconds
_SHOWN_FIELDS = 30


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What stands in the form right now, saved or not."""

    campaign_id: int | None
    body: str
    groups: Sequence[Group]
    left_out: Sequence[Group]
    lines: Sequence[Line]
    mode: str = Campaign.Mode.CARILLON

    @property
    def is_gateway_run(self) -> bool:
        return self.mode == Campaign.Mode.GATEWAY

    @property
    def shortcodes(self) -> frozenset[str] | None:
        """The only merge fields there are when the gateways send."""
        return checks.shortcodes_of(list(self.lines)) if self.is_gateway_run else None

    @property
    def channel(self) -> str:
        return self.lines[0].channel if self.lines else str(Channel.WHATSAPP)


@dataclass(frozen=True, kw_only=True)
class Preview:
    """person: None where there are no contacts at all. up_to: people in the groups, by their kept sizes.
    lacks: merge fields without a fallback that this person has nothing for. forcing: characters that force UCS-2."""

    person: Contact | None
    channel: str
    sender: str
    text: str
    parts: int
    forcing: list[str]
    lacks: list[str]
    problem: str
    up_to: int
    has_groups: bool

    @property
    def length(self) -> int:
        return len(self.text)

    @property
    def is_sms(self) -> bool:
        return self.channel == Channel.SMS


@dataclass(frozen=True, kw_only=True)
class SenderChoice:
    """Who may send a draft. is_offered: a chosen line's gateway can send by itself. shortcodes: what it then fills in."""

    mode: str
    is_offered: bool
    shortcodes: list[str]


def sender_choice(draft: Draft) -> SenderChoice:
    """For the form: the choice is there as soon as a line with such a gateway is chosen."""
    can = [PROVIDERS[line.account.provider].capabilities.gateway_campaigns for line in draft.lines]
    return SenderChoice(
        mode=draft.mode, is_offered=any(can), shortcodes=sorted(checks.shortcodes_of(list(draft.lines)))
    )


def preview(draft: Draft, *, at: int = 0, after: int = 0) -> Preview:
    """The draft for the person `at` (an id), or for the one who comes `after`."""
    person = person_of(draft, at=at, after=after)
    text = text_for(draft, person)
    line = draft.lines[0] if draft.lines else None
    return Preview(
        person=person,
        channel=draft.channel,
        sender=(line.label or line.phone) if line else _("Your number"),
        text=text,
        parts=count_parts(text),
        forcing=beyond_gsm(text),
        lacks=[] if draft.is_gateway_run else _lacking(draft.body, person),
        problem=problem_with(draft.body, shortcodes=draft.shortcodes),
        up_to=sum(group.size for group in draft.groups),
        has_groups=bool(draft.groups),
    )


def person_of(draft: Draft, *, at: int = 0, after: int = 0) -> Contact | None:
    """Somebody who would get it; before groups are chosen, anybody."""
    people = audience.people_in(draft.groups, left_out=draft.left_out) if draft.groups else Contact.objects.all()
    people = audience.marked(people, channel=draft.channel).filter(audience.WILL_GET_IT).order_by("pk")
    if at and not after and (chosen := people.filter(pk=at).first()):
        return chosen
    return people.filter(pk__gt=after).first() or people.first()


def text_for(draft: Draft, person: Contact | None) -> str:
    """The text, to the letter as it will be sent once the draft is saved; what a gateway is given when it sends itself."""
    if draft.is_gateway_run:
        return draft.body.strip()
    if person is None:
        return rendering.render(draft.body, {}, seed="")
    values = rendering.values_of(name=person.name, phone=person.phone, fields=person.fields)
    return rendering.render(draft.body, values, seed=runner.seed_of(Campaign(pk=draft.campaign_id), person.pk))


def problem_with(body: str, *, shortcodes: frozenset[str] | None = None) -> str:
    """What is wrong with a text that is being written, as a sentence; "" for nothing, or nothing yet."""
    if not body.strip():
        return ""
    try:
        checks.check_body(body, shortcodes=shortcodes)
    except Refused as refused:
        return refused.sentence
    return ""


def known_fields() -> list[str]:
    """Merge fields that contacts have, as far as the newest ones and the imports tell; kept for a minute."""
    names: list[str] | None = cache.get("merge-fields")
    if names is None:
        found: set[str] = set()
        for fields in Contact.objects.order_by("-pk").values_list("fields", flat=True)[:_LOOKED_AT]:
            found.update(fields)
        for mapping in ContactImport.objects.order_by("-pk").values_list("mapping", flat=True)[:50]:
            found.update(word.removeprefix("field:") for word in mapping.values() if word.startswith("field:"))
        names = sorted(found - set(rendering.BUILT_IN))[:_SHOWN_FIELDS]
        cache.set("merge-fields", names, timeout=_KEPT)
    return names


def send_test(draft: Draft, *, to: str, person_id: int, user: User) -> Message:
    """Send the draft as one person would read it to one phone, over the first chosen line that can send.

    Raises Refused for a text, a line or a number (field="to") that will not do.
    """
    if not to:
        raise Refused(_("Enter the number of the phone that gets the test."), field="to")
    checks.check_body(draft.body, shortcodes=draft.shortcodes)
    if draft.is_gateway_run and rendering.fields_in(draft.body):
        raise Refused(
            _("A test goes out over Carillon, which cannot fill in the gateway's merge fields. Leave them out of it.")
        )
    checks.check_lines(list(draft.lines))
    line = next(line for line in draft.lines if checks.is_usable(line))
    one_text = replace(draft, mode=Campaign.Mode.CARILLON)  # spun here: this one message is sent by Carillon
    text = text_for(one_text, person_of(draft, at=person_id))
    message, _is_new = outbox.queue(line=line, to=to, body=text, priority=Message.Priority.URGENT, user=user)
    return message


def _lacking(body: str, person: Contact | None) -> list[str]:
    if person is None:
        return []
    values = rendering.values_of(name=person.name, phone=person.phone, fields=person.fields)
    return [name for name in rendering.fields_without_fallback(body) if not values.get(name.lower(), "").strip()]
