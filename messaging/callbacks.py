"""Where gateways call us: verify, store, answer with nothing. Understanding happens in a worker."""

import logging
from datetime import timedelta
from hmac import compare_digest

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django_q.tasks import async_task

from messaging import inbox, polling
from messaging.gateway import ExchangeLog, open_provider
from messaging.mirror.lines import set_connected
from messaging.models import Account, Callback, Line, MessageEvent
from messaging.providers import shapes
from messaging.providers.errors import CallbackRejected, ProviderError
from messaging.providers.redact import mask

log = logging.getLogger(__name__)

LIMIT = 1_000_000  # bytes
KEPT_HEADERS = ("content-type", "user-agent", "idempotency-key")
TRY_AGAIN = [5, 30, 120, 600]  # seconds, for news about a message we do not know yet


def url_for(account: Account, request: HttpRequest | None = None) -> str:
    """The address to enter at the gateway."""
    path = reverse("callback", args=[account.provider, account.callback_id, account.callback_secret])
    if settings.PUBLIC_URL or request is None:
        return f"{settings.PUBLIC_URL}{path}"
    return request.build_absolute_uri(path)


@csrf_exempt
@require_POST
def receive(request: HttpRequest, slug: str, account_id: str, secret: str) -> HttpResponse:
    """A gateway's call. The body of our answer is always empty: Wablas would send any other to the customer as a reply
    (docs/wire.md 3.5)."""
    account = Account.objects.filter(callback_id=account_id, provider=slug).first()
    if account is None or not compare_digest(account.callback_secret, secret):
        return HttpResponse(status=404)
    if int(request.headers.get("content-length") or 0) > LIMIT:
        return HttpResponse(status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    callback = shapes.Callback(headers=headers, body=request.body, content_type=headers.get("content-type", ""))
    provider = open_provider(account, ExchangeLog())
    try:
        provider.verify_callback(callback)
    except CallbackRejected as rejection:
        log.warning("A callback for %s was rejected: %s", account, rejection.reason)
        return HttpResponse(status=rejection.status)
    finally:
        provider.close()
    with transaction.atomic():
        stored = Callback.objects.create(
            account=account,
            headers={name: headers[name] for name in KEPT_HEADERS if name in headers},
            body=mask(callback.body.decode("utf-8", errors="replace"), list(account.credentials.values())),
        )
        Account.objects.filter(pk=account.pk).update(last_callback_at=timezone.now())
        async_task(understand, stored.pk)
    return HttpResponse(status=200)


def understand(callback_id: int) -> None:
    """Work one stored callback; what is about a message we do not know yet waits and is tried again."""
    stored = Callback.objects.select_related("account").get(pk=callback_id)
    if stored.state in (Callback.State.DONE, Callback.State.FAILED):
        return
    provider = open_provider(stored.account, ExchangeLog())
    body = shapes.Callback(
        headers=stored.headers, body=stored.body.encode(), content_type=stored.headers.get("content-type", "")
    )
    try:
        news = provider.parse_callback(body)
        is_known = _take(stored.account, news)
    except ProviderError as problem:
        _close(stored, Callback.State.FAILED, str(problem))
    else:
        if is_known:
            _close(stored, Callback.State.DONE)
        else:
            _wait(stored)
    finally:
        provider.close()


def retry_waiting() -> None:
    """Try callbacks again whose time has come, also those whose worker died."""
    now = timezone.now()
    due = Callback.objects.filter(next_attempt_at__lte=now - timedelta(seconds=5))
    for pk in due.order_by("next_attempt_at").values_list("id", flat=True)[:100]:
        if Callback.objects.filter(pk=pk, next_attempt_at__lte=now).update(next_attempt_at=now + timedelta(seconds=60)):
            async_task(understand, pk)


def _take(account: Account, news: list[shapes.News]) -> bool:
    """Hand news to whom it concerns. False when a report is about a message we do not know."""
    reports = [item for item in news if isinstance(item, shapes.StatusReport)]
    inbox.receive(account, [item for item in news if isinstance(item, shapes.Incoming)])
    for item in news:
        if isinstance(item, shapes.LineState):
            for line in Line.objects.filter(account=account, address=item.address).select_related("account"):
                set_connected(line, is_connected=item.is_connected, note=item.note[:300])
    if not reports:
        return True
    known = polling.known_reports(account, reports)
    polling.apply_reports(account, reports, source=MessageEvent.Source.CALLBACK)
    return known == len(reports)


def _close(stored: Callback, state: str, problem: str = "") -> None:
    Callback.objects.filter(pk=stored.pk).update(
        state=state, problem=problem, next_attempt_at=None, attempts=stored.attempts + 1
    )


def _wait(stored: Callback) -> None:
    if stored.attempts >= len(TRY_AGAIN):
        _close(stored, Callback.State.FAILED, "no message of ours has this id")
        return
    again = timezone.now() + timedelta(seconds=TRY_AGAIN[stored.attempts])
    Callback.objects.filter(pk=stored.pk).update(
        state=Callback.State.WAITING, next_attempt_at=again, attempts=stored.attempts + 1
    )
