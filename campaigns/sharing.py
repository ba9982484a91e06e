"""Which of a campaign's lines writes to whom: the one a person knows, where it has room; otherwise the lines take turns."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from django.db.models import Max
from django.utils import timezone

from campaigns.models import Recipient
from messaging.models import Line, Message

S = Message.Status
REMEMBERED = timedelta(days=90)
TALKED = (S.RECEIVED, S.ACCEPTED, S.SENT, S.DELIVERED, S.READ)


def last_lines(people: Sequence[Recipient], lines: Sequence[Line]) -> dict[str, int]:
    """Phone key → the line among these over which a message went last, either way, in 90 days. One query for all."""
    if len(lines) < 2:
        return {}
    talks = Message.objects.filter(
        account__in={line.account_id for line in lines}, phone_key__in={person.phone_key for person in people},
        line__in=lines, status__in=TALKED, created_at__gte=timezone.now() - REMEMBERED,
    )  # fmt: skip
    newest = talks.order_by().values_list("phone_key", "line_id").annotate(last=Max("id"))
    found = sorted(newest, key=lambda row: row[2])
    return {phone_key: line_id for phone_key, line_id, _last in found if line_id}


def share(people: Sequence[Recipient], room: Mapping[Line, int], known: Mapping[str, int]) -> list[Line]:
    """A line for each person. room: how many a line may take; there is enough for all of them. known: as `last_lines`."""
    left, by_id = dict(room), {line.pk: line for line in room}
    chosen: dict[int, Line] = {}
    for person in people:
        line = by_id.get(known.get(person.phone_key, 0))
        if line and left[line]:
            left[line] -= 1
            chosen[person.pk] = line
    turns = take_turns(left)
    return [chosen.get(person.pk) or next(turns) for person in people]


def take_turns(room: Mapping[Line, int]) -> Iterator[Line]:
    """The lines in turn, each as often as it has room."""
    left = dict(room)
    while any(left.values()):
        for line in left:
            if left[line]:
                left[line] -= 1
                yield line
