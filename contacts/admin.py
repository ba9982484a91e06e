"""People, groups, consent and jobs in the admin."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from contacts import groups, people
from contacts.adminsite import ReadOnlyAdmin, RecordAdmin, Row
from contacts.importing import uploads
from contacts.models import (
    Consent,
    ConsentEvent,
    Contact,
    ContactImport,
    Group,
    ImportProblem,
    Job,
    Membership,
    Reach,
    Segment,
)
from contacts.phone import normalise, phone_key
from contacts.refusal import Refused

if TYPE_CHECKING:
    ContactModelForm = forms.ModelForm[Contact]
else:
    ContactModelForm = forms.ModelForm


class ContactForm(ContactModelForm):
    """A contact whose phone is brought into E.164, and whose key follows it."""

    class Meta:
        model = Contact
        fields = ("phone", "name", "language", "time_zone", "fields")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "phone" in cleaned:
            self._settle_phone(cleaned)
        try:
            details = {name: cleaned.get(name) or "" for name in ("name", "language", "time_zone")}
            cleaned.update(people.tidy_details(**details, fields=cleaned.get("fields") or {}))
        except Refused as refused:
            self.add_error(refused.field or None, refused.sentence)
        return cleaned

    def _settle_phone(self, cleaned: dict[str, Any]) -> None:
        try:
            cleaned["phone"] = normalise(cleaned["phone"], region=settings.DEFAULT_REGION)
        except Refused as refused:
            self.add_error("phone", refused.sentence)
            return
        self.instance.phone_key = phone_key(cleaned["phone"])
        other = Contact.objects.filter(phone_key=self.instance.phone_key).exclude(pk=self.instance.pk).first()
        if other:
            sentence = gettext("%(phone)s already belongs to %(name)s.") % {"phone": cleaned["phone"], "name": other}
            self.add_error("phone", ValidationError(sentence))


class WithMemberships(RecordAdmin[Row]):
    """Something that people may delete together with its memberships, which nobody deletes by hand."""

    def get_deleted_objects(
        self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        listed, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        return listed, counts, forbidden - {str(Membership._meta.verbose_name)}, protected


@admin.register(Contact)
class ContactAdmin(WithMemberships[Contact]):
    form = ContactForm
    list_display = ("phone", "name", "language", "time_zone", "created_at", "updated_at")
    list_filter = (("groups", admin.RelatedOnlyFieldListFilter), "language", "created_at")
    search_fields = ("name", "phone", "phone_key")
    readonly_fields = ("phone_key", "in_groups", "created_at", "updated_at")

    @admin.display(description=_("groups"))
    def in_groups(self, contact: Contact) -> str:
        return ", ".join(contact.groups.values_list("name", flat=True)) if contact.pk else ""

    def delete_model(self, request: HttpRequest, obj: Contact) -> None:
        people.delete_contacts(Contact.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> None:
        people.delete_contacts(queryset)


@admin.register(Group)
class GroupAdmin(WithMemberships[Group]):
    list_display = ("name", "description", "size", "created_at")
    search_fields = ("name", "description")
    readonly_fields = ("size", "created_at")
    actions = ("count_again",)

    @admin.action(description=_("Count the people again"))
    def count_again(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        wrong = groups.count_again(queryset)
        sentence = ngettext(
            "%(n)d size was wrong and is right now.", "%(n)d sizes were wrong and are right now.", wrong
        )
        self.message_user(request, sentence % {"n": wrong}, messages.SUCCESS)


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin[Membership]):
    list_display = ("contact", "group", "created_at")
    list_filter = ("group",)
    list_select_related = ("contact", "group")
    search_fields = ("contact__name", "contact__phone", "group__name")


@admin.register(Segment)
class SegmentAdmin(ReadOnlyAdmin[Segment]):
    """Made and changed on the pages of segments, where rules are checked."""

    list_display = ("name", "size", "counted_at", "created_by", "created_at")
    list_filter = ("created_at",)
    list_select_related = ("created_by",)
    search_fields = ("name",)


@admin.register(Reach)
class ReachAdmin(ReadOnlyAdmin[Reach]):
    list_display = ("phone_key", "channel", "is_reached", "at")
    list_filter = ("channel", "is_reached", "at")
    search_fields = ("phone_key",)


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin[Consent]):
    list_display = ("phone_key", "channel", "state", "changed_at")
    list_filter = ("channel", "state", "changed_at")
    search_fields = ("phone_key",)


@admin.register(ConsentEvent)
class ConsentEventAdmin(ReadOnlyAdmin[ConsentEvent]):
    list_display = ("created_at", "phone_key", "channel", "state", "source", "evidence", "user")
    list_filter = ("channel", "state", "source", "created_at")
    list_select_related = ("user",)
    search_fields = ("phone_key", "evidence", "user__username")


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin[Job]):
    list_display = ("label", "kind", "state", "progress", "errors", "created_by", "created_at", "finished_at")
    list_filter = ("kind", "state", "created_at")
    list_select_related = ("created_by",)
    search_fields = ("label", "message", "created_by__username")
    actions = ("start_again",)

    @admin.display(description=_("progress"))
    def progress(self, job: Job) -> str:
        return f"{job.done} / {job.total}"

    @admin.action(description=_("Start failed imports again"))
    def start_again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        for job in queryset:
            try:
                uploads.restart(job=job)
            except Refused as refused:
                self.message_user(request, f"{job}: {refused.sentence}", messages.WARNING)
            else:
                self.message_user(request, gettext("%(job)s goes on.") % {"job": job}, messages.SUCCESS)


@admin.register(ContactImport)
class ContactImportAdmin(ReadOnlyAdmin[ContactImport]):
    list_display = (
        *("filename", "group", "created", "updated", "unchanged", "duplicates", "rejected"),
        *("encoding", "created_by", "created_at"),
    )
    list_filter = ("encoding", "region", "created_at")
    list_select_related = ("group", "created_by")
    search_fields = ("filename", "group__name", "created_by__username")


@admin.register(ImportProblem)
class ImportProblemAdmin(ReadOnlyAdmin[ImportProblem]):
    list_display = ("contact_import", "row", "kind", "value", "sentence")
    list_filter = ("kind",)
    list_select_related = ("contact_import",)
    search_fields = ("value", "sentence", "contact_import__filename")
