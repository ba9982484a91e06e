"""What is left at the gateways against what a campaign needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contacts.models import Channel
from messaging.models import Account

# The words by which gateways tell how many messages of a channel an account may still send (`Account.quota`).
WORDS: Mapping[str, tuple[str, ...]] = {
    Channel.WHATSAPP: ("wa_send", "messages"),
    Channel.SMS: ("sms_send", "messages"),
}


@dataclass(frozen=True, kw_only=True)
class Quota:
    """One account's. left: None where the gateway says nothing, or that there is no limit; is_told says which."""

    account: Account
    needed: int
    left: int | None
    is_told: bool

    @property
    def short(self) -> int:
        """So many messages are lacking."""
        return max(0, self.needed - self.left) if self.left is not None else 0


def quotas(shares: Sequence[tuple[Account, int]], *, channel: str) -> list[Quota]:
    """For each account what its lines are to send. shares: (account, messages), an account as often as it has lines."""
    needed: dict[int, int] = {}
    accounts: dict[int, Account] = {}
    for account, count in shares:
        accounts[account.pk] = account
        needed[account.pk] = needed.get(account.pk, 0) + count
    return [_quota(accounts[pk], count, channel) for pk, count in needed.items()]


def _quota(account: Account, needed: int, channel: str) -> Quota:
    for word in WORDS.get(channel, ()):
        numbers = account.quota.get(word)
        if isinstance(numbers, dict):
            limit, used = numbers.get("limit"), numbers.get("used") or 0
            left = max(0, limit - used) if isinstance(limit, int) else None
            return Quota(account=account, needed=needed, left=left, is_told=True)
    return Quota(account=account, needed=needed, left=None, is_told=False)
