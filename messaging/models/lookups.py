"""Lookups that put values into the SQL itself.

`status__is="queued"` and `unread__above=0` are for partial indexes: SQLite uses one only where it can prove from the text
of a query that the index's condition holds, and a bound parameter proves nothing. PostgreSQL does not mind either way.

`id__among=[…]` is for many rows: a parameter for each id takes longer than what is done with the row.
"""

from typing import TYPE_CHECKING, Any

from django.db.models import BigAutoField, CharField, Lookup, PositiveIntegerField
from django.db.models.sql.compiler import SQLCompiler

if TYPE_CHECKING:
    BaseLookup = Lookup[Any]
else:
    BaseLookup = Lookup  # generic only for the type checker


@CharField.register_lookup
class Is(BaseLookup):
    """Equal to one of our own words: letters, dashes and underscores only, so there is nothing to escape; or to no word."""

    lookup_name = "is"

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        word = str(self.rhs)
        if word and not word.replace("_", "").replace("-", "").isalpha():
            raise ValueError(f"{word!r} is not one of our words")
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = '{word}'", params


@BigAutoField.register_lookup
class Among(BaseLookup):
    """Equal to one of some whole numbers."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        column, params = self.process_lhs(compiler, connection)
        numbers = ",".join(str(int(number)) for number in self.rhs)
        if connection.vendor == "postgresql":  # one parameter: the driver looks through the text of a statement
            return f"{column} = ANY(CAST(%s AS bigint[]))", (*params, f"{{{numbers}}}")
        return f"{column} IN ({numbers or 'NULL'})", params


@PositiveIntegerField.register_lookup
class Above(BaseLookup):
    """Greater than a number of ours."""

    lookup_name = "above"

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} > {int(self.rhs)}", params


@CharField.register_lookup
class Begins(BaseLookup):
    """Begins with these letters and digits (no others, so there is nothing to escape), by the index on both databases:
    PostgreSQL reads LIKE off a pattern index, SQLite only a range."""

    lookup_name = "begins"

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        column, params = self.process_lhs(compiler, connection)
        beginning = str(self.rhs)
        if not beginning.isalnum():
            raise ValueError(f"{beginning!r} is no beginning of a word")
        if connection.vendor == "postgresql":
            return f"{column} LIKE %s", (*params, f"{beginning}%")
        return f"{column} >= %s AND {column} < %s", (*params, beginning, *params, f"{beginning}\U0010ffff")
