"""Comparing first, then applying exactly what was shown."""

import hashlib
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath
from uuid import UUID

from django.db import transaction

from catalog.enums import PreviewState, Source
from catalog.histories import offered_by
from catalog.models import Preview, SyncReport
from catalog.planning import Plan, make_plan
from catalog.policies import require_manager
from catalog.pricemap import Named, assign, parse
from catalog.reading import Problem, Reading, read
from catalog.services.syncing import (
    ask_gateway,
    carry_out,
    failed,
    known_entries,
    lock_catalog,
)
from portal.accounts.models import User
from portal.common.errors import Conflict, Invalid, Unavailable
from portal.common.text import storable
from portal.gateway.errors import GatewayError

# `propose` with this proposes every model that could be chosen.
EVERYTHING = "*"


def preview_gateway(*, actor: User) -> Preview:
    """Compare the catalog with the gateway and return what would change; nothing changes yet.

    Raises Forbidden (role) or Unavailable when the gateway cannot be read, which leaves a report.
    """
    require_manager(actor)
    try:
        infos = ask_gateway()
    except GatewayError as problem:
        failed(actor, problem.message)
        raise Unavailable(problem.message, code=problem.code) from problem
    if not infos:
        failed(actor, "The gateway lists no models; nothing was changed.")
        raise Unavailable("The gateway lists no models.", code="no_models")
    return _store(actor, Source.GATEWAY, [read(info) for info in infos])


def preview_price_map(*, actor: User | None, filename: str, data: bytes) -> Preview:
    """Compare the catalog with a LiteLLM price map; nothing changes yet.

    ``actor`` is None for the command line. Raises Forbidden (role), TooLarge, or Invalid (empty,
    not_json, not_a_price_map, too_many_models).
    """
    if actor is not None:
        require_manager(actor)
    found = parse(data)
    name = PurePosixPath(storable(filename)[0].replace("\\", "/")).name
    shown = "".join(c for c in name if c.isprintable())[:120] or "price map"
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return _store(
        actor, Source.PRICE_MAP, found.readings, found.problems, shown, digest, found.rows
    )


@transaction.atomic
def _store(
    actor: User | None,
    source: Source,
    readings: Sequence[Reading],
    problems: Sequence[Problem] = (),
    filename: str = "",
    file_digest: str = "",
    read_count: int | None = None,
) -> Preview:
    # One waiting comparison of each kind a person: an older one is of no use to anybody.
    waiting = Preview.objects.filter(state=PreviewState.WAITING, origin=source, created_by=actor)
    waiting.update(state=PreviewState.DISCARDED, readings=[], problems=[])
    preview = Preview(
        origin=source,
        filename=filename,
        file_digest=file_digest,
        read=len(readings) if read_count is None else read_count,
        readings=[reading.as_dict() for reading in readings],
        problems=[one.as_dict() for one in problems],
        created_by=actor,
        updated_by=actor,
    )
    _fill(preview, compared(preview, lock=False))
    preview.save(force_insert=True)
    return preview


def compared(preview: Preview, *, lock: bool) -> Plan:
    """Return what ``preview`` would change in the catalog as it is now."""
    source = Source(preview.origin)
    readings = [Reading.from_dict(one) for one in preview.readings]
    known = known_entries(source, lock=lock)
    if source == Source.GATEWAY:
        return make_plan(source, known, readings)
    named = [
        Named(one.entry.gateway_alias, one.entry.provider, one.entry.model, one.entry.snapshot)
        for one in known.values()
    ]
    ours, others = assign(named, readings)
    problems = [Problem(**one) for one in preview.problems]
    return make_plan(source, known, ours, others=others, problems=problems)


def _fill(preview: Preview, plan: Plan) -> None:
    preview.plan, preview.digest = plan.as_dict(), plan.digest(preview.file_digest)


