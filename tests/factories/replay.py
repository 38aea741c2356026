"""Lives that are walked once and then told again from what the walk wrote.

A life up to the go/no-go is hundreds of service calls; a hundred tests begin with the same one. The
first of them walks it, and its rows are kept; the others get the rows. Only where nothing else
stands in the database, inside a test's transaction, with the same settings and the same policy;
everywhere else the life is walked.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

from django.conf import UserSettingsHolder, settings
from django.db import connection, transaction

from portal.common.policy import policy

P = ParamSpec("P")
T = TypeVar("T")

# What Django makes itself after the migrations, and would make again after a flush.
_MADE_BY_DJANGO = {"django_content_type", "auth_permission", "django_migrations", "django_site"}
_SIMPLE = (str, int, float, bool, type(None))


@dataclass(frozen=True)
class _Tape:
    """What a walk left: its rows by table, what it returned, and what waits for the commit."""

    before: frozenset[str]
    rows: dict[str, bytes]
    made: Any
    waiting: tuple[tuple[Callable[[], Any], bool], ...]
    beside: tuple[Any, ...]


# State of the tests that rows refer to: how it is read as a whole, and how more of it is added.
_beside: list[tuple[Callable[[], Any], Callable[[Any], None]]] = []
_tapes: dict[object, _Tape] = {}
_walking: list[object] = []


def keeps_beside(read: Callable[[], Any], add: Callable[[Any], None]) -> None:
    """Keep something that is not in the database with every life: ``read`` gives a copy of it."""
    _beside.append((read, add))


def once(walk: Callable[P, T]) -> Callable[P, T]:
    """Let the life that ``walk`` returns be walked once for each set of plain arguments."""

    @wraps(walk)
    def told(*args: P.args, **kwargs: P.kwargs) -> T:
        plain = all(isinstance(one, _SIMPLE) for one in (*args, *kwargs.values()))
        if _walking or not plain or not connection.in_atomic_block:
            return walk(*args, **kwargs)
        key = (walk.__module__, walk.__qualname__, args, tuple(sorted(kwargs.items())), _world())
        tape = _tapes.get(key)
        before = tables_with_rows()
        if tape is not None and tape.before == before:
            made: T = _tell(tape)
            return made
        if tape is not None or _holds_people(before):
            return walk(*args, **kwargs)
        _walking.append(key)
        waits = len(connection.run_on_commit)
        try:
            made = walk(*args, **kwargs)
        finally:
            _walking.pop()
        waiting = tuple((one[1], one[2]) for one in connection.run_on_commit[waits:])
        _tapes[key] = _Tape(
            before,
            {name: _copied(name) for name in tables_with_rows()},
            copy.deepcopy(made),
            waiting,
            tuple(read() for read, _ in _beside),
        )
        return made

    return told


@cache
def _question() -> str:
    """The one query that names the tables which hold a row."""
    names = set(connection.introspection.django_table_names(only_existing=True))
    return " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(name)})"
        for name in sorted(names - _MADE_BY_DJANGO)
    )


def tables_with_rows() -> frozenset[str]:
    """Return the tables that hold a row, but for those that Django fills itself."""
    with connection.cursor() as cursor:
        cursor.execute(_question())
        return frozenset(name for (name,) in cursor.fetchall())


def _holds_people(before: frozenset[str]) -> bool:
    return any(name.endswith("_user") for name in before)


def settings_set_here() -> str:
    """Return the settings that this test has set otherwise than the process found them."""
    changed: dict[str, Any] = {}
    holder = settings._wrapped
    while isinstance(holder, UserSettingsHolder):
        own = {name: value for name, value in vars(holder).items() if name.isupper()}
        changed = {**own, **changed}
        holder = holder.default_settings
    return repr(sorted(changed.items()))


def _world() -> tuple[str, str]:
    """Return what a life depends on beside its arguments: the policy and the settings set here."""
    return policy().digest, settings_set_here()


def _copied(table: str) -> bytes:
    with connection.cursor() as cursor:
        out = cursor.copy(f"COPY {connection.ops.quote_name(table)} TO STDOUT")
        with out as rows:
            return b"".join(bytes(part) for part in rows)


def _tell(tape: _Tape) -> Any:
    with connection.cursor() as cursor:
        # Append-only tables refuse rows out of turn by triggers, which a superuser may step over.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for name in tape.before:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)}")
        for name, rows in tape.rows.items():
            with cursor.copy(f"COPY {connection.ops.quote_name(name)} FROM STDIN") as target:
                target.write(rows)
        cursor.execute("SET LOCAL session_replication_role = origin")
    for function, robust in tape.waiting:
        transaction.on_commit(function, robust=robust)
    for (_, add), kept in zip(_beside, tape.beside, strict=True):
        add(kept)
    return copy.deepcopy(tape.made)
