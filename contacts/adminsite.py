"""What the admin pages of all our records share."""

from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

Row = TypeVar("Row", bound=Model)

if TYPE_CHECKING:
    TypedAdmin = admin.ModelAdmin
else:

    class TypedAdmin(admin.ModelAdmin):
        """Django's ModelAdmin, which knows its type parameter only while types are checked."""

        def __class_getitem__(cls, model: type[Model]) -> type["TypedAdmin"]:
            return cls


class RecordAdmin(TypedAdmin[Row]):
    """A list that stays quick on large tables: no second count over the whole table."""

    show_full_result_count = False
    list_per_page = 50


class ReadOnlyAdmin(RecordAdmin[Row]):
    """Records to look at: they are written by the program alone, and history is not rewritten."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
