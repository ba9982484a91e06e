"""A lookup for partial indexes: `status__is="queued"` puts the value into the SQL itself.

SQLite uses a partial index only where it can prove from the text of a query that the index's condition holds, and a bound
parameter proves nothing. PostgreSQL does not mind either way.
"""

from typing import TYPE_CHECKING, Any

from django.db.models import CharField, Lookup
from django.db.models.sql.compiler import SQLCompiler

if TYPE_CHECKING:
    BaseLookup = Lookup[Any]
else:
    BaseLookup = Lookup  # generic only for the type checker


@CharField.register_lookup
class Is(BaseLookup):
    """Equal to one of our own words: letters, dashes and underscores only, so there is nothing to escape."""

    lookup_name = "is"

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        word = str(self.rhs)
        if not word.replace("_", "").replace("-", "").isalpha():
            raise ValueError(f"{word!r} is not one of our words")
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = '{word}'", params
