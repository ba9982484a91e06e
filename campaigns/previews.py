"""A text as one person will read it, while it is being written; and a test of it to one phone."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from campaigns import attaching, audience, checks, steps, wording
from campaigns.models import Campaign
from contacts import rendering
from contacts.models import Channel, Contact, ContactImport
from contacts.refusal import Refused
from messaging.models import Line
from messaging.parts import beyond_gsm, count_parts
from messaging.providers import PROVIDERS

_LOOKED_AT = 1000  # the newest contacts and imports tell which fields there are
_KEPT = 60  # seconds
_SHOWN_FIELDS = 30


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A saved draft with the text that stands in the form right now. up_to: people it is meant for, by kept sizes."""

    campaign: Campaign
    body: str
    lines: Sequence[Line]
    has_audience: bool
    up_to: int

    @property
    def is_gateway_run(self) -> bool:
        return self.campaign.is_gateway_run

    @property
    def shortcodes(self) -> frozenset[str] | None:
        """The only merge fields there are when the gateways send."""
        return checks.shortcodes_of(list(self.lines)) if self.is_gateway_run and self.lines else None

    @property
    def channel(self) -> str:
        return self.lines[0].channel if self.lines else self.campaign.channel

    @property
    def costs_parts(self) -> bool:
        """Whether somebody may get it as SMS, which are paid by the part."""
        return self.channel == Channel.SMS or self.campaign.sms_lines.exists()


@dataclass(frozen=True, kw_only=True)
class Preview:
    """person: None where there are no contacts at all. up_to: people in the groups, by their kept sizes.
    lacks: merge fields without a fallback that this person has nothing for. forcing: characters that force UCS-2.
    translated: what was read of a gateway's own shortcodes, as a sentence. reads: which of several texts."""

    person: Contact | None
    channel: str
    sender: str
    text: str
    parts: int
    forcing: list[str]
    lacks: list[str]
    translated: str
    reads: str
    problem: str
    up_to: int
    has_audience: bool

    @property
    def length(self) -> int:
        return len(self.text)

    @property
    def is_sms(self) -> bool:
        return self.channel == Channel.SMS


@dataclass(frozen=True, kw_only=True)
class SenderChoice:
    """Who may send a draft. mode: what is chosen. is_offered: a chosen line's gateway can send by itself. shortcodes: what it then fills in."""

    mode: str
    is_offered: bool
    shortcodes: list[str]


def draft_of(campaign: Campaign, *, body: str | None = None, channel: str = "") -> Draft:
    """A draft as it is kept, with another text where one is given. channel: while no line says which it is."""
    if channel in Channel.values:
        campaign.channel = channel
    sizes = [*campaign.groups.values_list("size", flat=True), *campaign.segments.values_list("size", flat=True)]
    return Draft(
        campaign=campaign,
        body=campaign.body if body is None else body,
        lines=list(campaign.lines.select_related("account").order_by("account__name", "id")),
        has_audience=not steps.missing(campaign, steps.AUDIENCE),
        up_to=sum(size or 0 for size in sizes),
    )


def sender_choice(lines: Sequence[Line], *, mode: str) -> SenderChoice:
    """For the form: the choice is there as soon as a line with such a gateway is chosen."""
    can = [PROVIDERS[line.account.provider].capabilities.gateway_campaigns for line in lines]
    return SenderChoice(mode=mode, is_offered=any(can), shortcodes=sorted(checks.shortcodes_of(list(lines))))


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
        lacks=[] if draft.is_gateway_run else _lacking(draft, person),
        translated="" if draft.is_gateway_run else wording.in_our_words(draft.body).sentence,
        reads=wording.planned(draft.campaign, own=draft.body).name_for(person),
        problem=problem_with(draft.body, shortcodes=draft.shortcodes) or _problem_beside(draft),
        up_to=draft.up_to,
        has_audience=draft.has_audience,
    )


def people_of(draft: Draft) -> QuerySet[Contact]:
    """Those who would get it; before anybody is chosen, anybody."""
    try:
        people = audience.selected(draft.campaign) if draft.has_audience else Contact.objects.all()
    except Refused:
        return Contact.objects.none()  # a segment cannot be used: the step with the audience says so
    return audience.marked(people, channel=draft.channel).filter(audience.WILL_GET_IT).order_by("pk")


def person_of(draft: Draft, *, at: int = 0, after: int = 0) -> Contact | None:
    """Somebody who would get it; before anybody is chosen, somebody."""
    people = people_of(draft)
    if at and not after and (chosen := people.filter(pk=at).first()):
        return chosen
    return people.filter(pk__gt=after).first() or people.first()


def text_for(draft: Draft, person: Contact | None, *, is_by_us: bool = False) -> str:
    """The text, to the letter as it will be sent; what a gateway is given when it sends itself. is_by_us: a single message
    of it, which Carillon sends in any case."""
    if draft.is_gateway_run and not is_by_us:
        return draft.body.strip()
    words = wording.planned(draft.campaign, own=draft.body)
    return words.tested_on(person) if is_by_us else words.shown_to(person)


def problem_with(body: str, *, shortcodes: frozenset[str] | None = None) -> str:
    """What is wrong with a text that is being written, as a sentence; "" for nothing, or nothing yet."""
    if not body.strip():
        return ""
    try:
        checks.check_body(body, shortcodes=shortcodes)
    except Refused as refused:
        return refused.sentence
    return ""


def _problem_beside(draft: Draft) -> str:
    """What keeps the text from going out with what is attached to it."""
    campaign = draft.campaign
    try:
        attaching.check(campaign.attachment, lines=draft.lines, body=draft.body, mode=campaign.mode)
    except Refused as refused:
        return refused.sentence if refused.field == "body" else ""
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


def _lacking(draft: Draft, person: Contact | None) -> list[str]:
    if person is None:
        return []
    body = wording.planned(draft.campaign, own=draft.body).body_for(person)
    values = rendering.values_of(name=person.name, phone=person.phone, fields=person.fields)
    return [name for name in rendering.fields_without_fallback(body) if not values.get(name.lower(), "").strip()]
