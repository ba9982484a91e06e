"""What the admin pages of all our records share."""

from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

Row = TypeVar("Row", bound=Model)
COUNTED = 10_000

if TYPE_CHECKING:
    TypedAdmin = admin.ModelAdmin
    RowPaginator = Paginator[Any]
else:
    RowPaginator = Paginator

    class TypedAdmin(admin.ModelAdmin):
        """Django's ModelAdmin, which knows its type parameter only while types are checked."""

        def __class_getitem__(cls, model: type[Model]) -> type["TypedAdmin"]:
            return cls


class RecordAdmin(TypedAdmin[Row]):
    """A list that stays quick on large tables: no second count over the whole table."""

    show_full_result_count = False
    list_per_page = 50


class BoundedPaginator(RowPaginator):
    """For tables of millions: counts no further than COUNTED rows. What comes after is found by a filter or a search."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return rows[:COUNTED].count() if isinstance(rows, QuerySet) else len(rows)


class ReadOnlyAdmin(RecordAdmin[Row]):
    """Records to look at: they are written by the program alone, and history is not rewritten."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
