"""Recording the tuning decision, which locks the final model."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Max

from catalog.enums import EntryStatus
from catalog.models import CatalogEntry
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.canonical import digest
from portal.common.errors import Conflict, FieldError, Invalid, NotReady
from portal.common.policy import policy
from portal.common.text import clean_text
from workloads.lifecycle import policies
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import open_cycle
from workloads.tuning.models import Decision, TuningDecision
from workloads.tuning.selectors import decision_of
from workloads.tuning.winners import winner_of

EVIDENCE = ("prompt_versions", "few_shot", "retrieval", "larger_model")
EVIDENCE_MIN = 10
UNUSABLE = (EntryStatus.RETIRED, EntryStatus.BLOCKED, EntryStatus.PROPOSED)


@transaction.atomic
def decide(
    *,
    actor: User,
    workload: Workload,
    decision: str,
    rationale: str,
    prompting_evidence: Mapping[str, str],
    migration_plan: str = "",
) -> TuningDecision:
    """Record the decision and lock the winner of phase 4 as the final model.

    ``prompting_evidence`` says for each of `EVIDENCE` what was seen, or why it was not tried;
    ``migration_plan``, needed where the winner is deprecated, how the workload leaves it in time.
    Raises Forbidden, NotReady (no winner, no open cycle), Invalid or Conflict (unchanged).
    """
    lifecycle.locked_workload(workload.pk)
    policies.require(actor, workload, "edit")
    cycle = open_cycle(workload)
    if cycle is None:
        raise NotReady("There is no open cycle.")
    winner = winner_of(cycle)
    if winner is None:
        raise NotReady("Choose the winner of the evaluation first; it becomes the final model.")
    errors: list[FieldError] = []
    if decision not in Decision.values:
        errors.append(FieldError("decision", "choice", "Choose one of the decisions listed."))
    evidence: dict[str, str] = {}
    for name in EVIDENCE:
        try:
            evidence[name] = clean_text(
                str(prompting_evidence.get(name, "")),
                field=name,
                minimum=EVIDENCE_MIN,
                maximum=2_000,
            )
        except Invalid as problem:
            errors.extend(problem.errors)
    minimum = int(policy().number("tuning", "rationale_min"))
    try:
        reason = clean_text(rationale, field="rationale", minimum=minimum, maximum=10_000)
    except Invalid as problem:
        errors.extend(problem.errors)
    entry = CatalogEntry.objects.get(pk=winner.entry_id)
    least = 0
    if entry.status == EntryStatus.DEPRECATED:
        least = int(policy().number("tuning", "migration_plan_min"))
    try:
        plan = clean_text(migration_plan, field="migration_plan", minimum=least, maximum=10_000)
    except Invalid as problem:
        errors.extend(problem.errors)
    if errors:
        raise Invalid("The decision cannot be recorded yet.", errors=errors)
    if entry.status in UNUSABLE:
        raise NotReady(
            f"{entry.gateway_alias} is {entry.get_status_display().lower()} in the catalog; choose"
            " another winner."
        )
    material = {
        "decision": decision,
        "prompting_evidence": evidence,
        "rationale": reason,
        "migration_plan": plan,
        "model": entry.digest(),
        "scorecard": winner.scorecard.as_dict(),
    }
    before = decision_of(cycle)
    if before is not None and before.digest == digest(material):
        raise Conflict("This decision is recorded already.", code="unchanged")
    last = TuningDecision.objects.filter(cycle=cycle).aggregate(last=Max("number"))["last"] or 0
    made = TuningDecision.objects.create(
        cycle=cycle,
        number=last + 1,
        decision=decision,
        prompting_evidence=evidence,
        rationale=reason,
        migration_plan=plan,
        model_lock=entry,
        model_digest=entry.digest(),
        scorecard=winner.scorecard.as_dict(),
        digest=digest(material),
        created_by=actor,
        updated_by=actor,
    )
    audit.record(
        actor=actor,
        action="tuning.decided",
        kind="tuning_decision",
        ref=f"{workload.ref}/{made.number}",
        workload=workload.ref,
        detail={"decision": decision, "model": entry.gateway_alias, "digest": made.digest},
    )
    if before is not None:
        same = (before.decision, before.model_digest, before.scorecard) == (
            made.decision, made.model_digest, made.scorecard,
        )  # fmt: skip
        # A plan for leaving the same model changes nothing for the build.
        planned = same and plan != before.migration_plan
        lifecycle.evidence_changed(
            actor=actor,
            cycle=cycle,
            change="tuning.plan_changed" if planned else "tuning.changed",
            detail=f"tuning decision {before.number} → {made.number}",
            origin="tuning",
        )
    return made