@transaction.atomic
def choose(*, actor: User, preview: Preview, aliases: Collection[str]) -> Preview:
    """Remember models of the file to be proposed, while more are looked for.

    Raises Forbidden (role), Conflict (decided) or Invalid (no such model in the file).
    """
    require_manager(actor)
    found = _waiting(preview.pk)
    _known_names(found, aliases)
    found.chosen = sorted({*found.chosen, *aliases})
    found.updated_by = actor
    found.save(update_fields=("chosen", "updated_by", "updated_at"))
    return found


def apply_preview(
    *,
    actor: User | None,
    preview: Preview,
    digest: str,
    leave_out: Collection[tuple[str, str]] = (),
    propose: Collection[str] = (),
) -> SyncReport:
    """Apply the comparison whose digest is ``digest``, all of it or nothing.

    ``leave_out`` are (alias, field) of changes of a price map that are not wanted, ``propose`` the
    names of its other models that are to be added (`EVERYTHING` for all). ``actor`` is None for the
    command line. Raises Forbidden (role), Invalid, or Conflict: decided, or preview_changed when
    the catalog is not what it was; the preview then shows what would change now.
    """
    if actor is not None:
        require_manager(actor)
    with transaction.atomic():
        lock_catalog()
        found = _waiting(preview.pk)
        plan = compared(found, lock=True)
        fits = digest == plan.digest(found.file_digest)
        if not fits:
            _fill(found, plan)
            found.save(update_fields=("plan", "digest", "updated_at"))
        else:
            report = _apply(actor, found, plan, leave_out, propose)
    if not fits:
        raise Conflict(
            "The catalog changed since this was compared, and nothing was applied. Look at what"
            " would change now.",
            code="preview_changed",
        )
    return report


def _apply(
    actor: User | None,
    found: Preview,
    plan: Plan,
    leave_out: Collection[tuple[str, str]],
    propose: Collection[str],
) -> SyncReport:
    if found.origin == Source.GATEWAY and (leave_out or propose):
        raise Invalid("What the gateway says is applied whole.", code="whole")
    possible = {(one.alias, one.field) for one in plan.facts}
    possible |= {(one.alias, "price") for one in plan.prices}
    unknown = sorted(set(leave_out) - possible)
    if unknown:
        alias, name = unknown[0]
        raise Invalid.field(
            "leave_out", "choice", f"{alias[:60]} {name[:40]} is no change of this preview."
        )
    if EVERYTHING in propose:
        wanted = {one.alias for one in plan.others}
    else:
        wanted = set(propose)
        _known_names(found, wanted)
    report = carry_out(
        actor=actor,
        source=Source(found.origin),
        plan=plan,
        readings=[Reading.from_dict(one) for one in found.readings],
        read_count=found.read,
        leave_out=leave_out,
        propose=wanted,
        preview=found,
    )
    found.state, found.report, found.updated_by = PreviewState.APPLIED, report, actor
    found.readings, found.problems, found.chosen = [], [], []
    found.save()
    return report


@transaction.atomic
def discard_preview(*, actor: User, preview: Preview) -> None:
    """Forget a comparison. Raises Forbidden (role) or Conflict (decided)."""
    require_manager(actor)
    found = _waiting(preview.pk)
    found.state, found.updated_by = PreviewState.DISCARDED, actor
    found.readings, found.problems, found.chosen = [], [], []
    found.save()


def _waiting(preview_id: UUID) -> Preview:
    found = Preview.objects.select_for_update(no_key=True).get(pk=preview_id)
    if found.state != PreviewState.WAITING:
        raise Conflict(
            f"This comparison was {PreviewState(found.state).label.lower()} already.",
            code="decided",
        )
    return found


def _known_names(found: Preview, aliases: Collection[str]) -> None:
    names = {reading["alias"] for reading in offered_by(found)}
    unknown = sorted(set(aliases) - names)
    if unknown:
        shown = storable(unknown[0][:60])[0]
        raise Invalid.field(
            "propose", "choice",
            f"The file has no chat model called {shown} that may be proposed.",
        )  # fmt: skip
