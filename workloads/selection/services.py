"""Choosing the candidates."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from catalog.enums import Outcome
from catalog.matching import Match
from catalog.models import CatalogEntry
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.canonical import digest
from portal.common.errors import Conflict, FieldError, Invalid
from portal.common.policy import policy
from portal.common.text import clean_text
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.enums import PhaseState
from workloads.lifecycle.models import PhaseRecord, Workload
from workloads.lifecycle.policies import require
from workloads.lifecycle.selectors import current_cycle
from workloads.selection.models import Shortlist, ShortlistCandidate
from workloads.selection.selectors import considered, requirements_of

NEAR_MISS_REASON_MIN = 10
TOKENS_MOST = 10_000_000


@dataclass(frozen=True, slots=True)
class Pick:
    """One model that somebody wants to test: why it is here, and why although a near miss."""

    alias: str
    note: str = ""
    reason: str = ""


@transaction.atomic
def choose_shortlist(
    *,
    actor: User,
    workload: Workload,
    picks: Sequence[Pick],
    tokens_in: int,
    tokens_out: int,
    catalog_revision: str = "",
) -> Shortlist:
    """Store the candidates with the query, the catalog as it was, and every model's reasons.

    ``tokens_in`` and ``tokens_out`` are the estimate of one request. ``catalog_revision``, when
    given, is the catalog that the chooser saw: another one raises Conflict (catalog_changed).
    Raises Forbidden (role, cycle_closed) or Invalid naming each pick that cannot be taken.
    """
    cycle = lifecycle.locked_cycle(current_cycle(workload).pk)
    require(actor, cycle.workload, "edit")
    _require_tokens(tokens_in, tokens_out)
    found = considered(requirements_of(cycle, tokens_in=tokens_in, tokens_out=tokens_out))
    if catalog_revision and catalog_revision != found.revision:
        raise Conflict(
            "The catalog changed since you opened the page. Look at it again, then choose.",
            code="catalog_changed",
        )
    sound = _sound(picks, {one.alias: one for one in found.matches})
    entries = {
        entry.gateway_alias: entry
        for entry in CatalogEntry.objects.filter(gateway_alias__in=[p.alias for p in sound])
    }
    outcomes = {one.alias: one.outcome for one in found.matches}
    listed = [one.as_dict() for one in found.matches]
    content = {
        "filter": found.requirements.as_dict(),
        "catalog_revision": found.revision,
        "considered": listed,
        "candidates": [
            [pick.alias, entries[pick.alias].digest(), pick.note, pick.reason] for pick in sound
        ],
    }
    shortlist = Shortlist.objects.create(
        cycle=cycle,
        number=Shortlist.objects.filter(cycle=cycle).count() + 1,
        filter=content["filter"],
        catalog_revision=found.revision,
        considered=listed,
        digest=digest(content),
        created_by=actor,
        updated_by=actor,
    )
    ShortlistCandidate.objects.bulk_create(
        ShortlistCandidate(
            shortlist=shortlist,
            entry=entries[pick.alias],
            position=position,
            outcome=outcomes[pick.alias],
            note=pick.note,
            reason=pick.reason,
            entry_digest=entries[pick.alias].digest(),
        )
        for position, pick in enumerate(sound, start=1)
    )
    aliases = [pick.alias for pick in sound]
    audit.record(
        actor=actor,
        action="selection.shortlist_chosen",
        kind="shortlist",
        ref=cycle.workload.ref,
        workload=cycle.workload.ref,
        detail={"number": shortlist.number, "candidates": aliases, "digest": shortlist.digest},
    )
    record = PhaseRecord.objects.get(cycle=cycle, phase="selection")
    if shortlist.number > 1 or record.state != PhaseState.OPEN:
        lifecycle.evidence_changed(
            actor=actor,
            cycle=cycle,
            change="shortlist.changed",
            detail=f"Shortlist {shortlist.number}: {', '.join(aliases)}",
            origin="selection",
        )
    return shortlist


def _require_tokens(tokens_in: int, tokens_out: int) -> None:
    for field, value in (("tokens_in", tokens_in), ("tokens_out", tokens_out)):
        if not 1 <= value <= TOKENS_MOST:
            raise Invalid.field(
                field, "out_of_range", f"Enter a whole number between 1 and {TOKENS_MOST:,}."
            )


def _sound(picks: Sequence[Pick], matches: dict[str, Match]) -> list[Pick]:
    errors: list[FieldError] = []
    found: list[Pick] = []
    for pick in picks:
        one = matches.get(pick.alias)
        field = f"candidates.{pick.alias}"
        if one is None:
            errors.append(FieldError(field, "choice", "The catalog has no such model."))
            continue
        if one.outcome == Outcome.RULED_OUT:
            words = "; ".join(reason.text for reason in one.reasons)
            errors.append(FieldError(field, "ruled_out", f"{pick.alias} is ruled out: {words}."))
            continue
        try:
            note = clean_text(pick.note, field=field, maximum=1_000)
            reason = clean_text(
                pick.reason,
                field=field,
                minimum=NEAR_MISS_REASON_MIN if one.outcome == Outcome.NEAR_MISS else 0,
                maximum=1_000,
            )
        except Invalid as wrong:
            words = f"{pick.alias}: {wrong.message}"
            if one.outcome == Outcome.NEAR_MISS:
                words = f"{pick.alias} is a near miss; say why it is worth testing. {wrong.message}"
            errors.append(FieldError(field, wrong.errors[0].code, words))
            continue
        found.append(Pick(pick.alias, note, reason))
    if len({pick.alias for pick in picks}) != len(picks):
        errors.append(FieldError("candidates", "not_unique", "Choose each model once."))
    least, most = (
        int(policy().number("evaluation", name)) for name in ("candidates_min", "candidates_max")
    )
    if not least <= len(picks) <= most:
        message = f"Choose {least} to {most} candidates; {len(picks)} are chosen."
        errors.append(FieldError("candidates", "count", message))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return found
