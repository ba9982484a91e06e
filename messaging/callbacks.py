"""Where gateways call us: verify, store, answer with nothing. Understanding happens in a worker (`understanding`)."""

import logging
import time
from collections.abc import Iterable
from datetime import timedelta
from hmac import compare_digest
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from messaging.gateway import ExchangeLog, open_provider
from messaging.models import Account, Callback
from messaging.providers import shapes
from messaging.providers.errors import CallbackRejected
from messaging.providers.redact import mask

log = logging.getLogger(__name__)

LIMIT = 1_000_000  # bytes
KEPT_HEADERS = ("content-type", "user-agent", "idempotency-key")
NOTED_EVERY = timedelta(seconds=5)  # how exactly an account remembers its last call: one row less to write per call
_calls: dict[UUID, tuple[int, int]] = {}  # callback id → (minute, calls in it), of this process


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
    if account is None or not compare_digest(account.callback_secret.encode(), secret.encode()):
        return HttpResponse(status=404)
    if _is_too_much(account.callback_id):
        return HttpResponse(status=429, headers={"Retry-After": "60"})
    try:
        body = _body(request)
    except UnreadablePostError:  # the line was cut: nobody is there to read an answer
        return HttpResponse(status=400)
    if body is None:
        return HttpResponse(status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    callback = shapes.Callback(headers=headers, body=body, content_type=headers.get("content-type", ""))
    provider = open_provider(account, ExchangeLog())
    try:
        provider.verify_callback(callback)
        key = provider.callback_key(callback)[:120]
    except CallbackRejected as rejection:
        log.warning("A callback for %s was rejected: %s", account, rejection.reason)
        return HttpResponse(status=rejection.status)
    finally:
        provider.close()
    is_new = _store(account, callback, key)
    return HttpResponse(status=provider.capabilities.callback_status if is_new else 200)


def _is_too_much(callback_id: UUID) -> bool:
    """Whether an account called more often in this minute than this process takes: a leaked address must not fill the
    disk. Whoever does not know the secret is turned away before and counts for nothing."""
    minute = int(time.time() // 60)
    since, count = _calls.get(callback_id, (minute, 0))
    count = count + 1 if since == minute else 1
    _calls[callback_id] = (minute, count)
    return count > int(settings.CALLBACKS_PER_MINUTE)


def _body(request: HttpRequest) -> bytes | None:
    """The raw body; None when it is too large."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and (len(announced) > 12 or int(announced) > LIMIT):
        return None
    try:
        body = request.body
    except RequestDataTooBig:
        return None
    return None if len(body) > LIMIT else body


def _store(account: Account, callback: shapes.Callback, key: str) -> bool:
    """Keep the call, secrets masked. False when the gateway said it before (a repeated event of the same id)."""
    text = callback.body.decode("utf-8", errors="replace").replace("\x00", "")
    now = timezone.now()
    last = account.last_callback_at
    try:
        with transaction.atomic():
            Callback.objects.create(
                account_id=account.pk, key=key, body=mask(text, _secrets(account.credentials.values())),
                headers={name: callback.headers[name][:300] for name in KEPT_HEADERS if name in callback.headers},
            )  # fmt: skip
            if last is None or now - last > NOTED_EVERY:
                Account.objects.filter(pk=account.pk).update(last_callback_at=now)
    except IntegrityError:
        if not key or not Callback.objects.filter(account=account, key=key).exists():
            raise
        return False
    return True


def _secrets(credentials: Iterable[str]) -> list[str]:
    return [value for value in credentials if len(value) >= 4]
