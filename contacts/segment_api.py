"""REST calls about segments."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status

from contacts.api import ApiRequest
from contacts.models import Segment
from contacts.paging import keyset
from contacts.segments import keeping

router = Router(tags=["contacts"])
_LARGEST_PAGE = 500


class SegmentIn(Schema):
    name: str
    rules: dict[str, Any]


class RulesIn(Schema):
    rules: dict[str, Any]


class SegmentOut(Schema):
    id: int
    name: str
    rules: dict[str, Any]
    size: int | None


@router.get("/segments", response=dict[str, Any])
def get_segments(request: ApiRequest, cursor: str = "", limit: int = 50) -> dict[str, Any]:
    """The segments, by name, each with its size when it was last counted."""
    _require(request, "contacts.view_segment")
    page = keyset(Segment.objects.all(), cursor=cursor, size=max(1, min(limit, _LARGEST_PAGE)), by=("name", "id"))
    return {"items": [SegmentOut.from_orm(segment).dict() for segment in page.items], "next": page.next}


@router.post("/segments", response={201: SegmentOut})
def add_segment(request: ApiRequest, data: SegmentIn) -> Status[Segment]:
    """Make a segment. rules: `{"match": "all", "conditions": [{"fact": "field", "of": "city", "op": "is", "value":
    "Puebla"}]}`; a condition may be such a rule again, once."""
    _require(request, "contacts.add_segment")
    return Status(201, keeping.save_segment(name=data.name, rules=data.rules, user=request.auth))


@router.post("/segments/count", response=dict[str, int])
def count_segment(request: ApiRequest, data: RulesIn) -> dict[str, int]:
    """How many people some rules find now, without keeping them."""
    _require(request, "contacts.view_segment")
    return {"count": keeping.look(data.rules).count}


@router.put("/segments/{segment_id}", response=SegmentOut)
def change_segment(request: ApiRequest, segment_id: int, data: SegmentIn) -> Segment:
    """Another name, or other rules."""
    _require(request, "contacts.change_segment")
    segment = get_object_or_404(Segment, pk=segment_id)
    return keeping.save_segment(segment=segment, name=data.name, rules=data.rules)


@router.delete("/segments/{segment_id}", response={204: None})
def delete_segment(request: ApiRequest, segment_id: int) -> Status[None]:
    """Throw a segment away; 409 while a campaign that has not started uses it."""
    _require(request, "contacts.delete_segment")
    keeping.delete_segment(get_object_or_404(Segment, pk=segment_id))
    return Status(204, None)


def _require(request: ApiRequest, permission: str) -> None:
    if not request.auth.has_perm(permission):
        raise PermissionDenied
