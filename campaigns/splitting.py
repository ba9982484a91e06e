"""Which of several texts did better: pure arithmetic over counts, and a verdict in words.

Each text's rate has a Wilson interval of 95 %: where the true rate probably lies. A text has won when its whole interval lies
on the better side of every other one. Ref.: E. B. Wilson, Journal of the American Statistical Association 22 (1927) 209-212.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from campaigns.models import Campaign

Goal = Campaign.Goal
Z = 1.959964  # 95 %
ENOUGH_PEOPLE = 50  # who read a text, before anything is said about it
ENOUGH_DONE = 10  # people who did what counts, over all texts


class Kind(StrEnum):
    WINNER = "winner"
    TOO_EARLY = "not_enough_data"
    EVEN = "no_difference"


@dataclass(frozen=True, kw_only=True)
class Arm:
    """A text and what came of it. people: to whom a gateway took it; done: those of them who replied, clicked or opted out."""

    letter: str
    people: int
    done: int

    @property
    def rate(self) -> float:
        return self.done / self.people if self.people else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """(low, high) of the rate."""
        return wilson(self.done, self.people)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """letter: of the winner, else ""."""

    kind: Kind
    letter: str
    sentence: str


def wilson(done: int, people: int, z: float = Z) -> tuple[float, float]:
    """Where a rate probably lies: within 0 and 1, around done/people; anywhere while there is nobody."""
    if people <= 0:
        return 0.0, 1.0
    rate, weight = done / people, z * z / people
    middle = (rate + weight / 2) / (1 + weight)
    half = z / (1 + weight) * math.sqrt(rate * (1 - rate) / people + weight / (4 * people))
    return max(0.0, min(middle - half, rate)), min(1.0, max(middle + half, rate))


def verdict(arms: Sequence[Arm], goal: str) -> Verdict:
    """What can be said by now."""
    if len(arms) < 2:
        return Verdict(kind=Kind.TOO_EARLY, letter="", sentence=_("There is only one text to compare."))
    if few := [arm.letter for arm in arms if arm.people < ENOUGH_PEOPLE]:
        return Verdict(
            kind=Kind.TOO_EARLY, letter="",
            sentence=_("Not enough data: text %(letters)s has reached fewer than %(enough)s people.")
            % {"letters": ", ".join(few), "enough": ENOUGH_PEOPLE},
        )  # fmt: skip
    if sum(arm.done for arm in arms) < ENOUGH_DONE:
        return Verdict(kind=Kind.TOO_EARLY, letter="", sentence=_too_little(goal))
    if winner := _winner(arms, goal):
        return Verdict(
            kind=Kind.WINNER, letter=winner.letter,
            sentence=_won(goal) % {"letter": winner.letter, "rate": f"{winner.rate * 100:.1f}"},
        )  # fmt: skip
    return Verdict(
        kind=Kind.EVEN, letter="",
        sentence=_("No difference that can be told from chance: what is likely for one text is likely for another too."),
    )  # fmt: skip


def _winner(arms: Sequence[Arm], goal: str) -> Arm | None:
    """The one that is better than each other one even if it had bad luck and they good luck."""
    for arm in arms:
        others = [other for other in arms if other is not arm]
        if goal == Goal.OPT_OUT and all(arm.interval[1] < other.interval[0] for other in others):
            return arm
        if goal != Goal.OPT_OUT and all(arm.interval[0] > other.interval[1] for other in others):
            return arm
    return None


def _too_little(goal: str) -> str:
    if goal == Goal.CLICK:
        return _("Not enough data: fewer than %(enough)s people have clicked.") % {"enough": ENOUGH_DONE}
    if goal == Goal.OPT_OUT:
        return _("Not enough data: fewer than %(enough)s people have opted out.") % {"enough": ENOUGH_DONE}
    return _("Not enough data: fewer than %(enough)s people have replied.") % {"enough": ENOUGH_DONE}


def _won(goal: str) -> str:
    if goal == Goal.CLICK:
        return _("Text %(letter)s wins: %(rate)s %% of its readers clicked, which is more than chance.")
    if goal == Goal.OPT_OUT:
        return _("Text %(letter)s wins: only %(rate)s %% of its readers opted out, which is more than chance.")
    return _("Text %(letter)s wins: %(rate)s %% of its readers replied, which is more than chance.")
