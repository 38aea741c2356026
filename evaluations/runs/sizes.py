"""How many tokens the requests of a workload really had, for the cost that phase 2 estimates."""

from math import ceil

from django.db.models import Avg, Count

from catalog.matching import Measured
from evaluations.runs.enums import RunPurpose, RunState
from evaluations.runs.models import Result, Run
from workloads.lifecycle.models import Cycle
from workloads.selection.sizes import Sizes

# The runs that are looked at: a model counts with the newest of them that called it.
RUNS = 5


def measured_sizes(cycle: Cycle) -> Sizes | None:
    """Return the mean tokens of a request by model over the answers of complete runs; two queries.

    Answers whose usage the gateway did not report are left out. None before the first answer.
    """
    runs = dict(
        Run.objects.filter(
            workload=cycle.workload_id, created_at__gte=cycle.created_at, state=RunState.COMPLETE
        )
        .exclude(purpose=RunPurpose.JUDGING)
        .order_by("-number")
        .values_list("pk", "number")[:RUNS]
    )
    if not runs:
        return None
    rows = (
        Result.objects.filter(run__in=runs, error_class="", tokens_in__gt=0, tokens_out__gt=0)
        .values("run", "candidate__alias")
        .annotate(read=Avg("tokens_in"), written=Avg("tokens_out"), answers=Count("pk"))
    )
    newest: dict[str, tuple[int, Measured]] = {}
    for row in rows:
        alias, number = row["candidate__alias"], runs[row["run"]]
        if alias not in newest or newest[alias][0] < number:
            newest[alias] = (
                number,
                Measured(alias, ceil(row["read"]), ceil(row["written"]), row["answers"]),
            )
    if not newest:
        return None
    numbers = sorted({number for number, _ in newest.values()})
    word = "run" if len(numbers) == 1 else "runs"
    source = f"{word} {', '.join(str(number) for number in numbers)}"
    return Sizes(source, tuple(newest[alias][1] for alias in sorted(newest)))
