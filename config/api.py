"""The REST API: mounted here, thin over the same services that the pages use. OpenAPI at /api/v1/docs."""

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer

from campaigns.api import router as campaigns_router
from campaigns.audience_api import router as audience_router
from campaigns.composing_api import router as composing_router
from campaigns.flight_api import router as flight_router
from campaigns.report_api import router as reports_router
from campaigns.texts_api import router as texts_router
from campaigns.timing_api import router as timing_router
from config.models import ApiToken, hash_token
from contacts.api import router as contacts_router
from contacts.refusal import Refused
from contacts.segment_api import router as segments_router
from messaging.api import router as messaging_router
from messaging.conversation_api import router as conversations_router
from messaging.rate_api import router as rates_router


class Bearer(HttpBearer):
    """`Authorization: Bearer TOKEN`; the request acts as the token's user."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        known = ApiToken.objects.select_related("user").filter(token_hash=hash_token(token), revoked_at=None).first()
        if known is None or not known.user.is_active:
            return None
        now = timezone.now()
        if known.last_used_at is None or (now - known.last_used_at).total_seconds() > 60:
            ApiToken.objects.filter(pk=known.pk).update(last_used_at=now)
        request.user = known.user
        return known.user


api = NinjaAPI(title="Carillon", version="1", urls_namespace="api", auth=Bearer(), docs_url="/docs")
for router in (
    contacts_router,
    segments_router,
    messaging_router,
    conversations_router,
    rates_router,
    flight_router,
    reports_router,
    timing_router,
    texts_router,
    composing_router,
    audience_router,  # before the campaigns' own: their actions would answer it
    campaigns_router,
):
    api.add_router("", router)


def problem(request: HttpRequest, *, status: int, title: str, detail: str, **more: object) -> HttpResponse:
    """An RFC 9457 answer: `detail` is a sentence for people."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    response = api.create_response(request, body, status=status)
    response.headers["Content-Type"] = "application/problem+json"
    return response


@api.exception_handler(Refused)
def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    status = 422 if error.field else 409
    more = {"errors": [{"field": error.field, "detail": error.sentence}]} if error.field else {}
    return problem(request, status=status, title=_("Not possible"), detail=error.sentence, **more)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [
        {"field": ".".join(str(part) for part in item["loc"][1:]), "detail": item["msg"]} for item in error.errors
    ]
    detail = "; ".join(f"{item['field'].rpartition('.')[2]}: {item['detail']}" for item in errors)
    return problem(request, status=422, title=_("Not valid"), detail=detail, errors=errors)


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    detail = _(
        "Send a valid token in the header “Authorization: Bearer TOKEN”. `manage.py apitoken USERNAME` makes one."
    )
    response = problem(request, status=401, title=_("Who are you?"), detail=detail)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(PermissionDenied)
def _denied(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return problem(
        request, status=403, title=_("Not allowed"), detail=str(error) or _("Your role does not allow this.")
    )


@api.exception_handler(Http404)
def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(request, status=404, title=_("Not found"), detail=_("There is nothing with this id."))


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(request, status=error.status_code, title=_("Not possible"), detail=error.message)
