"""Which story a recipient lives through, told by the last two digits of the number.

A demo and a test that write to the same number see the same thing. Any number not named here gets the plain story: taken,
handed to the phone, sent, delivered.

    88  late        the line is closed without an answer, and only `late_seconds` after that the message is taken
    89  slow        taken; the answer comes after `slow_seconds`
    90  read        … and read
    91  rejected    refused at once: not a number one can write to
    92  fails       taken, fails later
    93  throttled   the first try is told to come back later, the next one is taken
    94  dropped     taken and delivered, but the line is closed without an answer
    95  error page  taken and delivered, but the answer is HTTP 500 with an HTML page
    96  muddled     reports come twice and out of order
    97  says STOP   delivered, then the phone replies "STOP"
    98  asks        delivered, then the phone replies with a question
    99  silent      taken and delivered, but never reported
"""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

State = Literal["waiting", "handed", "sent", "delivered", "read", "failed", "cancelled"]


class Fate(Enum):
    """What happens to one send at the gateway's door. Listed from mild to severe: the worst of a batch counts."""

    ACCEPT = 0
    SLOW = 1
    ERROR_AFTER = 2  # taken, answered with HTTP 500 and an HTML page
    DROP_AFTER = 3  # taken, line closed without an answer
    LATE = 4  # line closed without an answer, and taken a good while later
    LOSE = 5  # NOT taken, line closed without an answer
    THROTTLE = 6  # not taken, come back later
    REJECT = 7  # not taken, never will be


TAKEN = frozenset({Fate.ACCEPT, Fate.SLOW, Fate.ERROR_AFTER, Fate.DROP_AFTER, Fate.LATE})


@dataclass(frozen=True, kw_only=True)
class Story:
    """`steps`: the states after "waiting", one per `step_seconds`. `reply`: what the phone answers after delivery."""

    title: str
    told: str
    fate: Fate = Fate.ACCEPT
    steps: tuple[State, ...] = ("handed", "sent", "delivered")
    reply: str = ""


PLAIN = Story(title="plain", told="sent, then delivered")

STORIES: dict[str, Story] = {
    "88": Story(title="late", told="no answer; taken and delivered late_seconds after that", fate=Fate.LATE),
    "89": Story(title="slow", told="taken; the answer comes after slow_seconds", fate=Fate.SLOW),
    "90": Story(title="read", told="sent, delivered, read", steps=("handed", "sent", "delivered", "read")),
    "91": Story(title="rejected", told="refused at once: not a number one can write to", fate=Fate.REJECT, steps=()),
    "92": Story(title="fails", told="taken, fails later", steps=("handed", "failed")),
    "93": Story(title="throttled", told="told to come back later; the next try is taken", fate=Fate.THROTTLE),
    "94": Story(title="dropped", told="taken and delivered; the line closes without an answer", fate=Fate.DROP_AFTER),
    "95": Story(title="error page", told="taken and delivered; answered with HTTP 500 HTML", fate=Fate.ERROR_AFTER),
    "96": Story(
        title="muddled",
        told="reports come twice and out of order",
        steps=("sent", "handed", "delivered", "sent", "delivered", "delivered"),
    ),
    "97": Story(title="says STOP", told='delivered; the phone replies "STOP"', reply="STOP"),
    "98": Story(title="asks", told="delivered; the phone replies with a question", reply="Until when is this valid?"),
    "99": Story(title="silent", told="taken and delivered; never reported", steps=()),
}


def story_for(recipient: str) -> Story:
    """recipient: a phone in any spelling, or a WhatsApp group id, whose digits before the @ count."""
    digits = recipient.partition("@")[0][-2:]
    return STORIES.get(digits, PLAIN)
