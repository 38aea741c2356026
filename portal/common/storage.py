"""Whether the database can take what is written: a full disk, and room on it again."""

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.utils import Error

# PostgreSQL's disk_full, and what a server says that was made read-only because of it.
_REFUSALS = ("53100", "25006")
# 16 MiB: rows of a quarter of a page, too small to be compressed.
_ROWS, _REPEATS = 8_192, 60

_TABLESPACE = """
    SELECT coalesce(own.spcname, base.spcname)
    FROM pg_class c
    JOIN pg_database d ON d.datname = current_database()
    JOIN pg_tablespace base ON base.oid = d.dattablespace
    LEFT JOIN pg_tablespace own ON own.oid = c.reltablespace
    WHERE c.oid = to_regclass(%s)"""


def refused(problem: BaseException) -> bool:
    """Whether the database refused to write because of its storage."""
    return getattr(problem.__cause__, "sqlstate", None) in _REFUSALS


def lost(problem: BaseException) -> bool:
    """Whether the database itself is why: it is away, or has no room. Nothing written caused it."""
    return isinstance(problem, OperationalError | InterfaceError) or refused(problem)


def has_room(table: str) -> bool:
    """Whether 16 MiB can be written where ``table`` lies. Writes them, and takes them back.

    Into a table of its own: what was tried leaves nothing behind that would need room itself.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_TABLESPACE, [table])
            (tablespace,) = cursor.fetchone()
            cursor.execute(
                "CREATE TEMPORARY TABLE room (filler text) ON COMMIT DROP TABLESPACE "
                + connection.ops.quote_name(tablespace)
            )
            cursor.execute(
                "INSERT INTO room SELECT repeat(md5(i::text), %s) FROM generate_series(1, %s) i",
                [_REPEATS, _ROWS],
            )
    except Error as problem:
        if refused(problem):
            return False
        raise
    return True
