"""What the evaluation page shows: the bar, the golden dataset, the runs, what a run would cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from catalog.models import CatalogEntry
from evaluations.datasets.models import DatasetVersion
from evaluations.datasets.selectors import KindShare, golden_version, shares
from evaluations.datasets.versioned import VersionedExample, views_of
from evaluations.judges.citations import PREFIX
from evaluations.runs.enums import ACTIVE, RunPurpose, RunState
from evaluations.runs.judging.cases import CALIBRATION, RUN
from evaluations.runs.models import Run
from evaluations.runs.planning import estimate
from evaluations.scorecards import services
from evaluations.scorecards.document.floors import Floor
from evaluations.scorecards.document.words import amount
from evaluations.scorecards.models import OutsideEvidence, Scorecard, WinnerChoice
from evaluations.scorecards.options import (
    JudgeOption,
    MetricOption,
    chosen,
    judge_options,
    judging_cap,
    metric_options,
)
from evaluations.scorecards.selectors import (
    floors_in,
    latest_baseline,
    outside_of,
    runs_of,
    winner_choice,
)
from evaluations.scorecards.services.baseline import Baseline, compared_before
from portal.common.errors import DomainError
from portal.common.money import from_micro
from portal.common.policy import policy
from portal.shell.formats import MISSING, duration, money
from workloads.briefs.selectors import brief_of
from workloads.lifecycle.measures import measure
from workloads.lifecycle.models import Cycle
from workloads.prompts.models import PromptVersion
from workloads.prompts.selectors import candidate_version
from workloads.selection.selectors import candidates_of

# Above this many examples the estimate would take longer than a page may.
MOST_TO_ESTIMATE = 1_000


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run in the list of attempts."""

    run: Run
    purpose: RunPurpose
    state: RunState
    active: bool
    spent: Decimal
    scorecard: Scorecard | None
    reason: str

    @property
    def number_text(self) -> str:
        """The run's number for a title."""
        return str(self.run.number)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a run of the proposed metrics would do, or why there can be none now.

    ``again``: whether just this was compared before, so that running it takes a reason.
    ``judging``: what all the judges that are offered may cost at most, beside it.
    """

    calls: int = 0
    worst_case: Decimal = Decimal(0)
    currency: str = "USD"
    problem: str = ""
    link: str = ""
    again: bool = False
    judging: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class EvaluationPage:
    """Phase 4 as it stands."""

    cycle: Cycle
    version: DatasetVersion | None
    mix: list[KindShare]
    prompt: PromptVersion | None
    entries: list[CatalogEntry]
    options: list[MetricOption]
    judges: list[JudgeOption]
    scorecard: Scorecard | None
    choice: WinnerChoice | None
    outside: list[OutsideEvidence]
    floors: list[Floor]
    lines: list[RunLine]
    facts: list[tuple[str, str, str]]
    outlook: Outlook
    currency: str

    @property
    def active(self) -> list[RunLine]:
        """The runs that are under way."""
        return [line for line in self.lines if line.active]

    @property
    def stopped_judging(self) -> list[tuple[RunLine, str]]:
        """The judging that reached its budget, and what waits for it until its cap is raised."""
        numbers = {str(line.run.pk): line.run.number for line in self.lines}
        found = []
        for line in self.lines:
            if line.purpose is RunPurpose.JUDGING and line.state is RunState.BUDGET_STOPPED:
                subject = line.run.plan["subject"]
                judge = line.run.plan["notes"]["judge"]
                if subject["kind"] == CALIBRATION:
                    words = f"The calibration of {judge} waits for it"
                elif subject["kind"] == RUN:
                    number = numbers.get(subject["ref"], "")
                    words = f"The scorecard of run {number} waits for {judge}"
                else:
                    words = f"A comparison of two candidates by {judge} waits for it"
                found.append((line, words))
        return found

    @property
    def judges_of_floors(self) -> list[str]:
        """The judges that a floor of the brief is about: they are asked in any case."""
        keys = {floor.key for floor in self.floors}
        return [
            str(one.version.pk)
            for one in self.judges
            if f"{PREFIX}{one.version.judge.name}" in keys
        ]

    @property
    def usual(self) -> list[str]:
        """The tokens of the metrics that are proposed."""
        return [one.token for one in self.options if one.usual]


def evaluation_page(cycle: Cycle, *, editable: bool) -> EvaluationPage:
    """Return what the page shows; the estimate only where somebody may start a run."""
    workload = cycle.workload
    version, prompt = golden_version(workload), candidate_version(workload)
    entries = candidates_of(cycle)
    examples: Sequence[VersionedExample] = views_of(version) if version and editable else []
    options = metric_options(examples, prompt.content if prompt else None)
    lines = [_line(run) for run in runs_of(cycle)]
    judges = judge_options(workload) if editable else []
    outlook = _outlook(cycle, options, judges, version, examples) if editable else Outlook()
    brief = brief_of(cycle)
    floors = floors_in(brief)
    return EvaluationPage(
        cycle=cycle,
        version=version,
        mix=shares(version.kinds) if version else [],
        prompt=prompt,
        entries=entries,
        options=options,
        judges=judges,
        scorecard=latest_baseline(cycle),
        choice=winner_choice(cycle),
        outside=list(outside_of(cycle)),
        floors=floors,
        lines=lines,
        facts=[
            *_floor_facts(floors),
            ("p95 latency limit", duration(brief.latency_p95_ms), ""),
            ("Budget a month", money(brief.budget_per_month, brief.currency), ""),
            _spent(lines),
        ],
        outlook=outlook,
        currency=outlook.currency,
    )


def _line(run: Run) -> RunLine:
    return RunLine(
        run=run,
        purpose=RunPurpose(run.purpose),
        state=RunState(run.state),
        active=run.state in ACTIVE,
        spent=from_micro(run.spent_micro + run.overrun_micro),
        scorecard=getattr(run, "scorecard", None),
        reason=str(run.plan.get("notes", {}).get("reason", "")),
    )


def _floor_facts(floors: Sequence[Floor]) -> list[tuple[str, str, str]]:
    if not floors:
        return [("Floor", MISSING, "no KPI of the brief names a metric")]
    first = floors[0]
    known = measure(first.key)
    unit = known.unit if known else "share"
    sign = "≥" if first.direction == "up" else "≤"
    more = f"and {len(floors) - 1} more" if len(floors) > 1 else "floor of the brief"
    return [(first.name, f"{sign} {amount(first.at, unit)}", more)]


def _spent(lines: Sequence[RunLine]) -> tuple[str, str, str]:
    by_currency: dict[str, Decimal] = {}
    for line in lines:
        by_currency[line.run.currency] = by_currency.get(line.run.currency, Decimal(0)) + line.spent
    words = ", ".join(money(total, currency) for currency, total in by_currency.items())
    count = len(lines)
    shown = words or money(Decimal(0), "USD")
    return ("Spent on evaluation", shown, f"{count} run{'' if count == 1 else 's'}")


def _outlook(
    cycle: Cycle,
    options: Sequence[MetricOption],
    judges: Sequence[JudgeOption],
    version: DatasetVersion | None,
    examples: Sequence[VersionedExample],
) -> Outlook:
    cap = Decimal(str(policy().number("evaluation", "run_cap_max")))
    tokens = [one.token for one in options if one.usual]
    try:
        plan = services.baseline_plan(
            workload=cycle.workload, baseline=Baseline(metrics=chosen(options, tokens)), cap=cap
        )
        if version is not None and version.n > MOST_TO_ESTIMATE:
            return Outlook(version.n * len(plan.candidates), Decimal(0), plan.currency)
        again = compared_before(cycle.workload, plan)
        found = estimate(plan)
        judging = judging_cap(judges, plan, examples)
    except DomainError as problem:
        return Outlook(problem=problem.message, link=problem.link)
    return Outlook(found.calls, found.worst_case, found.currency, again=again, judging=judging)
