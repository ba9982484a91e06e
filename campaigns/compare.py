"""Campaigns side by side, or all campaigns of a tag as one: the same numbers by the same definitions (campaigns.funnel)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from campaigns import funnel
from campaigns.funnel import Numbers
from campaigns.models import Campaign, Tag

LEAST, MOST = 2, 6
_LISTED = 30  # campaigns to choose from
_OF_A_TAG = 500  # its newest campaigns, that are added up


@dataclass(frozen=True, kw_only=True)
class Column:
    """One campaign, or one tag (then campaign is None). count: how many campaigns it adds up."""

    title: str
    campaign: Campaign | None
    tag: Tag | None
    count: int
    numbers: Numbers


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is to be compared. problem: a sentence where it cannot be."""

    columns: list[Column]
    campaigns: list[int]
    tags: list[int]
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """count of whole people: share percent, width of the bar percent of the largest share in the row."""

    count: int
    whole: int
    share: float | None
    width: float
    is_best: bool


@dataclass(frozen=True, kw_only=True)
class Row:
    key: str
    label: str | Promise
    of: str | Promise
    tone: str
    cells: list[Cell]


@dataclass(frozen=True, kw_only=True)
class Choice:
    pk: int
    label: str
    is_chosen: bool
    campaign: Campaign | None = None


def asked_for(campaign_ids: Iterable[str | int], tag_ids: Iterable[str | int] = ()) -> Asked:
    """Columns in the order in which they were named. Campaigns that never started and unknown ids are left away."""
    wanted, tagged = _ids(campaign_ids), _ids(tag_ids)
    campaigns = Campaign.objects.filter(pk__in=wanted[: MOST + 1], started_at__isnull=False)
    found = {campaign.pk: campaign for campaign in campaigns}
    chosen = [found[pk] for pk in wanted if pk in found]
    tags = {tag.pk: tag for tag in Tag.objects.filter(pk__in=tagged[: MOST + 1])}
    chosen_tags = [tags[pk] for pk in tagged if pk in tags]
    many = len(chosen) + len(chosen_tags)
    columns = _columns(chosen, chosen_tags) if LEAST <= many <= MOST else []
    problem = ""
    if (wanted or tagged) and not columns:
        problem = _("Choose %(least)d to %(most)d of them: %(n)d are chosen.") % {
            "least": LEAST,
            "most": MOST,
            "n": many,
        }
    return Asked(
        columns=columns, campaigns=[each.pk for each in chosen], tags=[each.pk for each in chosen_tags], problem=problem
    )


def rows(columns: Sequence[Column]) -> list[Row]:
    """One row per rate."""
    return [_row(key, columns) for key in funnel.RATES] if columns else []


def choices(q: str, *, chosen: Sequence[int]) -> list[Choice]:
    """Campaigns that were started, the newest first and those chosen before them."""
    started = Campaign.objects.filter(started_at__isnull=False).order_by("-id")
    mine = list(started.filter(pk__in=chosen))
    others = started.exclude(pk__in=chosen)
    if q:
        others = others.filter(name__icontains=q)
    return [
        Choice(pk=each.pk, label=each.name, is_chosen=each.pk in chosen, campaign=each)
        for each in [*mine, *others[:_LISTED]]
    ]


def tags(*, chosen: Sequence[int]) -> list[Choice]:
    """Every tag that a started campaign has."""
    used = Tag.objects.filter(campaigns__started_at__isnull=False).distinct().order_by("name")
    return [Choice(pk=tag.pk, label=tag.name, is_chosen=tag.pk in chosen) for tag in used[: _LISTED * 2]]


def _columns(campaigns: list[Campaign], tagged: list[Tag]) -> list[Column]:
    of_tags = {
        tag.pk: list(tag.campaigns.filter(started_at__isnull=False).order_by("-id")[:_OF_A_TAG]) for tag in tagged
    }
    numbers = funnel.numbers_of([*campaigns, *(each for several in of_tags.values() for each in several)])
    return [
        *(Column(title=each.name, campaign=each, tag=None, count=1, numbers=numbers[each.pk]) for each in campaigns),
        *(
            Column(
                title=tag.name, campaign=None, tag=tag, count=len(of_tags[tag.pk]),
                numbers=funnel.together([numbers[each.pk] for each in of_tags[tag.pk]]),
            )
            for tag in tagged
        ),
    ]  # fmt: skip


def _row(key: str, columns: Sequence[Column]) -> Row:
    shares = [column.numbers.rate(key) for column in columns]
    largest = max((share for share in shares if share is not None), default=0.0)
    best = _best(key, [share for share in shares if share is not None])
    cells = [
        Cell(
            count=column.numbers.of(key),
            whole=column.numbers.of(funnel.WHOLES[key]),
            share=share,
            width=round(100 * (share or 0) / largest, 2) if largest else 0.0,
            is_best=share is not None and share == best,
        )
        for column, share in zip(columns, shares, strict=True)
    ]
    step = funnel.step(columns[0].numbers, key)
    return Row(key=key, label=step.label, of=step.of, tone=step.tone, cells=cells)


def _best(key: str, shares: list[float]) -> float | None:
    """Of failures and opt-outs the fewest are the best; nothing is the best where all are the same."""
    if len(set(shares)) < 2:
        return None
    return min(shares) if key in ("failed", "opted_out") else max(shares)


def _ids(values: Iterable[str | int]) -> list[int]:
    return list(
        dict.fromkeys(
            int(value) for value in values if str(value).isascii() and str(value).isdigit() and len(str(value)) < 16
        )
    )[:50]
