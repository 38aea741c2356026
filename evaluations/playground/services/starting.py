"""Starting a trial: what was chosen is checked, priced and sealed."""

from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from evaluations.playground.enums import ACTIVE
from evaluations.playground.limits import limits
from evaluations.playground.models import Trial, TrialCell, TrialInput
from evaluations.playground.plan import Selection
from evaluations.playground.planning import Prepared, prepare
from evaluations.playground.services.nudges import nudge
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.errors import Conflict, Invalid
from portal.common.money import MICRO, to_micro
from portal.shell.formats import money
from workloads.lifecycle.models import Workload
from workloads.lifecycle.policies import require


def outlook(*, actor: User, workload: Workload, selection: Selection) -> Prepared:
    """Return what a trial would do and cost at most; nothing is kept and nothing is called.

    Raises Forbidden, or Invalid naming models, prompts, dataset, examples or inputs.
    """
    require(actor, workload, "edit")
    return prepare(workload, selection)


@transaction.atomic
def start_trial(*, actor: User, workload: Workload, selection: Selection, cap: Decimal) -> Trial:
    """Seal what was chosen and have it tried by a worker; ``cap`` is the most it may spend.

    Raises Forbidden, Invalid (what was chosen; cap: under a millionth, over the policy, or under
    the worst case), or Conflict (too_many_trials). Nothing is called and nothing is spent
    before this has committed.
    """
    require(actor, workload, "edit")
    most = limits()
    if not cap.is_finite() or not 0 < cap <= most.cap or to_micro(cap) < 1:
        words = f"An amount of at least {MICRO:f}, at most {most.cap}."
        raise Invalid.field("cap", "out_of_range", words)
    ready = prepare(workload, selection)
    currency = ready.plan.currency
    if to_micro(cap) < sum(ready.estimates):
        raise Invalid.field(
            "cap",
            "below_worst_case",
            f"These {ready.calls} calls can cost {money(ready.worst_case, currency)} at most, the"
            f" cap is {money(cap, currency)}. Raise it, or choose fewer models, prompts or"
            " examples.",
        )
    Workload.objects.select_for_update(no_key=True).get(pk=workload.pk)
    if Trial.objects.filter(workload=workload, state__in=ACTIVE).count() >= most.active:
        raise Conflict(
            f"{most.active} trials of this workload are under way already; wait for one or cancel"
            " it.",
            code="too_many_trials",
        )
    newest = Trial.objects.filter(workload=workload).aggregate(m=Max("number"))["m"] or 0
    trial = Trial.objects.create(
        workload=workload,
        number=newest + 1,
        dataset_version=ready.version,
        plan=ready.plan.as_json(),
        digest=ready.plan.digest(),
        currency=currency,
        cap_micro=to_micro(cap),
        worst_case_micro=sum(ready.estimates),
        created_by=actor,
        updated_by=actor,
    )
    _lay_out(trial, ready)
    audit.record(
        actor=actor,
        action="trial.started",
        kind="trial",
        ref=str(trial.pk),
        workload=workload.ref,
        detail={
            "number": trial.number,
            "plan": trial.digest,
            "calls": ready.calls,
            "cap": cap,
            "models": list(selection.models),
            "prompts": list(selection.prompts),
        },
    )
    nudge(trial)
    return trial


def _lay_out(trial: Trial, ready: Prepared) -> None:
    for row in ready.inputs:
        row.trial = trial
    TrialInput.objects.bulk_create(ready.inputs)
    columns = len(ready.plan.columns)
    TrialCell.objects.bulk_create(
        TrialCell(
            trial=trial,
            input=ready.inputs[place // columns],
            column=place % columns,
            place=place,
            estimate_micro=estimate,
        )
        for place, estimate in enumerate(ready.estimates)
    )
