"""Accounts: add, change, test, sync."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import Job
from contacts.refusal import Refused
from messaging import health, keys
from messaging.credential_words import said
from messaging.gateway import provider_of
from messaging.mirror import starting
from messaging.mirror.lines import mirror_lines
from messaging.models import Account, Incident, Line
from messaging.providers import PROVIDERS
from messaging.providers.errors import AccountRejected, ProviderError, Reason
from messaging.reasons import sentence, sentence_of_test

log = logging.getLogger(__name__)

CHECK_EVERY = timedelta(minutes=10)
CHECK_SOON = timedelta(seconds=30)


@dataclass(frozen=True)
class CheckResult:
    """What a connection test showed. sentence: for people."""

    ok: bool
    reason: str
    sentence: str


def create_account(
    *,
    provider: str,
    name: str,
    base_url: str,
    credentials: Mapping[str, str],
    region: str = "",
    user: User | None = None,
) -> Account:
    """Add a login at a gateway. It sends nothing until it passed a test."""
    if provider not in PROVIDERS:
        known = ", ".join(PROVIDERS)
        raise Refused(
            _("There is no gateway “%(slug)s”. Choose one of: %(known)s.") % {"slug": provider, "known": known},
            field="provider",
        )
    if not name.strip():
        raise Refused(_("Give the account a name."), field="name")
    if Account.objects.filter(name=name.strip()).exists():
        raise Refused(_("There is already an account with this name."), field="name")
    return Account.objects.create(
        provider=provider, name=name.strip(), base_url=clean_base_url(provider, base_url),
        credentials=clean_credentials(provider, credentials), region=clean_region(region),
    )  # fmt: skip


def update_account(
    account: Account,
    *,
    name: str,
    base_url: str,
    credentials: Mapping[str, str],
    region: str,
    cleared: Collection[str] = (),
    user: User | None = None,
) -> Account:
    """Change an account. Credentials left empty stay as they are; those named in `cleared` are removed, where the gateway
    can do without.

    With another address or another credential it is not tested any more: it sends nothing until it passed a test, which
    the clock makes soon if nobody else does.
    """
    if Account.objects.filter(name=name.strip()).exclude(pk=account.pk).exists():
        raise Refused(_("There is already an account with this name."), field="name")
    with transaction.atomic():
        now = Account.objects.select_for_update().get(pk=account.pk)  # its key may have been replaced since
        before = (now.base_url, now.credentials)
        kept = {key: value for key, value in now.known_credentials.items() if key not in cleared}
        kept |= {key: value for key, value in credentials.items() if value}
        now.name, now.base_url = name.strip(), clean_base_url(now.provider, base_url)
        now.credentials, now.region = clean_credentials(now.provider, kept), clean_region(region)
        changed = ["name", "base_url", "credentials", "region"]
        if before != (now.base_url, now.credentials):
            now.state, now.reason, now.note = Account.State.NEW, "", ""
            now.next_check_at = timezone.now()
            changed += ["state", "reason", "note", "next_check_at"]
        if any(credentials.get(each) for each in PROVIDERS[now.provider].capabilities.rotates):
            now.key_asked_at = None  # the key that was lacking is here
            changed.append("key_asked_at")
        now.save(update_fields=changed)
    account.refresh_from_db()
    return account


def check_account(account: Account) -> CheckResult:
    """Test the connection, and let the account send again when it passes."""
    now = timezone.now()
    account.refresh_from_db(fields=["key_asked_at", "credentials", "state", "reason"])
    if account.key_asked_at:
        return _without_key(account)
    try:
        with provider_of(account) as provider:
            info = provider.check()
    except ProviderError as problem:
        if isinstance(problem, AccountRejected):
            health.block_account(account, problem)
        else:  # a gateway that is away says nothing about the account
            Account.objects.filter(pk=account.pk).update(
                checked_at=now, next_check_at=now + CHECK_SOON, note=problem.detail
            )
        account.refresh_from_db()
        return CheckResult(ok=False, reason=problem.reason, sentence=sentence_of_test(problem.reason))
    Account.objects.filter(pk=account.pk, key_asked_at=None).update(
        state=Account.State.READY, reason="", note="", label=info.label[:200], expires_at=info.expires_at, checked_at=now,
        quota={word: dict(numbers) for word, numbers in info.quota.items()}, next_check_at=now + CHECK_EVERY,
    )  # fmt: skip
    Line.objects.filter(account=account, failures__gt=0).update(failures=0, next_free_at=now, waits_for="")
    for kind in (Incident.Kind.ACCOUNT_BLOCKED, Incident.Kind.UNREACHABLE):
        health.close_incidents(kind=kind, account=account)
    account.refresh_from_db()
    return CheckResult(ok=True, reason="", sentence=_("The gateway knows us."))


def replace_key(account: Account, *, seen: int, user: User | None = None) -> CheckResult:
    """Have the gateway replace the key, store the new one at once, and test it. seen, refusals: as messaging.keys.replace."""
    keys.replace(account, seen=seen)
    return check_account(account)


def look_after(account_id: int) -> None:
    """The regular visit: test the connection, and see which lines are up. Blocked accounts come back by themselves when
    the reason is gone."""
    account = Account.objects.get(pk=account_id)
    if not check_account(account).ok:
        return
    try:
        with provider_of(account) as provider:
            mirror_lines(account, provider.fetch_lines())
    except ProviderError as problem:
        log.info("Looking after %s: %s", account, problem.reason)


def start_sync(account: Account, *, user: User | None = None) -> Job:
    """Bring everything the gateway lists here, in the background. A sync that is under way is returned, not doubled."""
    return starting.start_pull(account, user=user)


def set_pace(
    line: Line,
    *,
    gap_seconds: float,
    jitter_seconds: float,
    per_minute: int | None,
    per_hour: int | None,
    per_day: int | None,
) -> Line:
    """Change how fast a line may send; in force from the next message on."""
    if gap_seconds < 0 or jitter_seconds < 0:
        raise Refused(_("A pause cannot be negative."), field="gap_seconds")
    for field, cap in (("per_minute", per_minute), ("per_hour", per_hour), ("per_day", per_day)):
        if cap is not None and cap < 1:
            raise Refused(_("A limit is at least 1; leave it empty for none."), field=field)
    line.gap_seconds, line.jitter_seconds = gap_seconds, jitter_seconds
    line.per_minute, line.per_hour, line.per_day = per_minute, per_hour, per_day
    line.next_free_at, line.waits_for = timezone.now(), ""
    line.save(
        update_fields=[
            "gap_seconds",
            "jitter_seconds",
            "per_minute",
            "per_hour",
            "per_day",
            "next_free_at",
            "waits_for",
        ]
    )
    return line


def switch_line(line: Line, *, on: bool) -> Line:
    """Let staff take a line out of use, or back in."""
    line.state = Line.State.READY if on else Line.State.DISABLED
    line.reason = line.note = ""
    line.save(update_fields=["state", "reason", "note"])
    return line


def _without_key(account: Account) -> CheckResult:
    """A new key is being fetched, or whoever fetched it died: then that is settled here."""
    if keys.is_under_way(account):
        return CheckResult(ok=False, reason=Reason.NEEDS_KEY, sentence=_("A new key is being fetched already."))
    keys.give_up(account)
    return CheckResult(ok=False, reason=Reason.NEEDS_KEY, sentence=sentence(Reason.NEEDS_KEY))


def clean_base_url(provider: str, url: str) -> str:
    """The gateway's address as people paste it: with or without the trailing /api or /getdata."""
    url = (url.strip() or PROVIDERS[provider].default_base_url).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(_("Write the whole address, beginning with https://"), field="base_url")
    for tail in ("/api", "/getdata"):
        url = url.removesuffix(tail)
    return url


def clean_credentials(provider: str, credentials: Mapping[str, str]) -> dict[str, str]:
    """Only what this gateway asks for, and all it needs."""
    cleaned = {}
    for field in PROVIDERS[provider].credential_fields:
        value = str(credentials.get(field.name) or "").strip()
        if field.is_required and not value:
            raise Refused(_("Fill in “%(label)s”.") % {"label": said(field.label)}, field=field.name)
        if value:
            cleaned[field.name] = value
    if not cleaned:
        raise Refused(_("Fill in the gateway's key."), field=PROVIDERS[provider].credential_fields[0].name)
    return cleaned


def clean_region(region: str) -> str:
    """Two letters, or none."""
    region = region.strip().upper()
    if region and (len(region) != 2 or not region.isalpha()):
        raise Refused(_("Write the region as two letters, for example MX."), field="region")
    return region
