"""Choosing the winner of an evaluation, for a reason."""

from uuid import UUID

from django.db import transaction
from django.db.models import Max

from catalog.models import CatalogEntry
from evaluations.scorecards.models import Scorecard, WinnerChoice
from evaluations.scorecards.selectors import (
    candidate_named,
    choices_of,
    floors_in,
    newest_baseline,
    winner_choice,
)
from evaluations.scorecards.winning import vetoes_now
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.canonical import digest
from portal.common.clock import now
from portal.common.errors import Conflict, FieldError, Invalid, NotReady
from portal.common.policy import policy
from portal.common.text import clean_text
from workloads.briefs.models import Brief
from workloads.briefs.selectors import brief_of
from workloads.lifecycle import policies
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.selectors import open_cycle


@transaction.atomic
def choose_winner(
    *, actor: User, scorecard: Scorecard, entry: CatalogEntry, rationale: str
) -> WinnerChoice:
    """Choose the candidate that the workload goes on with.

    It meets every floor and is over no limit, both those of the run and those that the brief sets
    now, and may be called today. Raises Forbidden, NotReady (no open cycle), Conflict (not_newest,
    unchanged) or Invalid (entry, rationale).
    """
    workload = scorecard.cycle.workload
    lifecycle.locked_workload(workload.pk)
    policies.require(actor, workload, "edit")
    cycle = open_cycle(workload)
    if cycle is None:
        raise NotReady("There is no open cycle; a winner is chosen in one.")
    newest = newest_baseline(cycle)
    if newest is None or newest.pk != scorecard.pk:
        raise Conflict(
            "This is not the newest scorecard of the cycle; choose on that one.", code="not_newest"
        )
    brief = brief_of(cycle)
    floors = floors_in(brief)
    errors = _entry_problems(scorecard, entry, brief)
    minimum = int(policy().number("evaluation", "winner_rationale_min"))
    words = ""
    try:
        words = clean_text(rationale, field="rationale", minimum=minimum, maximum=4_000)
    except Invalid as problem:
        errors.extend(problem.errors)
    if errors:
        raise Invalid("The winner cannot be chosen yet.", errors=errors)
    material = {
        "scorecard": scorecard.digest,
        "alias": entry.gateway_alias,
        "rationale": words,
        "floors": [floor.as_json() for floor in floors],
    }
    before, standing = choices_of(cycle).first(), winner_choice(cycle)
    if standing is not None and standing.digest == digest(material):
        raise Conflict("This winner is chosen already, for this reason.", code="unchanged")
    last = choices_of(cycle).aggregate(m=Max("number"))["m"] or 0
    choice = WinnerChoice.objects.create(
        cycle=cycle,
        number=last + 1,
        scorecard=scorecard,
        entry=entry,
        alias=entry.gateway_alias,
        rationale=words,
        floors=material["floors"],
        digest=digest(material),
        created_by=actor,
        updated_by=actor,
    )
    audit.record(
        actor=actor,
        action="winner.chosen",
        kind="winner",
        ref=f"{workload.ref}/{choice.number}",
        workload=workload.ref,
        detail={"alias": choice.alias, "scorecard": scorecard.number, "digest": choice.digest},
    )
    _tell(actor, choice, before)
    return choice


def _tell(actor: User, choice: WinnerChoice, before: WinnerChoice | None) -> None:
    """Another model opens what was built on the one before; a first choice opens nothing."""
    other = before is not None and before.entry_id != choice.entry_id
    lifecycle.evidence_changed(
        actor=actor,
        cycle=choice.cycle,
        change="tuning.changed" if other else "winner.chosen",
        detail=f"{choice.alias} is the winner of scorecard {choice.scorecard.number}",
        origin="evaluation",
    )


def _entry_problems(scorecard: Scorecard, entry: CatalogEntry, brief: Brief) -> list[FieldError]:
    candidate = candidate_named(scorecard.document, entry.gateway_alias)
    if candidate is None or UUID(candidate["entry_id"]) != entry.pk:
        return [FieldError("entry", "choice", "Choose one of the candidates of this scorecard.")]
    found: list[FieldError] = []
    against = vetoes_now(scorecard.document, candidate, brief)
    if against:
        words = (
            f"{candidate['name']} cannot win: {'; '.join(against)}."
            " A winner meets every floor and keeps within every limit of the brief."
        )
        found.append(FieldError("entry", "floor", words))
    if not entry.is_usable(now().date()):
        found.append(
            FieldError("entry", "not_usable", f"{entry.gateway_alias} may not be called now.")
        )
    return found
