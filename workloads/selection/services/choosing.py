"""Choosing the candidates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from django.db import transaction

from catalog.enums import Outcome
from catalog.matching import Match
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.errors import Conflict, FieldError, Invalid
from portal.common.policy import policy
from portal.common.text import clean_text
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.enums import PhaseState
from workloads.lifecycle.models import PhaseRecord, Workload
from workloads.lifecycle.policies import require
from workloads.lifecycle.selectors import current_cycle
from workloads.selection.models import Shortlist
from workloads.selection.selectors import considered, requirements_of
from workloads.selection.services.storing import store

NOTE_MIN = 3
REASON_MIN = 10
TEXT_MOST = 1_000
TOKENS_MOST = 10_000_000
_NONE: Mapping[str, str] = MappingProxyType({})


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
    not_taken: Mapping[str, str] = _NONE,
    not_taken_reason: str = "",
    tokens_in: int | None = None,
    tokens_out: int | None = None,
    catalog_revision: str = "",
) -> Shortlist:
    """Store the candidates with the query, the catalog as it was, and every model's reasons.

    ``not_taken`` says by alias why a model that fits is not taken, ``not_taken_reason`` why the
    others are not. ``tokens_in`` and ``tokens_out`` are the sizes of one request; without them
    measured sizes count, and an estimate before anything was measured. ``catalog_revision``, when
    given, is the catalog that the chooser saw: another one raises Conflict (catalog_changed).
    Raises Forbidden (role, cycle_closed) or Invalid naming each pick that cannot be taken and each
    reason that is missing.
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
    errors: list[FieldError] = []
    sound = _sound(picks, {one.alias: one for one in found.matches}, errors)
    reasons = _reasons(picks, found.matches, not_taken, not_taken_reason, errors)
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    shortlist = store(
        cycle=cycle,
        chosen_by=actor,
        found=found,
        candidates=[(found.entries[one.alias], one.note, one.reason) for one in sound],
        not_taken=reasons,
        struck={},
    )
    aliases = [pick.alias for pick in sound]
    audit.record(
        actor=actor,
        action="selection.shortlist_chosen",
        kind="shortlist",
        ref=cycle.workload.ref,
        workload=cycle.workload.ref,
        detail={
            "number": shortlist.number,
            "candidates": aliases,
            "catalog_revision": shortlist.catalog_revision,
            "digest": shortlist.digest,
        },
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


def _require_tokens(tokens_in: int | None, tokens_out: int | None) -> None:
    for field, value in (("tokens_in", tokens_in), ("tokens_out", tokens_out)):
        if value is not None and not 1 <= value <= TOKENS_MOST:
            raise Invalid.field(
                field, "out_of_range", f"Enter a whole number between 1 and {TOKENS_MOST:,}."
            )


def _sound(
    picks: Sequence[Pick], matches: Mapping[str, Match], errors: list[FieldError]
) -> list[Pick]:
    found = [one for pick in picks if (one := _sound_pick(pick, matches.get(pick.alias), errors))]
    if len({pick.alias for pick in picks}) != len(picks):
        errors.append(FieldError("candidates", "not_unique", "Choose each model once."))
    least, most = (
        int(policy().number("evaluation", name)) for name in ("candidates_min", "candidates_max")
    )
    if not least <= len(picks) <= most:
        message = f"Choose {least} to {most} candidates; {len(picks)} are chosen."
        errors.append(FieldError("candidates", "count", message))
    return found


def _sound_pick(pick: Pick, one: Match | None, errors: list[FieldError]) -> Pick | None:
    field = f"candidates.{pick.alias}"
    if one is None:
        errors.append(FieldError(field, "choice", "The catalog has no such model."))
        return None
    if one.outcome == Outcome.RULED_OUT:
        words = "; ".join(reason.text for reason in one.reasons)
        errors.append(FieldError(field, "ruled_out", f"{pick.alias} is ruled out: {words}."))
        return None
    try:
        note = clean_text(pick.note, field=field, minimum=NOTE_MIN, maximum=TEXT_MOST)
    except Invalid as wrong:
        words = f"{pick.alias}: say in a note why it is tested. {wrong.message}"
        errors.append(FieldError(field, wrong.errors[0].code, words))
        return None
    least = REASON_MIN if one.outcome == Outcome.NEAR_MISS else 0
    try:
        reason = clean_text(pick.reason, field=field, minimum=least, maximum=TEXT_MOST)
    except Invalid as wrong:
        words = f"{pick.alias}: {wrong.message}"
        if least:
            words = f"{pick.alias} is a near miss; say why it is worth testing. {wrong.message}"
        errors.append(FieldError(field, wrong.errors[0].code, words))
        return None
    return Pick(pick.alias, note, reason)


def _reasons(
    picks: Sequence[Pick],
    matches: Sequence[Match],
    given: Mapping[str, str],
    for_all: str,
    errors: list[FieldError],
) -> dict[str, str]:
    """Return why each model that fits is not taken."""
    taken = {pick.alias for pick in picks}
    left = [one.alias for one in matches if one.outcome == Outcome.FITS and one.alias not in taken]
    found: dict[str, str] = {}
    unsaid = []
    for alias in left:
        field = f"not_taken.{alias}"
        try:
            found[alias] = clean_text(given.get(alias, ""), field=field, maximum=TEXT_MOST)
        except Invalid as wrong:
            errors.append(FieldError(field, wrong.errors[0].code, f"{alias}: {wrong.message}"))
            continue
        if not found[alias]:
            unsaid.append(alias)
        elif len(found[alias]) < REASON_MIN:
            message = f"{alias}: say in at least {REASON_MIN} characters why it is not taken."
            errors.append(FieldError(field, "min_length", message))
    if not unsaid:
        return found
    try:
        words = clean_text(for_all, field="not_taken_reason", minimum=REASON_MIN, maximum=TEXT_MOST)
    except Invalid as wrong:
        them = ", ".join(unsaid[:5]) + (" and others" if len(unsaid) > 5 else "")
        message = f"{them}: fits and is not taken. Say why not. {wrong.message}"
        if len(unsaid) > 1:
            message = f"{them}: they fit and are not taken. Say why not. {wrong.message}"
        errors.append(FieldError("not_taken_reason", wrong.errors[0].code, message))
        return found
    return found | dict.fromkeys(unsaid, words)
