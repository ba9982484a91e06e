"""What a Wablas answer means. The body is read before the HTTP status: its 5xx are often permanent. docs/wire.md 3.4."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from messaging.providers.errors import (
    AccountRejected,
    MessageRejected,
    NotSent,
    OutcomeUnknown,
    ProviderError,
    Reason,
)
from messaging.providers.http import Reply, judge_http
from messaging.providers.redact import mask
from messaging.providers.wablas.lenient import parse

Answer = dict[str, Any]
HOST_HINT = "a wrong server address answers the same"

# First match wins: "token invalid or device expired" is about the token before it is about a subscription.
_WORDS: tuple[tuple[re.Pattern[str], Callable[[str], ProviderError]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), make)
    for pattern, make in (
        (
            r"token invalid|invalid token|secret key|not authori[sz]ed|unauthori[sz]ed",
            lambda text: AccountRejected(Reason.BAD_CREDENTIALS, f"{text} ({HOST_HINT})"),
        ),
        (
            r"device disconnected|scan qr|not connected",
            lambda text: AccountRejected(Reason.LINE_DISCONNECTED, text, is_line=True),
        ),
        (r"device not found", lambda text: AccountRejected(Reason.LINE_MISSING, text, is_line=True)),
        (r"\bquota\b", lambda text: AccountRejected(Reason.QUOTA_REACHED, text)),
        (r"limit exceeded|too many requests", lambda text: NotSent(Reason.THROTTLED, text)),
        (r"\bexpired\b", lambda text: AccountRejected(Reason.SUBSCRIPTION_EXPIRED, text)),
        (
            r"phone invalid|invalid phone|phone number invalid",
            lambda text: MessageRejected(Reason.INVALID_NUMBER, text),
        ),
        (
            r"\b(max|maximum)\b.*\bsize\b|\bsize\b.*\b(max|exceed|large|big)|\bfile\b.*\btoo (large|big)",
            lambda text: MessageRejected(Reason.MEDIA_TOO_LARGE, text),
        ),
        (r"param invalid", lambda text: MessageRejected(Reason.REJECTED, text)),
    )
)


def read(reply: Reply) -> Answer | None:
    """The JSON object in the body, or None when there is none."""
    try:
        value = parse(reply.text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def judge(reply: Reply, secrets: Iterable[str] = ()) -> Answer:
    """The parsed answer of a call that succeeded; raises what the failure means. `secrets` are masked in its words."""
    answer = read(reply)
    if answer is None:
        judge_http(reply)
        raise OutcomeUnknown(Reason.UNREADABLE, "the answer is not JSON")
    if is_success(answer) and (reply.status_code < 400 or has_content(answer)):
        return answer  # a 500 that carries data did its work (report/message)
    text = mask(sentence(answer), secrets)
    if reply.status_code == 429:
        judge_http(reply, text)
    if not is_success(answer) and (error := classify(text)):
        raise error
    if "status" not in answer or is_success(answer) or reply.status_code not in (404, 405):
        judge_http(reply, text)  # but a 404 in Wablas' own envelope is about a record, not about the address
    if "status" not in answer:
        raise OutcomeUnknown(Reason.UNREADABLE, "the answer has no status")
    raise MessageRejected(Reason.REJECTED, text)


def classify(text: str) -> ProviderError | None:
    """The outcome that the gateway's words name, None when they name none we know."""
    for pattern, make in _WORDS:
        if pattern.search(text):
            return make(text)
    return None


def is_success(answer: Answer) -> bool:
    """`status` is true, or "success" at the number check."""
    return answer.get("status") is True or str(answer.get("status")).lower() in ("true", "success")


def has_content(answer: Answer) -> bool:
    """Whether the answer carries what was asked for beside a sentence."""
    return bool(answer.get("data")) or isinstance(answer.get("message"), list)


def sentence(answer: Answer) -> str:
    """The gateway's own words about a failure."""
    for key in ("message", "error", "messages"):
        if isinstance(words := answer.get(key), str) and words:
            return words
    return "no explanation"


def listed(answer: Answer) -> list[Answer]:
    """The rows of a list that comes under `message` (reports, contacts)."""
    return rows_in(answer.get("message"))


def rows_in(value: Any) -> list[Answer]:
    """The objects of a list; [] when it is none."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
