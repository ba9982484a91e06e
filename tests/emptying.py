"""Tables put back to what they were before the first test, after a test that committed rows.

Django empties every table there is and makes content types, permissions and roles anew; here only what a test has left is
touched, which is a hundred times less.
"""

from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

Rows = list[tuple[Any, ...]]


class Standing:
    """The rows of every table at the moment it is made: those that `migrate` brings."""

    def __init__(self) -> None:
        names = connection.introspection.django_table_names(only_existing=True, include_views=False)
        with connection.cursor() as cursor:
            rows = {name: _rows(cursor, name) for name in sorted(names)}
        self._kept = {name: kept for name, kept in rows.items() if kept}
        self._empty = [name for name in rows if name not in self._kept]

    def restore(self) -> None:
        """Delete what has come, and bring back what has changed or gone."""
        connection.close_if_unusable_or_obsolete()  # a test may have broken it
        with transaction.atomic(), connection.cursor() as cursor:  # foreign keys are checked at the end
            changed = [name for name, kept in self._kept.items() if _rows(cursor, name) != kept]
            for name in [*_filled(cursor, self._empty), *changed]:
                cursor.execute(f"DELETE FROM {_quoted(name)}")
            for name in changed:
                places = ", ".join(["%s"] * len(self._kept[name][0]))
                cursor.executemany(f"INSERT INTO {_quoted(name)} VALUES ({places})", self._kept[name])


def _rows(cursor: CursorWrapper, table: str) -> Rows:
    cursor.execute(f"SELECT * FROM {_quoted(table)} ORDER BY 1")
    return list(cursor.fetchall())


def _filled(cursor: CursorWrapper, tables: list[str]) -> list[str]:
    """Those with at least one row, in one question."""
    asked = (f"SELECT {at} WHERE EXISTS (SELECT 1 FROM {_quoted(name)})" for at, name in enumerate(tables))
    cursor.execute(" UNION ALL ".join(asked))
    return [tables[at] for (at,) in cursor.fetchall()]


def _quoted(table: str) -> str:
    return connection.ops.quote_name(table)
