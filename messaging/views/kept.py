"""What was made at a gateway from here: the list of a kind, adding, changing, cancelling, deleting."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from contacts.paging import keyset
from contacts.refusal import Refused
from contacts.web import StaffRequest, from_the_start, show_refusal, wants_part
from messaging import accounts, keeping, standing
from messaging import keeping_rules as rules
from messaging.credential_words import said
from messaging.kept_form import KeptForm
from messaging.models import Account, KeptObject, MirroredObject
from messaging.providers import PROVIDERS
from messaging.providers.kept import KeptKind

_PAGE = 50


@require_GET
@login_required
@permission_required("messaging.view_account", raise_exception=True)
@vary_on_headers("HX-Request", "HX-Target")
@from_the_start
def kept(request: StaffRequest, pk: int, kind: str) -> HttpResponse:
    """Everything of one kind that was made from here, the newest first."""
    account, table = _account_and_kind(pk, kind)
    if keeping.is_listed(account, table):
        return redirect("messaging:mirrored", account.pk, kind)
    found = KeptObject.objects.filter(account=account, kind=kind).select_related("created_by")
    page = keyset(found, cursor=request.GET.get("cursor"), size=_PAGE)
    context = {
        "account": account, "kind": table, "label": standing.kind_label(kind), "page": page, "can_end": bool(table.deeds),
        "rows": [_row(each, table) for each in page.items],
    }  # fmt: skip
    part = "messaging/_kept.html" if wants_part(request, "kept") else "messaging/kept.html"
    return render(request, part, context)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("messaging.change_account", raise_exception=True)
def kept_add(request: StaffRequest, pk: int, kind: str) -> HttpResponse:
    """Make one at the gateway."""
    account, table = _account_and_kind(pk, kind)
    form = KeptForm(request.POST or None, account=account, kind=table)
    if request.method == "POST" and form.is_valid():
        key = form.cleaned_data["key"] or form.initial["key"]
        try:
            made = keeping.make(account, table, values=form.details(), key=key, user=request.user)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            _tell(request, made, _("The gateway has it.") if table.is_named else _await_sync(request, made))
            return redirect("messaging:kept", account.pk, kind)
    return _form_page(request, account, table, form, title=_("Make one at the gateway"))


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("messaging.change_account", raise_exception=True)
def kept_change(request: StaffRequest, pk: int) -> HttpResponse:
    """Other values for one that was made from here."""
    one = get_object_or_404(KeptObject.objects.select_related("account"), pk=pk)
    _account, table = _account_and_kind(one.account_id, one.kind)
    if "change" not in table.deeds:
        raise Http404(_("This gateway has no call for this."))
    values = rules.shown(table, one.values)
    return _change(
        request, one.account, table, values, change=lambda new: keeping.change(one, values=new),
        tell=lambda: _tell(request, one, _("Changed at the gateway.")),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("messaging.change_account", raise_exception=True)
def listed_change(request: StaffRequest, pk: int) -> HttpResponse:
    """Other values for one that the gateway lists."""
    item = get_object_or_404(MirroredObject.objects.select_related("account"), pk=pk)
    account, table = _account_and_kind(item.account_id, item.kind)
    if "change" not in table.deeds:
        raise Http404(_("This gateway has no call for this."))
    values = {field.name: item.raw.get(field.name, "") for field in table.fields}
    return _change(
        request, account, table, values, change=lambda new: keeping.change_listed(item, values=new),
        tell=lambda: messages.success(request, _("Changed at the gateway.")),
    )  # fmt: skip


@require_POST
@login_required
@permission_required("messaging.change_account", raise_exception=True)
def kept_do(request: StaffRequest, pk: int, deed: str) -> HttpResponse:
    """Cancel or delete one there, ask how it stands, or take it off the list here."""
    one = get_object_or_404(KeptObject.objects.select_related("account"), pk=pk)
    deeds: dict[str, tuple[Callable[[], None], str]] = {
        "cancel": (lambda: keeping.end(one, deed="cancel"), _("Cancelled at the gateway.")),
        "delete": (lambda: keeping.end(one, deed="delete"), _("Deleted at the gateway.")),
        "look": (lambda: keeping.look(one), _("This is how the gateway has it.")),
        "forget": (lambda: keeping.forget(one), _("Taken off this list.")),
    }
    if deed not in deeds:
        raise Http404
    do, sentence = deeds[deed]
    try:
        do()
    except Refused as refused:
        messages.warning(request, refused.sentence)
    else:
        _tell(request, one, sentence)
    return redirect("messaging:kept", one.account_id, one.kind)


def made_here(account: Account) -> list[dict[str, object]]:
    """For the account's page: the kinds that can be made from here, those that the gateway lists last."""
    kinds = [each for each in PROVIDERS[account.provider].capabilities.keeps if not keeping.is_listed(account, each)]
    return [{"kind": each.kind, "label": standing.kind_label(each.kind)} for each in kinds]


