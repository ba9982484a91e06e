"""The world behind the dialects: accounts, phones, messages and the news about them.

A dialect asks `fate()` what happens to a send, calls `take()` when the gateway takes it, and passes its answer through
`answer()`, which drops the line or spoils the answer where the story says so.
"""

import functools
import itertools
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from messaging.sandbox.clock import Clock
from messaging.sandbox.deliveries import DeliveryLog
from messaging.sandbox.options import Options
from messaging.sandbox.records import OPEN, Account, Campaign, Channel, Message
from messaging.sandbox.registry import Event, Registry
from messaging.sandbox.server import Response
from messaging.sandbox.stories import Fate, State, story_for

ERROR_PAGE = "<html><body><h1>500 Internal Server Error</h1></body></html>"
EPOCH_2025 = 1_735_689_600


class World(Registry):
    """All state of the sandbox: the registry, and the messages that pass."""

    def __init__(self, options: Options | None = None, log_file: Path | None = None) -> None:
        self.clock = Clock()
        self.deliveries = DeliveryLog(log_file)
        # Ids go on where an earlier run stopped: a product that kept its database must not meet an old id again.
        self._message_ids = itertools.count(int((time.time() - EPOCH_2025) * 1000))
        super().__init__(options)

    def forget(self) -> None:
        """Empty the world (message ids go on, options stay)."""
        super().forget()
        self.clock.forget()
        self.deliveries.forget()
        self._throttled: set[tuple[int, str]] = set()

    # A send

    def fate(self, account: Account, to: str) -> Fate:
        """What happens to a send to this recipient: its story first, then the dice."""
        fate = story_for(to).fate
        if fate is Fate.THROTTLE:
            if (account.id, to) not in self._throttled:
                self._throttled.add((account.id, to))
                return Fate.THROTTLE
            self._throttled.discard((account.id, to))
            return Fate.ACCEPT
        return self._roll() if fate is Fate.ACCEPT else fate

    def _roll(self) -> Fate:
        options = self.options
        if not (options.throttle_rate or options.drop_rate or options.error_rate or options.lose_rate):
            return Fate.ACCEPT
        rolled = self.dice.random()
        for rate, fate in (
            (options.throttle_rate, Fate.THROTTLE),
            (options.drop_rate, Fate.DROP_AFTER),
            (options.error_rate, Fate.ERROR_AFTER),
            (options.lose_rate, Fate.LOSE),
        ):
            if rolled < rate:
                return fate
            rolled -= rate
        return Fate.ACCEPT

    def take(
        self,
        account: Account,
        *,
        channel: Channel,
        line: str,
        to: str,
        text: str,
        sim: int = 0,
        attachment: str = "",
        key: str | None = None,
        reference: str = "",
        campaign: Campaign | None = None,
        after: float = 0.0,
        starts: State = "waiting",
        extra: dict[str, Any] | None = None,
    ) -> Message:
        """The gateway takes one message. to: "+digits" or a group id. after: seconds until its turn comes.

        key: its id in the dialect's form, default `account.key_of(number)`. starts: the state it has when its turn comes.
        """
        number, now = next(self._message_ids), time.time()
        message = Message(
            id=number,
            key=key or account.key_of(number),
            account=account,
            channel=channel,
            direction="out",
            line=line,
            peer=to,
            text=text,
            sim=sim,
            attachment=attachment,
            reference=reference,
            created=now,
            changed=now,
            story=story_for(to),
            campaign=campaign,
            extra=extra,
        )
        if message.story.fate is Fate.LATE:
            self.clock.after(self.options.late_seconds, functools.partial(self._enter, message, after, starts))
        else:
            self._enter(message, after, starts)
        return message

    def _enter(self, message: Message, after: float, starts: State) -> None:
        """From now on the gateway knows the message."""
        message.created = message.changed = time.time()
        self._file(message)
        message.account.pending[message.channel][message.key] = message
        campaign = message.campaign
        if campaign is not None:
            campaign.messages.append(message)
        if after > 0 or (campaign is not None and campaign.paused):
            self.clock.after(after, functools.partial(self._advance, message))
        else:
            self._start(message, starts)

    def answer(self, fates: Fate | Iterable[Fate], response: Response) -> Response:
        """The answer as it reaches the caller: spoiled, late or never, as the worst of the fates says."""
        fate = fates if isinstance(fates, Fate) else max(fates, key=lambda each: each.value, default=Fate.ACCEPT)
        if fate in {Fate.DROP_AFTER, Fate.LATE, Fate.LOSE}:
            return Response(drop=True)
        if fate is Fate.ERROR_AFTER:
            return Response(ERROR_PAGE, status=500)
        if fate is Fate.SLOW:
            response.delay = self.options.slow_seconds
        return response

    def is_unreachable(self, phone: str) -> bool:
        """Whether no phone is behind this number (the story "rejected")."""
        return story_for(phone).fate is Fate.REJECT

    def throttled(self, body: str = "Too Many Requests") -> Response:
        """HTTP 429 with Retry-After, for dialects that have no words of their own for it."""
        retry_after = str(max(1, round(self.options.retry_after_seconds)))
        return Response(body, status=429, content_type="text/plain", headers={"Retry-After": retry_after})

    # A message's life

    def _start(self, message: Message, state: State) -> None:
        message.started = True
        self.deliveries.add(message, time.time())
        if state != "waiting":
            steps = message.story.steps
            while message.step < len(steps) and steps[message.step] in {"handed", "sent"}:
                message.step += 1
            self.move(message, state)
        self._schedule(message)

    def _schedule(self, message: Message) -> None:
        if message.step < len(message.story.steps):
            self.clock.after(self.options.step_seconds, functools.partial(self._advance, message))

    def _advance(self, message: Message) -> None:
        if message.state == "cancelled":
            return
        campaign = message.campaign
        if campaign is not None and campaign.paused and message.state in OPEN:
            campaign.held.append(message)
            return
        if not message.started:
            self._start(message, "waiting")
            return
        state = message.story.steps[message.step]
        message.step += 1
        self.move(message, state)
        if state == "delivered" and message.story.reply and message.step == len(message.story.steps):
            self.clock.after(self.options.reply_seconds, functools.partial(self._reply, message))
        self._schedule(message)

    def move(self, message: Message, state: State, reason: str = "") -> None:
        """Give a message its next state and tell it. Moving backwards is allowed: the muddled story does it."""
        message.state = state
        message.reason = reason or message.reason
        message.changed = time.time()
        pending = message.account.pending[message.channel]
        if state in OPEN:
            pending[message.key] = message
        else:
            pending.pop(message.key, None)
        self.notify(Event(kind="status", account=message.account, message=message, state=state))

    def cancel(self, message: Message) -> None:
        """Take back what has not left yet; tells nobody."""
        message.state = "cancelled"
        message.changed = time.time()
        message.account.pending[message.channel].pop(message.key, None)

    def delete(self, message: Message) -> None:
        """Forget a message; one that has not left yet is cancelled by it."""
        if message.direction == "out" and message.state in OPEN:
            self.cancel(message)
        message.account.messages.pop(message.key, None)
        message.account.folder(message.channel, message.direction).pop(message.key, None)
        message.account.pending[message.channel].pop(message.key, None)

    def _file(self, message: Message) -> None:
        message.account.messages[message.key] = message
        message.account.folder(message.channel, message.direction)[message.key] = message

    # Campaigns that the gateway runs

    def pause(self, campaign: Campaign) -> None:
        campaign.paused = True

    def resume(self, campaign: Campaign) -> None:
        campaign.paused = False
        held, campaign.held = campaign.held, []
        for place, message in enumerate(held):
            delay = place * self.options.campaign_gap_seconds
            self.clock.after(delay, functools.partial(self._advance, message))

    # Phones that write to us

    def receive(
        self,
        account: Account,
        *,
        channel: Channel,
        line: str,
        sender: str,
        text: str,
        sim: int = 0,
        attachment: str = "",
        key: str | None = None,
    ) -> Message:
        """A phone writes to one of the account's lines."""
        number, now = next(self._message_ids), time.time()
        message = Message(
            id=number,
            key=key or account.key_of(number),
            account=account,
            channel=channel,
            direction="in",
            line=line,
            peer=sender,
            text=text,
            sim=sim,
            attachment=attachment,
            state="delivered",
            created=now,
            changed=now,
        )
        self._file(message)
        self.notify(Event(kind="incoming", account=account, message=message))
        return message

    def _reply(self, message: Message) -> None:
        self.receive(
            message.account,
            channel=message.channel,
            line=message.line,
            sender=message.peer,
            text=message.story.reply,
            sim=message.sim,
        )
