"""Where gateways call us: verify, store, answer with nothing. Understanding happens in a worker (`understanding`)."""

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from hmac import compare_digest
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from messaging.gateway import ExchangeLog, open_provider
from messaging.models import Account, Callback
from messaging.providers import shapes
from messaging.providers.base import Provider
from messaging.providers.errors import CallbackRejected
from messaging.providers.redact import mask_call

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class _Caller:
    """An account at the door. until: when it is looked up again; is_noted: whether its row says that it called."""

    account_id: int
    name: str
    secret: str
    secrets: list[str]
    provider: Provider
    until: float
    is_noted: bool


LIMIT = 1_000_000  # bytes
KEPT_HEADERS = ("content-type", "user-agent", "idempotency-key")
KNOWN_FOR = 5.0  # seconds; also how exactly an account remembers when its last call came
MOST_KNOWN = 1000
_PATH = re.compile(r"/callbacks/([a-z0-9-]+)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/([^/]+)/\Z")
_calls: dict[UUID, tuple[int, int]] = {}  # callback id → (minute, calls in it), of this process
_callers: dict[UUID, _Caller] = {}
_turn = threading.Lock()  # of this process; a lock on a file is shared by its threads


def url_for(account: Account, request: HttpRequest | None = None) -> str:
    """The address to enter at the gateway."""
    path = reverse("callback", args=[account.provider, account.callback_id, account.callback_secret])
    if settings.PUBLIC_URL or request is None:
        return f"{settings.PUBLIC_URL}{path}"
    return request.build_absolute_uri(path)


def door(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A middleware that lets gateways in by the side: their calls need no session, language or sign-in, and come in bursts.
    It takes a call to `receive` before anything else is done for it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        path = _PATH.match(request.path_info)
        if not path:
            return get_response(request)
        answer = receive(request, path[1], UUID(path[2]), path[3])
        answer["Content-Length"] = str(len(answer.content))  # else the web server says it piecemeal, in two packets
        return answer

    return middleware


@csrf_exempt
@require_POST
def receive(request: HttpRequest, slug: str, account_id: UUID, secret: str) -> HttpResponse:
    """A gateway's call. The body of our answer is always empty: Wablas would send any other to the customer as a reply
    (docs/wire.md 3.5)."""
    caller = _caller(slug, account_id)
    if caller is None or not compare_digest(caller.secret.encode(), secret.encode()):
        return HttpResponse(status=404)
    if _is_too_much(account_id):
        return HttpResponse(status=429, headers={"Retry-After": "60"})
    try:
        body = _body(request)
    except UnreadablePostError:  # the line was cut: nobody is there to read an answer
        return HttpResponse(status=400)
    except OverflowError:
        return HttpResponse(status=413)
    if body is None:
        return HttpResponse(status=411)
    headers = {name.lower(): value for name, value in request.headers.items()}
    callback = shapes.Callback(headers=headers, body=body, content_type=headers.get("content-type", ""))
    try:
        caller.provider.verify_callback(callback)
        key = caller.provider.callback_key(callback)[:120]
    except CallbackRejected as rejection:
        log.warning("A callback for %s was rejected: %s", caller.name, rejection.reason)
        return HttpResponse(status=rejection.status)
    with _in_turn():
        is_new = _store(caller, callback, key)
    return HttpResponse(status=caller.provider.capabilities.callback_status if is_new else 200)


def _caller(slug: str, account_id: UUID) -> _Caller | None:
    """Whose address this is, remembered for a few seconds: gateways call in bursts."""
    now = time.monotonic()
    known = _callers.get(account_id)
    if known is None or known.until < now or known.provider.slug != slug:
        account = Account.objects.filter(callback_id=account_id, provider=slug).first()
        if account is None:
            return None
        if len(_callers) > MOST_KNOWN:
            _callers.clear()
        known = _callers[account_id] = _Caller(
            account_id=account.pk, name=account.name, secret=account.callback_secret, until=now + KNOWN_FOR,
            provider=open_provider(account, ExchangeLog()), is_noted=False,
            secrets=list(account.credentials.values()),
        )  # fmt: skip
    return known


def _is_too_much(callback_id: UUID) -> bool:
    """Whether an account called more often in this minute than this process takes: a leaked address must not fill the
    disk. Whoever does not know the secret is turned away before and counts for nothing."""
    minute = int(time.time() // 60)
    since, count = _calls.get(callback_id, (minute, 0))
    count = count + 1 if since == minute else 1
    _calls[callback_id] = (minute, count)
    return count > int(settings.CALLBACKS_PER_MINUTE)


def _body(request: HttpRequest) -> bytes | None:
    """The raw body; None when nobody says where it ends. Raises OverflowError for one that is too large."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and (len(announced) > 12 or int(announced) > LIMIT):
        raise OverflowError
    try:
        body = _chunks(request) if "transfer-encoding" in request.headers else request.body
    except RequestDataTooBig:
        raise OverflowError from None
    if body is not None and len(body) > LIMIT:
        raise OverflowError
    return body


def _chunks(request: HttpRequest) -> bytes | None:
    """A body that comes in pieces, its length not announced: Django would read nothing of it. None where the web server
    does not end it for us."""
    if not request.META.get("wsgi.input_terminated"):
        return None
    try:
        body: bytes = request.META["wsgi.input"].read(LIMIT + 1)
    except OSError as cut:
        raise UnreadablePostError from cut
    return body


@contextmanager
def _in_turn() -> Iterator[None]:
    """On SQLite one writer at a time, of all processes of this machine: it lets who waits ask again, each time later."""
    if connection.vendor != "sqlite":
        yield
        return
    with _turn, open(settings.VAR_DIR / "callbacks.lock", "ab") as file:
        flock(file, LOCK_EX)
        yield


def _store(caller: _Caller, callback: shapes.Callback, key: str) -> bool:
    """Keep the call, secrets masked. False when the gateway said it before (a repeated event of the same id)."""
    stored = Callback(
        account_id=caller.account_id, key=key,
        body=mask_call(callback.body.decode("utf-8", errors="replace").replace("\x00", ""), caller.secrets),
        headers={name: callback.headers[name][:300] for name in KEPT_HEADERS if name in callback.headers},
    )  # fmt: skip
    if not caller.is_noted:
        caller.is_noted = True
        Account.objects.filter(pk=caller.account_id).update(last_callback_at=timezone.now())
    if not key:
        stored.save(force_insert=True)
        return True
    try:
        with transaction.atomic():
            stored.save(force_insert=True)
    except IntegrityError:
        if not Callback.objects.filter(account_id=caller.account_id, key=key).exists():
            raise
        return False
    return True