def in_doubt(account: Account, kind: str) -> list[dict[str, object]]:
    """For the page of a kind that the gateway lists: what may have been made there and is not known to be."""
    table = keeping.kind_of(account, kind)
    if table is None:
        return []
    found = KeptObject.objects.filter(account=account, kind=kind, doubt=KeptObject.Doubt.MAKE).order_by("-id")[:_PAGE]
    return [_row(each, table) for each in found]


def _change(
    request: StaffRequest,
    account: Account,
    table: KeptKind,
    values: dict[str, Any],
    *,
    change: Callable[[dict[str, Any]], None],
    tell: Callable[[], None],
) -> HttpResponse:
    form = KeptForm(request.POST or None, account=account, kind=table, values=values)
    if request.method == "POST" and form.is_valid():
        try:
            change(form.details())
        except Refused as refused:
            show_refusal(form, refused)
        else:
            tell()
            return redirect("messaging:kept", account.pk, table.kind)
    fixed = [_fact(table, field.name, values) for field in table.fields if field.is_fixed and values.get(field.name)]
    return _form_page(request, account, table, form, title=_("Change it at the gateway"), fixed=fixed)


def _form_page(
    request: StaffRequest, account: Account, table: KeptKind, form: KeptForm, *, title: str, fixed: object = ()
) -> HttpResponse:
    context = {
        "account": account, "kind": table, "label": standing.kind_label(table.kind), "form": form, "title": title, "fixed": fixed,
    }  # fmt: skip
    return render(request, "messaging/kept_form.html", context, status=422 if form.errors else 200)


def _account_and_kind(pk: int, kind: str) -> tuple[Account, KeptKind]:
    account = get_object_or_404(Account, pk=pk)
    table = keeping.kind_of(account, kind)
    if table is None:
        raise Http404(_("This gateway has no call for this."))
    return account, table


def _tell(request: StaffRequest, one: KeptObject, sentence: str) -> None:
    if one.pk and one.doubt and keeping.is_under_way(one):
        messages.warning(request, _("The gateway is being asked already. Look again in a minute."))
    elif one.pk and one.doubt:
        messages.warning(request, _("The answer got lost: it may have been done all the same."))
    else:
        messages.success(request, sentence)


def _await_sync(request: StaffRequest, made: KeptObject) -> str:
    """The gateway's list alone shows what has no id: it is fetched, now and whenever somebody asks."""
    if not made.doubt:
        accounts.start_sync(made.account, user=request.user)
    return _("The gateway has taken it, and a sync is under way. Sync again to see what came of it.")


def _row(one: KeptObject, table: KeptKind) -> dict[str, object]:
    """A row with what can be done with it now."""
    waits = keeping.is_under_way(one)
    is_doubtful = bool(one.doubt) and not waits
    deeds = {
        "change": one.state == KeptObject.State.THERE,
        "cancel": one.state == KeptObject.State.THERE,
        "delete": one.state in (KeptObject.State.THERE, KeptObject.State.CANCELLED),
        "look": one.state == KeptObject.State.THERE,
    }
    able = {deed: may and deed in table.deeds and not waits for deed, may in deeds.items()}
    is_over = one.state in (KeptObject.State.DELETED, KeptObject.State.CANCELLED)
    shown = [field.name for field in table.fields if field.ask not in ("phone", "moment", "secret")]
    return {
        "one": one, "waits": waits, "is_doubtful": is_doubtful, "able": able,
        "may_forget": not waits and (is_doubtful or is_over or not table.deeds),
        "keys": {deed: f"{deed}-{one.pk}" for deed in ("cancel", "delete", "forget")},
        "facts": [_fact(table, name, one.values) for name in shown if one.values.get(name) and name != table.title],
    }  # fmt: skip


def _fact(table: KeptKind, name: str, values: dict[str, Any]) -> tuple[str, str]:
    """(label, value) in the reader's words."""
    field = next(each for each in table.fields if each.name == name)
    chosen = dict(field.choices).get(values[name])
    return said(field.label), said(chosen) if chosen else str(values[name])[:160]
