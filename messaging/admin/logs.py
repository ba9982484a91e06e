"""What the admin lists of large tables share."""

from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

from contacts.adminsite import ReadOnlyAdmin

if TYPE_CHECKING:
    AnyPaginator = Paginator[Any]
else:
    AnyPaginator = Paginator

_COUNTED = 5_000  # rows counted at most: behind them, lists say no more than that there are many


class CappedPaginator(AnyPaginator):
    """Counts no further than _COUNTED, so that a list of millions opens as quickly as a short one."""

    @cached_property
    def count(self) -> int:
        found: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # the admin pages querysets
        return found.order_by()[:_COUNTED].count()


class LogAdmin(ReadOnlyAdmin[Any]):
    """A large table of the program's own, newest first."""

    paginator = CappedPaginator
    ordering = ("-id",)
