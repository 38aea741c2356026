"""Declaring a metric without code, its next version, and taking it out of the offer."""

import re

from django.db import connection, transaction

from evaluations.metric_library.models import DeclaredMetric, RetiredMetric
from evaluations.metric_library.policies import require_declare
from evaluations.metrics.declared import Declaration, check
from evaluations.metrics.registry import OWN_PREFIX
from evaluations.metrics.types import ArgumentError
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.errors import Conflict, Invalid
from portal.common.text import clean_text

_NAME = re.compile(r"[a-z][a-z0-9_]{1,50}")


@transaction.atomic
def declare_metric(
    *, actor: User, name: str, label: str, declaration: Declaration, description: str = ""
) -> DeclaredMetric:
    """Declare a metric; its name gets the prefix ``own_`` unless it has it.

    Raises Forbidden, or Invalid (name, label, description, or a field of the declaration).
    """
    require_declare(actor)
    bare = name.strip().removeprefix(OWN_PREFIX)
    if not _NAME.fullmatch(bare):
        raise Invalid.field(
            "name", "name", "Small letters, digits and _, 2 to 51 of them: ticket_number."
        )
    full = f"{OWN_PREFIX}{bare}"
    _lock(full)
    if DeclaredMetric.objects.filter(name=full).exists():
        raise Invalid.field(
            "name", "not_unique", f"{full} is there already; make its next version on its page."
        )
    return _add(actor, full, 1, label, description, declaration)


@transaction.atomic
def declare_version(
    *, actor: User, name: str, label: str, declaration: Declaration, description: str = ""
) -> DeclaredMetric:
    """Declare the next version of ``name``; earlier ones stay for the plans that have them.

    Raises Forbidden, Conflict (retired, unchanged) or Invalid as `declare_metric`.
    """
    require_declare(actor)
    _lock(name)
    before = DeclaredMetric.objects.filter(name=name).order_by("-version").first()
    if before is None:
        raise Invalid.field("name", "unknown", f"There is no declared metric {name[:64]}.")
    if RetiredMetric.objects.filter(name=name).exists():
        raise Conflict(f"{name} is retired; declare another one.", code="retired")
    if before.digest == declaration.digest():
        raise Conflict(
            f"It measures what version {before.version} measures; nothing changed.",
            code="unchanged",
        )
    return _add(actor, name, before.version + 1, label, description, declaration)


@transaction.atomic
def retire_metric(*, actor: User, name: str, reason: str) -> RetiredMetric:
    """Offer a declared metric to no new plan; what was measured stays.

    Raises Forbidden, Conflict (retired) or Invalid (name, reason).
    """
    require_declare(actor)
    _lock(name)
    if not DeclaredMetric.objects.filter(name=name).exists():
        raise Invalid.field("name", "unknown", f"There is no declared metric {name[:64]}.")
    if RetiredMetric.objects.filter(name=name).exists():
        raise Conflict(f"{name} is retired already.", code="retired")
    text = clean_text(reason, field="reason", minimum=10, maximum=280)
    made = RetiredMetric.objects.create(name=name, reason=text, created_by=actor, updated_by=actor)
    audit.record(actor=actor, action="metric.retired", kind="metric", ref=name)
    return made


def _lock(name: str) -> None:
    with connection.cursor() as cursor:
        # Two versions made at the same moment would otherwise want the same number.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"metric.{name}"])


def _add(
    actor: User, name: str, version: int, label: str, description: str, declaration: Declaration
) -> DeclaredMetric:
    _check_texts(declaration)
    try:
        check(declaration)
    except ArgumentError as problem:
        words = problem.message[:1].upper() + problem.message[1:]
        field = problem.field or "value"
        if declaration.kind == "regex" and field == "value":
            field = "pattern"
        raise Invalid.field(field, "invalid", f"{words}.") from problem
    made = DeclaredMetric.objects.create(
        name=name,
        version=version,
        label=clean_text(label, field="label", minimum=3, maximum=60, single_line=True),
        description=clean_text(description, field="description", maximum=400, single_line=True),
        definition=declaration.as_json(),
        digest=declaration.digest(),
        created_by=actor,
        updated_by=actor,
    )
    audit.record(
        actor=actor,
        action="metric.declared",
        kind="metric",
        ref=name,
        detail={"version": version, "digest": made.digest},
    )
    return made


def _check_texts(declaration: Declaration) -> None:
    """Refuse what the database or a page could not keep, in any text of the declaration."""
    clean_text(declaration.path, field="path", maximum=200, single_line=True)
    waiting = [declaration.value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            clean_text(one, field="value", maximum=2_000)
        elif isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one
