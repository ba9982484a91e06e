"""Prices of an account: those its gateway lists, and those kept by hand."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from contacts.refusal import Refused
from contacts.web import StaffRequest, show_refusal
from messaging import rate_list, rates
from messaging.models import Account, Rate
from messaging.rate_forms import RateForm, RateListForm


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("messaging.view_rate", raise_exception=True)
def rate_page(request: StaffRequest, pk: int) -> HttpResponse:
    """All of an account's, and a form for one more."""
    account = get_object_or_404(Account, pk=pk)
    form = RateForm(request.POST or None, initial={"currency": _usual_currency(account)})
    if request.method == "POST":
        if not request.user.has_perm("messaging.add_rate"):
            return HttpResponse(status=403)
        if form.is_valid() and _is_kept(request, form, account, None):
            return redirect("messaging:rates", pk)
    return _page(
        request, account, form, RateListForm(initial={"currency": _usual_currency(account)}, auto_id="list_%s")
    )


@require_POST
@login_required
@permission_required("messaging.add_rate", raise_exception=True)
@permission_required("messaging.change_rate", raise_exception=True)
def rates_bring(request: StaffRequest, pk: int) -> HttpResponse:
    """A whole list, pasted or as a file: all of it or nothing."""
    account = get_object_or_404(Account, pk=pk)
    form = RateListForm(request.POST, request.FILES, auto_id="list_%s")
    if form.is_valid():
        found = form.cleaned_data
        text = found["file"] or found["text"]
        try:
            count = rate_list.bring_in(account, text, channel=found["channel"], currency=found["currency"])
        except Refused as refused:
            show_refusal(form, refused)
        else:
            told = ngettext("%(n)s price is kept.", "%(n)s prices are kept.", count) % {"n": count}
            messages.success(request, told)
            return redirect("messaging:rates", pk)
    return _page(request, account, RateForm(initial={"currency": _usual_currency(account)}), form)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("messaging.change_rate", raise_exception=True)
def rate_change(request: StaffRequest, pk: int) -> HttpResponse:
    """One price."""
    rate = get_object_or_404(Rate.objects.select_related("account"), pk=pk)
    now = {"channel": rate.channel, "country": rate.country, "price": f"{rate.price.normalize():f}"}
    form = RateForm(request.POST or None, initial={**now, "currency": rate.currency})
    if request.method == "POST" and form.is_valid() and _is_kept(request, form, rate.account, rate):
        return redirect("messaging:rates", rate.account_id)
    context = {"rate": rate, "account": rate.account, "form": form}
    return render(request, "messaging/rate_change.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
@permission_required("messaging.delete_rate", raise_exception=True)
def rate_delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Away with it; the gateway's own price counts again, where it lists one."""
    rate = get_object_or_404(Rate, pk=pk)
    rate.delete()
    messages.success(request, _("The price is deleted."))
    return redirect("messaging:rates", rate.account_id)


def _page(request: StaffRequest, account: Account, form: RateForm, list_form: RateListForm) -> HttpResponse:
    context = {
        "account": account, "form": form, "list_form": list_form,
        "rates": account.rates.order_by("channel", "country"), "routes": rates.listed_routes(account),
    }  # fmt: skip
    return render(request, "messaging/rates.html", context, status=422 if form.errors or list_form.errors else 200)


def _is_kept(request: StaffRequest, form: RateForm, account: Account, rate: Rate | None) -> bool:
    try:
        rates.save(account=account, rate=rate, **form.cleaned_data)
    except Refused as refused:
        show_refusal(form, refused)
        return False
    messages.success(request, _("The price is kept."))
    return True


def _usual_currency(account: Account) -> str:
    """The one used last, so that nobody types it twice."""
    return account.rates.order_by("-changed_at").values_list("currency", flat=True).first() or ""
