"""Reading back what gateways made of the pieces they send by themselves: whether a lost one is there, who is in it, and what
became of each person as far as the gateway tells."""

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from campaigns import handing
from campaigns.models import GatewayRun, Recipient
from contacts.phone import phone_key
from messaging.models import Message
from messaging.outbox.adopting import Recognised, give_up, recognise
from messaging.providers.base import Provider
from messaging.providers.errors import Reason
from messaging.providers.shapes import CampaignResult, PushedCampaign, RemoteCampaign

Run = GatewayRun.State
R = Recipient.State

OPEN = (Run.RUNNING, Run.PAUSED)
SEARCHES = (5, 10, 20, 30)  # seconds between looks for a lost piece; after the last one a person decides
LOOKS = (2, 3, 5, 10, 20, 30)  # seconds between looks at one that runs; the last pause is kept
AFTERWARDS = (5, 20, 60, 300, 900, 3600)  # after its end, for people whose message was not recognised yet
MISSED = 3  # looks in a row that did not list it: it was deleted there
_SEEN = ("state", "looks", "missed", "look_at", "remote_id", "remote_count")


def search(run: GatewayRun, provider: Provider, listing: Sequence[RemoteCampaign]) -> None:
    """Whether the gateway has a piece whose answer got lost: by its unique name, in its list of campaigns, or where it has
    no such list, on its messages."""
    pushed: PushedCampaign | None = None
    if provider.capabilities.campaign_kinds:
        found = next((each for each in listing if each.name == run.name), None)
        pushed = PushedCampaign(remote_id=found.remote_id) if found else None
    elif _results(run, provider, PushedCampaign(remote_id="")):
        pushed = PushedCampaign(remote_id="")
    if pushed is not None:
        handing.adopt(run, pushed)
        return
    _look_again(run, SEARCHES)


def look(run: GatewayRun, provider: Provider, listing: Sequence[RemoteCampaign]) -> None:
    """How a piece stands at the gateway, and what became of its people."""
    state = _state_of(run, listing) if provider.capabilities.campaign_kinds else run.state
    recognised = read_people(run, provider)
    if not provider.capabilities.campaign_kinds and not accepted(run).exists():
        state = Run.FINISHED  # nothing says that a newsletter has ended but its messages
    if state in OPEN:
        is_new = recognised or state != run.state
        run.state = state
        _look_again(run, LOOKS, is_new=bool(is_new))
        return
    is_known = not _unrecognised(run).exists()
    run.state, run.looks = state, 0
    run.look_at = None if is_known else timezone.now() + timedelta(seconds=AFTERWARDS[0])
    run.save(update_fields=_SEEN)


def look_afterwards(run: GatewayRun, provider: Provider) -> None:
    """It has ended; some people's messages may still turn up in the gateway's lists."""
    read_people(run, provider)
    if _unrecognised(run).exists():
        _look_again(run, AFTERWARDS)
    else:
        GatewayRun.objects.filter(pk=run.pk).update(look_at=None)


def read_people(run: GatewayRun, provider: Provider) -> int:
    """Find each person's message and what became of it. Returns how many were found now.

    Once every message the gateway named is known, whoever is left was not taken: it drops wrong numbers without a word, and
    its quota may cut the list (docs/wire.md 1.6.6).
    """
    waiting = {message.phone_key: message for message in _unrecognised(run).select_related("account")}
    if not waiting:
        return 0
    named = tuple(run.message_ids)
    results = _results(run, provider, PushedCampaign(remote_id=run.remote_id, remote_message_ids=named))
    found = [
        Recognised(message=message, report=result.report, body=result.body)
        for result in results
        if (message := waiting.get(phone_key(result.phone)))
    ]
    count = recognise(run.line.account, found)
    if named:
        seen = {result.report.remote_id for result in results}
        run.message_ids = [each for each in named if each not in seen]
        GatewayRun.objects.filter(pk=run.pk).update(message_ids=run.message_ids)
        if not run.message_ids:
            left = dict.fromkeys(_unrecognised(run).values_list("id", flat=True), "")
            give_up(left, status=Message.Status.FAILED, reason=Reason.REJECTED)
    return count


def take_back(run: GatewayRun) -> int:
    """The gateway deleted it: what it had not sent is not sent. Returns how many people that are."""
    left = dict.fromkeys(accepted(run).values_list("id", flat=True), "")
    return give_up(left, status=Message.Status.CANCELLED, reason=Reason.CANCELLED)


def _state_of(run: GatewayRun, listing: Sequence[RemoteCampaign]) -> str:
    """By its id, or by its name where the answer told no id."""
    for each in listing:
        if each.remote_id == run.remote_id or (not run.remote_id and each.name == run.name):
            run.remote_id, run.remote_count, run.missed = each.remote_id, each.count, 0
            return {"running": Run.RUNNING, "paused": Run.PAUSED, "completed": Run.FINISHED}[each.state]
    run.missed += 1
    return Run.GONE if run.missed >= MISSED else run.state


def _look_again(run: GatewayRun, pauses: Sequence[int], *, is_new: bool = False) -> None:
    """Plan the next look; `LOOKS` never ends, the others do."""
    run.looks = 0 if is_new else min(run.looks + 1, 1000)
    pause = pauses[min(run.looks, len(pauses) - 1)] if pauses is LOOKS or run.looks < len(pauses) else None
    run.look_at = None if pause is None else timezone.now() + timedelta(seconds=pause)
    run.save(update_fields=_SEEN)


def _results(run: GatewayRun, provider: Provider, pushed: PushedCampaign) -> list[CampaignResult]:
    phones = Recipient.objects.filter(run=run).order_by("id").values_list("phone", flat=True)
    return provider.fetch_campaign_results(handing.plan_of(run, phones), pushed)


def accepted(run: GatewayRun) -> QuerySet[Message]:
    """Messages in it that the gateway has, and of which nothing more is known."""
    return Message.objects.filter(recipient__run=run, status=Message.Status.ACCEPTED, resend_of=None)


def _unrecognised(run: GatewayRun) -> QuerySet[Message]:
    return accepted(run).filter(remote_id="")
