"""Pages about webhooks: receivers, what they were told, and sending it again."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from contacts.paging import keyset
from contacts.refusal import Refused
from contacts.web import StaffRequest, from_the_start, show_refusal, wants_part
from messaging.forms import WebhookForm
from messaging.models import Webhook, WebhookDelivery
from messaging.webhooks import keeping

_PAGE = 50


@require_GET
@login_required
@permission_required("messaging.view_webhook", raise_exception=True)
def webhook_list(request: StaffRequest) -> HttpResponse:
    """Every receiver."""
    return render(request, "messaging/webhooks.html", {"webhooks": Webhook.objects.all()})


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("messaging.add_webhook", raise_exception=True)
def webhook_add(request: StaffRequest) -> HttpResponse:
    """Another system that is told."""
    return _form_page(request, Webhook())


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("messaging.change_webhook", raise_exception=True)
def webhook_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Another address, or other events."""
    return _form_page(request, get_object_or_404(Webhook, pk=pk))


@never_cache
@require_GET
@login_required
@permission_required("messaging.view_webhook", raise_exception=True)
@vary_on_headers("HX-Request", "HX-Target")
@from_the_start
def webhook_page(request: StaffRequest, pk: int) -> HttpResponse:
    """One receiver with the log of its calls; the secret is for those who may change it."""
    webhook = get_object_or_404(Webhook, pk=pk)
    state = request.GET.get("state", "")
    found = (
        webhook.deliveries.filter(state=state) if state in WebhookDelivery.State.values else webhook.deliveries.all()
    )
    page = keyset(found, cursor=request.GET.get("cursor"), size=_PAGE, by=("-id",))
    labels = dict(Webhook.Event.choices)
    context = {
        "webhook": webhook, "page": page, "state": state, "states": WebhookDelivery.State.choices,
        "events": [labels[event] for event in webhook.events if event in labels],
    }  # fmt: skip
    template = "messaging/_deliveries.html" if wants_part(request, "deliveries") else "messaging/webhook.html"
    return render(request, template, context)


@require_POST
@login_required
@permission_required("messaging.change_webhook", raise_exception=True)
def webhook_act(request: StaffRequest, pk: int, action: str) -> HttpResponse:
    """on · off · ping · new-secret"""
    webhook = get_object_or_404(Webhook, pk=pk)
    if action == "ping":
        keeping.ping(webhook)
        messages.success(request, _("A trial is on its way: look at the log in a moment."))
    elif action == "new-secret":
        keeping.new_secret(webhook)
        messages.success(request, _("The next call is signed with the new secret. Give it to the other side."))
    else:
        keeping.switch(webhook, on=action == "on")
    return redirect("messaging:webhook", pk)


@require_POST
@login_required
@permission_required("messaging.delete_webhook", raise_exception=True)
def webhook_delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Gone, with its log."""
    get_object_or_404(Webhook, pk=pk).delete()
    return redirect("messaging:webhooks")


@require_POST
@login_required
@permission_required("messaging.change_webhook", raise_exception=True)
def delivery_again(request: StaffRequest, pk: int) -> HttpResponse:
    """Tell it once more."""
    delivery = get_object_or_404(WebhookDelivery, pk=pk)
    keeping.send_again(delivery)
    messages.success(request, _("It is sent again in a moment."))
    return redirect("messaging:webhook", delivery.webhook_id)


def _form_page(request: StaffRequest, webhook: Webhook) -> HttpResponse:
    title = webhook.name
    form = WebhookForm(request.POST or None, webhook=webhook)
    if request.method == "POST" and form.is_valid():
        try:
            saved = keeping.save(webhook, **form.cleaned_data, user=request.user)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return redirect("messaging:webhook", saved.pk)
    context = {"form": form, "webhook": webhook, "title": title}
    return render(request, "messaging/webhook_form.html", context, status=422 if form.errors else 200)
