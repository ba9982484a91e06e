"""How the texts of a campaign compare, from the numbers that its report keeps."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from campaigns import splitting, variants
from campaigns.counting import counted
from campaigns.funnel import from_states
from campaigns.models import Campaign
from campaigns.splitting import Arm, Verdict

DONE = {Campaign.Goal.REPLY: "replied", Campaign.Goal.CLICK: "clicked", Campaign.Goal.OPT_OUT: "opted_out"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A text with its numbers. share: percent of the audience it was meant for. low, high: percent."""

    arm: Arm
    share: int
    body: str
    is_winner: bool

    @property
    def rate(self) -> float:
        return self.arm.rate * 100

    @property
    def low(self) -> float:
        return self.arm.interval[0] * 100

    @property
    def high(self) -> float:
        return self.arm.interval[1] * 100


@dataclass(frozen=True, kw_only=True)
class Split:
    """goal: what they compete for. at: when it was counted; None while nobody has."""

    goal: str
    rows: list[Row]
    verdict: Verdict
    at: datetime | None
    is_coming: bool

    @property
    def goal_words(self) -> str:
        return str(Campaign.Goal(self.goal).label)

    @property
    def done_words(self) -> str:
        """What the people in the column did."""
        words = {"reply": _("Replied"), "click": _("Clicked"), "opt_out": _("Opted out")}
        return words[self.goal]


def split(campaign: Campaign) -> Split | None:
    """None for a campaign with one text, and before it has started."""
    if campaign.started_at is None:
        return None
    texts = variants.texts_of(campaign)
    if not texts.is_split:
        return None
    goal = campaign.goal or Campaign.Goal.REPLY
    kept = counted(campaign, "cuts")
    by_letter = (kept.numbers or {}).get("letter", {})
    shares = [(variants.FIRST, texts.rest), *texts.shares]
    arms = [_arm(letter, by_letter.get(letter, {}), goal) for letter, _share in shares]
    verdict = splitting.verdict(arms, goal)
    rows = [
        Row(arm=arm, share=share, body=texts.body(letter, ""), is_winner=letter == verdict.letter)
        for arm, (letter, share) in zip(arms, shares, strict=True)
    ]
    return Split(goal=goal, rows=rows, verdict=verdict, at=kept.at, is_coming=kept.is_coming)


def _arm(letter: str, states: dict[str, int], goal: str) -> Arm:
    """Who did something is among those whom it reached: a reply proves it, even where the gateway never told."""
    numbers = from_states(states)
    done = numbers.of(DONE[Campaign.Goal(goal)])
    return Arm(letter=letter, people=max(numbers.sent, done), done=done)
