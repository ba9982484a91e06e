"""Whether the product is alive, for machines."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from messaging import clock


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when web, database and cluster are alive; 503 and which of them is not otherwise."""
    parts = {"web": True, "database": False, "cluster": False}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        parts["database"] = True
        parts["cluster"] = clock.is_alive()
    except DatabaseError:
        connection.close()
    is_well = all(parts.values())
    return JsonResponse({"status": "ok" if is_well else "unwell", **parts}, status=200 if is_well else 503)
