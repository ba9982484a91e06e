"""REST calls about people, groups, imports and the jobs that do them."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import File, Form, Router, Schema, Status, UploadedFile
from pydantic import Field

from contacts import consent
from contacts.groups import create_group, find_group, find_groups, find_or_create_groups
from contacts.importing import uploads
from contacts.models import Contact, Group, Job
from contacts.paging import keyset
from contacts.people import save_contact
from contacts.search import ListedContact, list_contacts

router = Router(tags=["contacts"])
_LARGEST_PAGE = 500


class ApiRequest(HttpRequest):
    """A request that the API's authentication let in."""

    auth: User


class ContactIn(Schema):
    phone: str
    name: str = ""
    groups: list[str] = Field(default_factory=list)
    fields_: dict[str, str | int | float | None] = Field(default_factory=dict, alias="fields")
    language: str = ""
    time_zone: str = ""
    region: str = ""


class ContactOut(Schema):
    id: int
    phone: str
    name: str
    language: str
    time_zone: str
    groups: list[str]
    fields_: dict[str, Any] = Field(alias="fields")
    consent: dict[str, str]


class GroupIn(Schema):
    name: str
    description: str = ""


class GroupOut(Schema):
    id: int
    name: str
    description: str
    size: int


class JobOut(Schema):
    id: int
    kind: str
    label: str
    state: str
    done: int
    total: int
    errors: int
    message: str
    summary: dict[str, Any]


class JobStarted(Schema):
    job: int


class ContactList(Schema):
    items: list[ContactOut]
    next: str | None


class GroupList(Schema):
    items: list[GroupOut]
    next: str | None


@router.post("/contacts", response={200: ContactOut, 201: ContactOut}, by_alias=True)
def add_contact(request: ApiRequest, data: ContactIn) -> Status[dict[str, Any]]:
    """Make a person known, or add to what is known of one: 201 when new, 200 when the number existed."""
    _require(request, "contacts.add_contact")
    contact, created = save_contact(
        phone=data.phone,
        name=data.name,
        groups=_named_groups(request, data.groups),
        fields=data.fields_,
        language=data.language,
        time_zone=data.time_zone,
        region=data.region or settings.DEFAULT_REGION,
    )
    return Status(201 if created else 200, _contact(contact))


@router.get("/contacts", response=ContactList, by_alias=True)
def get_contacts(
    request: ApiRequest, group: str = "", q: str = "", cursor: str = "", limit: int = 50
) -> dict[str, Any]:
    """People, newest first; `group` is a group's name, `q` a piece of a name or number."""
    _require(request, "contacts.view_contact")
    page = list_contacts(q=q, group=find_group(group) if group else None, cursor=cursor, size=limit)
    return {"items": [_row(row) for row in page.items], "next": page.next}


@router.post("/contacts/import", response={202: JobStarted})
def import_contacts(
    request: ApiRequest, file: File[UploadedFile], group: Form[str] = "", region: Form[str] = ""
) -> Status[dict[str, int]]:
    """Import a CSV file; its columns are understood by their headings. Follow it at /jobs/{id}."""
    _require(request, "contacts.add_contactimport")
    groups = _named_groups(request, [group] if group.strip() else [])
    job = uploads.start_import(
        file=file,
        filename=file.name or "",
        region=region or settings.DEFAULT_REGION,
        group=groups[0] if groups else None,
        user=request.auth,
    )
    return Status(202, {"job": job.pk})


@router.get("/jobs/{job_id}", response=JobOut)
def get_job(request: ApiRequest, job_id: int) -> Job:
    """How far a piece of background work is."""
    _require(request, "contacts.view_job")
    return get_object_or_404(Job, pk=job_id)


@router.get("/groups", response=GroupList)
def get_groups(request: ApiRequest, cursor: str = "", limit: int = 50) -> dict[str, Any]:
    """The groups, by name."""
    _require(request, "contacts.view_group")
    page = keyset(Group.objects.all(), cursor=cursor, size=max(1, min(limit, _LARGEST_PAGE)), by=("name", "id"))
    return {"items": page.items, "next": page.next}


@router.post("/groups", response={201: GroupOut})
def add_group(request: ApiRequest, data: GroupIn) -> Status[Group]:
    """Make an empty group."""
    _require(request, "contacts.add_group")
    return Status(201, create_group(name=data.name, description=data.description))


def _require(request: ApiRequest, permission: str) -> None:
    if not request.auth.has_perm(permission):
        raise PermissionDenied


def _named_groups(request: ApiRequest, names: list[str]) -> list[Group]:
    """The groups of these names; who may make groups need not make them first."""
    return find_or_create_groups(names) if request.auth.has_perm("contacts.add_group") else find_groups(names)


def _contact(contact: Contact) -> dict[str, Any]:
    said = consent.states([contact.phone_key])[contact.phone_key]
    return _row(ListedContact(contact=contact, groups=list(contact.groups.order_by("name")), consent=said))


def _row(row: ListedContact) -> dict[str, Any]:
    person = row.contact
    return {
        "id": person.pk,
        "phone": person.phone,
        "name": person.name,
        "language": person.language,
        "time_zone": person.time_zone,
        "groups": [group.name for group in row.groups],
        "fields": person.fields,
        "consent": row.consent,
    }
