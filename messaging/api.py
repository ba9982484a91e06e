"""REST calls about accounts, lines, links and single messages."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import File, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from contacts.paging import keyset
from contacts.phone import phone_key
from contacts.refusal import Refused
from messaging import accounts, callbacks, limits, linking, outbox, standing
from messaging.media import files
from messaging.models import Account, Line, LinkSession, Message
from messaging.reasons import sentence

router = Router(tags=["messaging"])
PACE = ("gap_seconds", "jitter_seconds", "per_minute", "per_hour", "per_day")
EMPTIABLE = ("per_minute", "per_hour", "per_day", "warm_up_from", "first_contacts_per_day")  # null takes the limit away


def acting(request: HttpRequest, permission: str) -> User:
    """The user behind the token, who must hold the permission."""
    user: User = request.user  # type: ignore[assignment]  # the API's authentication put a real user there
    if not user.has_perm(permission):
        raise PermissionDenied
    return user


class AccountIn(Schema):
    provider: str
    name: str
    base_url: str = ""
    credentials: dict[str, str] = Field(default_factory=dict)
    region: str = ""


class AccountOut(Schema):
    id: int
    provider: str
    name: str
    base_url: str
    region: str
    state: str
    reason: str
    detail: str
    label: str
    quota: dict[str, Any]
    callback_url: str = Field(
        description="empty for those who may not change accounts: whoever has it can send us news"
    )
    last_callback_at: datetime | None
    synced_at: datetime | None


class LineOut(Schema):
    id: int
    account: int
    channel: str
    kind: str
    label: str
    phone: str
    state: str
    reason: str
    detail: str
    gap_seconds: float
    jitter_seconds: float
    per_minute: int | None
    per_hour: int | None
    per_day: int | None
    time_zone: str
    window_basis: str
    windows: list[dict[str, Any]]
    holidays: list[str]
    warm_up: list[dict[str, int | None]]
    warm_up_from: date | None
    first_contacts_per_day: int | None
    next_free_at: datetime
    waits_for: str
    waits_detail: str


class WindowIn(Schema):
    days: list[str] = list(limits.DAYS)
    start: str
    end: str


class RungIn(Schema):
    from_day: int
    per_day: int | None = None


class LineIn(Schema):
    gap_seconds: float | None = None
    jitter_seconds: float | None = None
    per_minute: int | None = None
    per_hour: int | None = None
    per_day: int | None = None
    time_zone: str | None = None
    window_basis: str | None = None
    windows: list[WindowIn] | None = None
    holidays: list[str] | None = None
    warm_up: list[RungIn] | None = None
    warm_up_from: date | None = None
    first_contacts_per_day: int | None = None
    enabled: bool | None = None


class LinkIn(Schema):
    line: int | None = None


class MediaIn(Schema):
    """A file the gateway fetches from a public address."""

    type: Literal["media"]
    kind: Literal["image", "audio", "video", "document"]
    url: str = Field(pattern="^https?://", max_length=1000)
    filename: str = Field(default="", max_length=200)


class LocationIn(Schema):
    """A point on the map, in degrees."""

    type: Literal["location"]
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    name: str = ""
    address: str = ""


class LinkPreviewIn(Schema):
    """A link the gateway shows with a preview."""

    type: Literal["link"]
    url: str = Field(pattern="^https?://", max_length=1000)


class MessageIn(Schema):
    line: int
    to: str
    body: str = ""
    attachment: Annotated[MediaIn | LocationIn | LinkPreviewIn, Field(discriminator="type")] | None = None
    media: int | None = None
    idempotency_key: str | None = Field(default=None, max_length=190)
    send_before: datetime | None = None


@router.post("/accounts", response={201: AccountOut})
def add_account(request: HttpRequest, data: AccountIn) -> Status[dict[str, Any]]:
    user = acting(request, "messaging.add_account")
    account = accounts.create_account(
        provider=data.provider, name=data.name, base_url=data.base_url, credentials=data.credentials, region=data.region, user=user
    )  # fmt: skip
    return Status(201, account_out(request, account))


@router.get("/accounts", response=dict[str, Any])
def list_accounts(request: HttpRequest, cursor: str | None = None, limit: int = 50) -> dict[str, Any]:
    acting(request, "messaging.view_account")
    page = keyset(Account.objects.all(), cursor=cursor, size=_size(limit), by=("id",))
    return {"items": [account_out(request, account) for account in page.items], "next": page.next}


@router.get("/accounts/{account_id}", response=AccountOut)
def get_account(request: HttpRequest, account_id: int) -> dict[str, Any]:
    acting(request, "messaging.view_account")
    return account_out(request, get_object_or_404(Account, pk=account_id))


@router.post("/accounts/{account_id}/check", response=dict[str, Any])
def check_account(request: HttpRequest, account_id: int) -> dict[str, Any]:
    acting(request, "messaging.change_account")
    account = get_object_or_404(Account, pk=account_id)
    result = accounts.check_account(account)
    if not result.ok:
        return {"ok": False, "reason": result.reason, "detail": result.sentence, "note": account.note}
    return {
        "ok": True,
        "state": account.state,
        "label": account.label,
        "quota": account.quota,
        "expires_at": account.expires_at,
    }


@router.post("/accounts/{account_id}/sync", response={202: dict[str, int]})
def sync_account(request: HttpRequest, account_id: int) -> Status[dict[str, int]]:
    user = acting(request, "messaging.change_account")
    return Status(202, {"job": accounts.start_sync(get_object_or_404(Account, pk=account_id), user=user).pk})


@router.post("/accounts/{account_id}/link", response={201: dict[str, Any]})
def link_account(request: HttpRequest, account_id: int, data: LinkIn | None = None) -> Status[dict[str, Any]]:
    user = acting(request, "messaging.add_linksession")
    account = get_object_or_404(Account, pk=account_id)
    line = get_object_or_404(Line, pk=data.line, account=account) if data and data.line else None
    return Status(201, link_out(linking.start_link(account, address=line.address if line else "", user=user)))


@router.get("/links/{link_id}", response=dict[str, Any])
def get_link(request: HttpRequest, link_id: int) -> dict[str, Any]:
    acting(request, "messaging.add_linksession")
    link = get_object_or_404(LinkSession.objects.select_related("account", "line"), pk=link_id)
    return link_out(linking.look(link))


@router.get("/lines", response=dict[str, Any])
def list_lines(
    request: HttpRequest, account: int | None = None, cursor: str | None = None, limit: int = 100
) -> dict[str, Any]:
    acting(request, "messaging.view_line")
    lines = Line.objects.select_related("account")
    if account is not None:
        lines = lines.filter(account_id=account)
    page = keyset(lines, cursor=cursor, size=_size(limit), by=("id",))
    return {"items": [line_out(line) for line in page.items], "next": page.next}


@router.get("/lines/{line_id}", response=LineOut)
def get_line(request: HttpRequest, line_id: int) -> dict[str, Any]:
    acting(request, "messaging.view_line")
    return line_out(get_object_or_404(Line.objects.select_related("account"), pk=line_id))


@router.patch("/lines/{line_id}", response=LineOut)
def change_line(request: HttpRequest, line_id: int, data: LineIn) -> dict[str, Any]:
    acting(request, "messaging.change_line")
    line = get_object_or_404(Line.objects.select_related("account"), pk=line_id)
    given = {
        name: value for name, value in data.dict(exclude_unset=True).items() if value is not None or name in EMPTIABLE
    }
    enabled = given.pop("enabled", None)
    with transaction.atomic():
        for names, change in ((PACE, accounts.set_pace), (limits.NAMES, limits.set_limits)):
            if any(name in given for name in names):
                change(line, **{name: given.get(name, getattr(line, name)) for name in names})
        if enabled is not None:
            accounts.switch_line(line, on=enabled)
    return line_out(line)


@router.post("/messages", response={202: dict[str, Any]})
def send_message(request: HttpRequest, data: MessageIn) -> Status[dict[str, Any]]:
    user = acting(request, "messaging.send_message")
    line = Line.objects.select_related("account").filter(pk=data.line).first()
    if line is None:
        raise Refused("There is no line with this id. GET /lines lists them.", field="line")
    attachment = data.attachment.dict() if data.attachment else None
    if data.media is not None:
        attachment = files.attachment(files.own(data.media, user))
    message, _is_new = outbox.queue(
        line=line, to=data.to, body=data.body, attachment=attachment, idempotency_key=data.idempotency_key, send_before=data.send_before, user=user
    )  # fmt: skip
    return Status(202, message_out(message))


@router.post("/media", response={201: dict[str, Any]})
def add_media(request: HttpRequest, file: File[UploadedFile]) -> Status[dict[str, Any]]:
    """A file to send: multipart, field `file`. Name its `id` as `media` in POST /messages within a day."""
    media = files.keep(file=file, filename=file.name or "", user=acting(request, "messaging.send_message"))
    return Status(201, {"id": media.pk, "kind": media.kind, "mime_type": media.mime_type, "size": media.size})


@router.get("/messages", response=dict[str, Any])
def list_messages(
    request: HttpRequest,
    direction: str | None = None,
    phone: str | None = None,
    status: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    acting(request, "messaging.view_message")
    messages = Message.objects.all()
    if direction:
        messages = messages.filter(direction=direction)
    if status:
        messages = messages.filter(status=status)
    if phone:
        messages = messages.filter(Q(phone_key=phone_key(phone)) | Q(phone=phone))
    page = keyset(messages, cursor=cursor, size=_size(limit), by=("-id",))
    return {"items": [message_out(message) for message in page.items], "next": page.next}


@router.get("/messages/{message_id}", response=dict[str, Any])
def get_message(request: HttpRequest, message_id: int) -> dict[str, Any]:
    acting(request, "messaging.view_message")
    return message_out(get_object_or_404(Message, pk=message_id))


def account_out(request: HttpRequest, account: Account) -> dict[str, Any]:
    """An account as other systems see it; the address that it is called at is for those who may change it, as on its page."""
    may_change = request.user.has_perm("messaging.change_account")
    return {
        "id": account.pk, "provider": account.provider, "name": account.name, "base_url": account.base_url,
        "region": account.region, "state": account.state, "reason": account.reason, "detail": sentence(account.reason),
        "label": account.label, "quota": account.quota, "callback_url": callbacks.url_for(account, request) if may_change else "",
        "last_callback_at": account.last_callback_at, "synced_at": account.synced_at,
    }  # fmt: skip


def line_out(line: Line) -> dict[str, Any]:
    """A line as other systems see it; one on a blocked account is not ready."""
    is_blocked = line.state == Line.State.READY and line.account.state == Account.State.BLOCKED
    reason = line.account.reason if is_blocked else line.reason
    return {
        "id": line.pk, "account": line.account_id, "channel": line.channel, "kind": line.kind, "label": line.label,
        "phone": line.phone, "state": Line.State.BLOCKED if is_blocked else line.state, "reason": reason,
        "detail": sentence(reason), "gap_seconds": line.gap_seconds, "jitter_seconds": line.jitter_seconds,
        "per_minute": line.per_minute, "per_hour": line.per_hour, "per_day": line.per_day,
        **{name: getattr(line, name) for name in limits.NAMES}, "next_free_at": line.next_free_at, "waits_for": line.waits_for,
        "waits_detail": standing.stand(line).waits,
    }  # fmt: skip


def link_out(link: LinkSession) -> dict[str, Any]:
    return {
        "id": link.pk, "state": link.state, "qr": link.offer.get("qr", ""), "image": link.offer.get("image", ""),
        "expires_at": link.expires_at, "detail": link.note, "line": link.line_id,
    }  # fmt: skip


def message_out(message: Message) -> dict[str, Any]:
    return {
        "id": message.pk, "direction": message.direction, "account": message.account_id, "line": message.line_id,
        "channel": message.channel, "phone": message.phone, "body": message.body, "attachment": _shown(message.attachment),
        "status": message.status, "reason": message.reason, "detail": sentence(message.reason), "note": message.note,
        "contact": message.contact_id, "created_at": message.created_at, "status_at": message.status_at,
    }  # fmt: skip


def _shown(attachment: dict[str, Any] | None) -> dict[str, Any] | None:
    """Where a file of ours lies on the disk is nobody's business."""
    return {name: value for name, value in attachment.items() if name != "file"} if attachment else None


def _size(limit: int) -> int:
    return max(1, min(limit, 500))
