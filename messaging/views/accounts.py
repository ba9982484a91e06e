"""Pages about accounts: the list, adding, changing, testing, syncing."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from contacts.models import Job
from contacts.refusal import Refused
from contacts.web import StaffRequest, show_refusal
from messaging import accounts, callbacks, news, standing
from messaging.forms import AccountForm
from messaging.mirror import jobs
from messaging.models import Account, Line, MirrorJob
from messaging.providers import PROVIDERS
from messaging.views.kept import made_here
from messaging.views.mirrors import people_work

_INCIDENTS = 10  # shown on the account's page


@require_GET
@login_required
@permission_required("messaging.view_account", raise_exception=True)
def account_list(request: StaffRequest) -> HttpResponse:
    """Every account with its state, its lines and when it was last heard of."""
    found = Account.objects.annotate(
        line_count=Count("lines"), ready_count=Count("lines", filter=Q(lines__state=Line.State.READY))
    )
    rows = [
        {
            "account": account,
            "gateway": PROVIDERS[account.provider].label,
            "sentence": standing.account_sentence(account),
        }
        for account in found
    ]
    return render(request, "messaging/accounts.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("messaging.add_account", raise_exception=True)
def account_add(request: StaffRequest) -> HttpResponse:
    """First which gateway, then what that gateway asks for. A new account is tested at once."""
    provider = request.GET.get("gateway", "")
    if provider not in PROVIDERS:
        gateways = [{"slug": slug, "label": each.label, "can": each.capabilities} for slug, each in PROVIDERS.items()]
        return render(request, "messaging/account_choose.html", {"gateways": gateways})
    form = AccountForm(request.POST or None, provider=provider)
    if request.method == "POST" and form.is_valid():
        try:
            account = accounts.create_account(provider=provider, **form.details(), user=request.user)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            if _tell_test(request, account):
                accounts.start_sync(account, user=request.user)
            return redirect("messaging:account", account.pk)
    context = {"form": form, "gateway": PROVIDERS[provider].label}
    return render(request, "messaging/account_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("messaging.change_account", raise_exception=True)
def account_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Another name, address or key; tested at once."""
    account = get_object_or_404(Account, pk=pk)
    title = account.name
    form = AccountForm(request.POST or None, provider=account.provider, account=account)
    if request.method == "POST" and form.is_valid():
        try:
            accounts.update_account(account, **form.details(), cleared=form.cleared(), user=request.user)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            _tell_test(request, account)
            return redirect("messaging:account", account.pk)
    context = {"form": form, "gateway": PROVIDERS[account.provider].label, "account": account, "title": title}
    return render(request, "messaging/account_form.html", context, status=422 if form.errors else 200)


@require_GET
@login_required
@permission_required("messaging.view_account", raise_exception=True)
def account_page(request: StaffRequest, pk: int) -> HttpResponse:
    """Everything about one account."""
    account = get_object_or_404(Account, pk=pk)
    can = PROVIDERS[account.provider].capabilities
    return render(request, "messaging/account.html", {
        **_state_of(account),
        "gateway": PROVIDERS[account.provider].label,
        "can": can,
        "standings": standing.stand_all(account.lines.select_related("account").order_by("id")),
        "numbers": account.whatsapp_accounts.order_by("id"),
        "devices": _devices(account),
        **people_work(account),
        "made_here": made_here(account),
        "key_seen": {"seen": account.key_version},
        "incidents": account.incidents.select_related("line").order_by("closed_at", "-id")[:_INCIDENTS],
        "callback_url": _callback_url(request, account),
        "unread_news": news.unread(account).count(),
        **_sync_of(account),
    })  # fmt: skip


@require_POST
@login_required
@permission_required("messaging.change_account", raise_exception=True)
def account_check(request: StaffRequest, pk: int) -> HttpResponse:
    """Test the connection: the state part for HTMX, else the page again."""
    account = get_object_or_404(Account, pk=pk)
    if not request.htmx:
        _tell_test(request, account)
        return redirect("messaging:account", account.pk)
    result = accounts.check_account(account)
    return render(request, "messaging/_account_state.html", {**_state_of(account), "result": result})


@require_POST
@login_required
@permission_required("messaging.change_account", raise_exception=True)
def account_key(request: StaffRequest, pk: int) -> HttpResponse:
    """Have the gateway replace the key. The new one is stored and never shown."""
    account = get_object_or_404(Account, pk=pk)
    seen = request.POST.get("seen", "")
    try:
        result = accounts.replace_key(
            account, seen=int(seen) if seen.isdecimal() and len(seen) < 9 else -1, user=request.user
        )
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, _("The gateway gave a new key. It is stored here; the old one is dead."))
        if not result.ok:
            messages.warning(request, f"{result.sentence} {account.note}".strip())
    return redirect("messaging:account", account.pk)


@require_POST
@login_required
@permission_required("messaging.change_account", raise_exception=True)
def account_sync(request: StaffRequest, pk: int) -> HttpResponse:
    """Bring here what the gateway lists, in the background."""
    account = get_object_or_404(Account, pk=pk)
    accounts.start_sync(account, user=request.user)
    if not request.htmx:
        return redirect("messaging:account", account.pk)
    return render(request, "messaging/_sync.html", {"account": account, **_sync_of(account)})


@require_GET
@login_required
@permission_required("messaging.view_account", raise_exception=True)
def account_sync_job(request: StaffRequest, pk: int, job_pk: int) -> HttpResponse:
    """How far a sync is; once it has ended, the page is loaded again with what it brought."""
    job = get_object_or_404(Job, pk=job_pk, kind=Job.Kind.SYNC)
    if job.state != Job.State.RUNNING:
        return HttpResponseClientRefresh()
    account = get_object_or_404(Account, pk=pk)
    return render(request, "messaging/_sync_job.html", {"account": account, "job": job})


def _tell_test(request: StaffRequest, account: Account) -> bool:
    result = accounts.check_account(account)
    if result.ok:
        messages.success(
            request, _("%(account)s works: %(sentence)s") % {"account": account, "sentence": result.sentence}
        )
    else:
        messages.error(request, f"{result.sentence} {account.note}".strip())
    return result.ok


def _state_of(account: Account) -> dict[str, object]:
    gauges = standing.gauges(account)
    return {
        "account": account,
        "sentence": standing.account_sentence(account),
        "gauges": [gauge for gauge in gauges if gauge.limit is not None],
        "unlimited": [gauge for gauge in gauges if gauge.limit is None],
        "result": None,
    }


def _sync_of(account: Account) -> dict[str, object]:
    """The newest sync of an account, and what it changed."""
    newest = jobs.newest(account, MirrorJob.Work.PULL)
    job = newest.job if newest else None
    news = [row for row in standing.synced(job.summary) if row.is_news] if job else []
    return {"job": job, "work": newest, "news": news}


def _devices(account: Account) -> list[dict[str, object]]:
    """Phones with the SIM slots that are lines of ours."""
    sims: dict[int | None, list[Line]] = {}
    for line in account.lines.filter(kind=Line.Kind.SIM, device__isnull=False).order_by("slot"):
        sims.setdefault(line.device_id, []).append(line)
    return [{"device": device, "sims": sims.get(device.pk, [])} for device in account.devices.order_by("id")]


def _callback_url(request: StaffRequest, account: Account) -> str:
    """The secret address, for those who may change the account."""
    return callbacks.url_for(account, request) if request.user.has_perm("messaging.change_account") else ""
