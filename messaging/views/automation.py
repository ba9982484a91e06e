"""Pages about consent by reply: the words of each language, and the replies that are doubtful."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.paging import keyset
from contacts.refusal import Refused
from contacts.web import StaffRequest, from_the_start, show_refusal
from messaging.automation import doubts, words
from messaging.automation.forms import WordsForm
from messaging.automation.overview import tabs
from messaging.models import Conversation, OptOutDoubt

_PAGE = 40


@require_GET
@login_required
@permission_required("messaging.view_consentwords", raise_exception=True)
def words_list(request: StaffRequest) -> HttpResponse:
    """Every language that is listened to."""
    return render(request, "messaging/automation/words.html", {"languages": words.languages(), **tabs("words")})


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("messaging.change_consentwords", raise_exception=True)
def words_edit(request: StaffRequest, code: str = "") -> HttpResponse:
    """One language's words and answers; a new one without a code."""
    language = words.language(code) if code else None
    form = WordsForm.of(language) if language else WordsForm()
    if request.method == "POST":
        form = WordsForm(request.POST)
        if form.is_valid():
            try:
                saved = words.save_language(**{**form.cleaned_data, "code": code or form.cleaned_data["code"]})
            except Refused as refused:
                show_refusal(form, refused)
            else:
                messages.success(request, _("Saved. The words of %(name)s hold from now on.") % {"name": saved.name})
                return redirect("messaging:words")
    if code:
        form.fields["code"].disabled = True
        form.fields["code"].initial = code
    context = {"form": form, "spoken": language, **tabs("words")}
    return render(request, "messaging/automation/words_edit.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
@permission_required("messaging.change_consentwords", raise_exception=True)
def words_forget(request: StaffRequest, code: str) -> HttpResponse:
    """Back to the built-in words of a language."""
    words.forget_changes(code)
    messages.success(request, _("The built-in words hold again."))
    return redirect("messaging:words")


@never_cache
@require_GET
@login_required
@permission_required("messaging.view_conversation", raise_exception=True)
@from_the_start
def doubt_list(request: StaffRequest) -> HttpResponse:
    """Replies that may ask us to stop."""
    page = keyset(doubts.open_doubts(), cursor=request.GET.get("cursor"), size=_PAGE)
    context = {"page": page, **tabs("doubts")}
    return render(request, "messaging/automation/doubts.html", context)


@require_GET
@login_required
@permission_required("messaging.view_conversation", raise_exception=True)
def doubt_talk(request: StaffRequest, pk: int) -> HttpResponse:
    """To the conversation in which it was said."""
    message = get_object_or_404(OptOutDoubt.objects.select_related("message"), pk=pk).message
    talk = get_object_or_404(Conversation, account_id=message.account_id, phone_key=message.phone_key)
    return redirect("messaging:conversation", talk.pk)


@require_POST
@login_required
@permission_required("contacts.add_consentevent", raise_exception=True)
def doubt_decide(request: StaffRequest, pk: int) -> HttpResponse:
    """It was an opt-out, or it was none."""
    asked = get_object_or_404(OptOutDoubt.objects.select_related("message__contact", "message__account"), pk=pk)
    is_out = request.POST.get("verdict") == "out"
    try:
        if is_out:
            doubts.opt_out(asked, user=request.user)
        else:
            doubts.keep(asked, user=request.user)
    except Refused as refused:
        messages.warning(request, refused.sentence)
    else:
        who = asked.message.contact or asked.message.phone
        said = _("%(who)s is opted out and gets nothing more.") if is_out else _("%(who)s stays.")
        messages.success(request, said % {"who": who})
    return redirect("messaging:doubts")
