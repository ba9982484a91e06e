"""What the risks of a campaign are told from: its lines, its texts, its hours. A fixed number of queries."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.formats import date_format

from campaigns import checks, flight_times, local_time
from campaigns.costs import Cost
from campaigns.flight_counts import Counted
from campaigns.flight_times import Times
from campaigns.lines import listed
from campaigns.models import Campaign
from campaigns.quotas import Quota
from campaigns.risks import Facts, LineFacts, Night
from contacts.models import Channel
from contacts.zones import zones_of_country
from messaging import limits
from messaging.automation import words
from messaging.models import Incident, Line, Message
from messaging.providers import PROVIDERS

MORNING, EVENING = 8, 21  # hours between which nobody minds a message
_RUNS = (Campaign.State.PREPARING, Campaign.State.RUNNING, Campaign.State.PAUSED, Campaign.State.BLOCKED)


def facts(
    campaign: Campaign,
    lines: Sequence[Line],
    *,
    counted: Counted | None,
    times: Times,
    cost: Cost,
    quotas: Sequence[Quota],
) -> Facts:
    """Everything in one place."""
    if counted is None:
        return Facts(people=0)
    usable = [line for line in lines if checks.is_usable(line)]
    caps = [line.first_contacts_per_day for line in usable]
    is_local = local_time.is_local(campaign)
    return Facts(
        people=counted.people,
        is_sms=campaign.channel == Channel.SMS,
        texts=_texts(campaign),
        stop_words=_stop_words(),
        lines=_lines(campaign, lines, times),
        quotas=quotas,
        missing=dict(counted.missing),
        newcomers=counted.newcomers,
        newcomers_per_day=sum(cap or 0 for cap in caps) if caps and all(caps) else None,
        most_parts=counted.sampled.most,
        forcing=counted.sampled.forcing,
        unknown_cost=cost.unknown,
        is_cost_known=cost.is_known,
        nights=[]
        if is_local or _keeps_hours(usable)
        else nights(counted.countries, at=times.first_at or times.starts_at),
        starts_at=times.starts_at,
        first_at=_moment(times.first_at) if times.waits and not is_local else "",
        never_opens=times.never,
        ends_at=times.end,
        send_before=campaign.send_before,
        late_people=times.late,
        is_unpaced=times.is_unpaced,
    )


def nights(countries: Mapping[str, int], *, at: datetime) -> list[Night]:
    """Countries in which it is night everywhere at that moment, with their people and what the clock shows there."""
    found = []
    for country, people in countries.items():
        zones = zones_of_country(country)
        if zones and all(_is_night(at, zone) for zone in zones):
            found.append(Night(country=country, people=people, clock=f"{at.astimezone(zones[0]):%H:%M}"))
    return found


def _is_night(at: datetime, zone: ZoneInfo) -> bool:
    return not MORNING <= at.astimezone(zone).hour < EVENING


def _keeps_hours(lines: Sequence[Line]) -> bool:
    """Whether the lines wait for each person's own hours anyway."""
    return bool(lines) and all(line.window_basis == Line.Basis.PERSON and line.windows for line in lines)


def _texts(campaign: Campaign) -> list[str]:
    bodies = [campaign.body, *campaign.variants.values_list("body", flat=True)]
    return [body for body in bodies if body.strip()]


def _stop_words() -> list[str]:
    known = [each.vocabulary for each in words.languages()]
    return sorted({word for each in known for word in each.clear | each.alone})


def _lines(campaign: Campaign, lines: Sequence[Line], times: Times) -> list[LineFacts]:
    people = {row.line.pk: row.people for row in times.lines}
    last, troubled, shared = _last_sent(lines), _troubled(lines), _shared(campaign, lines)
    now = timezone.now()
    return [
        LineFacts(
            label=each.line.label,
            is_usable=each.is_usable,
            why_not=each.sentence,
            is_whatsapp=each.line.channel == Channel.WHATSAPP,
            age=limits.age_of(each.line, now=now),
            per_day=flight_times.caps_of(each.line, now=now),
            is_warming_up=limits.warm_up_limit(each.line, now=now) is not None,
            people=people.get(each.line.pk, 0),
            gap=each.line.gap_seconds,
            days_silent=(now - at).days if (at := last.get(each.line.pk)) else None,
            reports=_reports(each.line),
            incidents=int(each.line.pk in troubled[0] or each.line.account_id in troubled[1]),
            expires_in_time=_outlives(each.line, times),
            is_shared=each.line.pk in shared,
        )
        for each in listed(lines)
    ]


def _last_sent(lines: Sequence[Line]) -> dict[int, datetime]:
    """When each line last sent something: a look at the end of an index for each."""
    newest = Message.objects.filter(line=OuterRef("pk"), counted_at__isnull=False).order_by("-counted_at")
    found = Line.objects.filter(pk__in=[line.pk for line in lines]).annotate(
        at=Subquery(newest.values("counted_at")[:1])
    )
    return {pk: at for pk, at in found.values_list("pk", "at") if at}


def _troubled(lines: Sequence[Line]) -> tuple[set[int], set[int]]:
    """(lines, accounts as a whole) with an open incident."""
    accounts = {line.account_id for line in lines}
    rows = list(Incident.objects.filter(closed_at=None, account__in=accounts).values_list("line_id", "account_id"))
    return {line for line, _account in rows if line}, {account for line, account in rows if account and not line}


def _shared(campaign: Campaign, lines: Sequence[Line]) -> set[int]:
    """Lines over which another campaign goes out."""
    used = Campaign.lines.through.objects.filter(line__in=lines, campaign__state__in=_RUNS)
    return set(used.exclude(campaign=campaign.pk).values_list("line_id", flat=True))


def _reports(line: Line) -> bool:
    can = PROVIDERS[line.account.provider].capabilities
    return can.report_poll or can.callbacks


def _outlives(line: Line, times: Times) -> bool:
    until = times.end or times.starts_at
    return line.account.expires_at is None or line.account.expires_at > until


def _moment(at: datetime | None) -> str:
    """Thu 12 Nov, 16:40, by the installation's clock."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    return f"{date_format(local, 'D j M, H:i')} {local.tzname() or ''}".strip()
