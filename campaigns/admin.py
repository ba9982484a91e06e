"""Campaigns in the admin: to look at. They are moved on the campaign pages, where every move is checked and written down."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from campaigns import reports
from campaigns.models import (
    BookCheck,
    Campaign,
    CampaignEvent,
    Click,
    FlightPlan,
    GatewayRun,
    Occurrence,
    PanicStop,
    Recipient,
    ReportCount,
    ReportFile,
    Series,
    Tag,
    TakeBack,
    Template,
    TrackedLink,
    Variant,
)
from contacts.adminsite import BoundedPaginator, ReadOnlyAdmin


@admin.register(Campaign)
class CampaignAdmin(ReadOnlyAdmin[Campaign]):
    """Name and text included: a draft is written on its page, and what was started is not rewritten."""

    list_display = (
        "name",
        "state",
        "reason",
        "channel",
        "mode",
        "created_by",
        "created_at",
        "started_at",
        "finished_at",
    )
    list_filter = ("state", "channel", "mode", "created_at", "groups", "lines")
    list_select_related = ("created_by",)
    search_fields = ("name", "body")
    readonly_fields = ("counts",)

    @admin.display(description=_("people"))
    def counts(self, campaign: Campaign) -> str:
        """From the kept counters."""
        counts = reports.progress(campaign).counts
        return ", ".join(f"{state} {count}" for state, count in counts.items() if count) or "–"


@admin.register(Recipient)
class RecipientAdmin(ReadOnlyAdmin[Recipient]):
    list_display = ("phone", "contact", "campaign", "state", "reason", "message")
    list_filter = ("state", "campaign")
    list_select_related = ("contact", "campaign", "message")
    search_fields = ("=phone", "=phone_key")
    search_help_text = _("The whole number, for example +5215512345678.")
    paginator = BoundedPaginator


@admin.register(CampaignEvent)
class CampaignEventAdmin(ReadOnlyAdmin[CampaignEvent]):
    list_display = ("at", "campaign", "before", "after", "user", "note")
    list_filter = ("after", "at")
    list_select_related = ("campaign", "user")
    search_fields = ("campaign__name", "note", "user__username")
    ordering = ("-id",)


@admin.register(GatewayRun)
class GatewayRunAdmin(ReadOnlyAdmin[GatewayRun]):
    list_display = ("name", "campaign", "line", "state", "reason", "size", "remote_count", "remote_id", "pushed_at")
    list_filter = ("state", "pushed_at")
    list_select_related = ("campaign", "line")
    search_fields = ("name", "=remote_id")


@admin.register(PanicStop)
class PanicStopAdmin(ReadOnlyAdmin[PanicStop]):
    list_display = ("at", "created_by", "finished_at")
    list_select_related = ("created_by",)


@admin.register(TakeBack)
class TakeBackAdmin(ReadOnlyAdmin[TakeBack]):
    list_display = ("message", "outcome", "note", "stop")
    list_filter = ("outcome", "stop")
    list_select_related = ("message", "stop")
    paginator = BoundedPaginator


@admin.register(BookCheck)
class BookCheckAdmin(ReadOnlyAdmin[BookCheck]):
    list_display = ("at", "campaign", "is_balanced", "audience", "theirs", "ours")
    list_filter = ("is_balanced", "at")
    list_select_related = ("campaign",)


@admin.register(ReportCount)
class ReportCountAdmin(ReadOnlyAdmin[ReportCount]):
    list_display = ("campaign", "what", "counted_at", "seconds")
    list_filter = ("what",)
    list_select_related = ("campaign",)


@admin.register(ReportFile)
class ReportFileAdmin(ReadOnlyAdmin[ReportFile]):
    list_display = ("job", "campaign", "format", "expires_at")
    list_filter = ("format",)
    list_select_related = ("job", "campaign")
    exclude = ("file",)


@admin.register(Variant)
class VariantAdmin(ReadOnlyAdmin[Variant]):
    list_display = ("campaign", "letter", "language", "share")
    list_filter = ("letter", "language")
    list_select_related = ("campaign",)
    search_fields = ("campaign__name", "body")


@admin.register(TrackedLink)
class TrackedLinkAdmin(ReadOnlyAdmin[TrackedLink]):
    list_display = ("url", "campaign")
    list_select_related = ("campaign",)
    search_fields = ("url", "campaign__name")


@admin.register(Click)
class ClickAdmin(ReadOnlyAdmin[Click]):
    list_display = ("at", "recipient", "link", "is_first")
    list_filter = ("at", "is_first")
    list_select_related = ("recipient", "link")
    paginator = BoundedPaginator


@admin.register(Template)
class TemplateAdmin(ReadOnlyAdmin[Template]):
    list_display = ("name", "language", "created_by", "updated_at")
    list_filter = ("language",)
    list_select_related = ("created_by",)
    search_fields = ("name", "body")
    exclude = ("attachment",)


@admin.register(Tag)
class TagAdmin(ReadOnlyAdmin[Tag]):
    list_display = ("name",)
    search_fields = ("name",)


@admin.register(Series)
class SeriesAdmin(ReadOnlyAdmin[Series]):
    """Its times are changed on its page, where they are checked."""

    list_display = ("pattern", "repeat", "at", "time_zone", "next_at", "is_paused", "note")
    list_filter = ("repeat", "is_paused")
    list_select_related = ("pattern",)
    search_fields = ("pattern__name",)


@admin.register(Occurrence)
class OccurrenceAdmin(ReadOnlyAdmin[Occurrence]):
    list_display = ("series", "at", "campaign")
    list_filter = ("at",)
    list_select_related = ("series__pattern", "campaign")


@admin.register(FlightPlan)
class FlightPlanAdmin(ReadOnlyAdmin[FlightPlan]):
    list_display = ("campaign", "made_at", "made_by", "asked_at", "approved_by", "refused_by", "note")
    list_filter = ("made_at",)
    list_select_related = ("campaign", "made_by", "approved_by", "refused_by")
    search_fields = ("campaign__name", "note")
