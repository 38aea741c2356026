"""Evaluations as tests need them: a workload ready for one, runs whose answers are known."""

import itertools
import json
import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F

from catalog.models import CatalogEntry
from evaluations.datasets.models import DatasetVersion
from evaluations.datasets.selectors import golden_version
from evaluations.datasets.versioned import VersionedExample
from evaluations.metrics import registry
from evaluations.metrics.types import Answer
from evaluations.runs.enums import LeaseState
from evaluations.runs.models import Lease, Result, Run, RunCandidate, Score
from evaluations.runs.plan import RunPlan
from evaluations.runs.runtime import workbench
from evaluations.runs.services import begin_run, close_run
from evaluations.scorecards import services
from evaluations.scorecards.models import Scorecard, WinnerChoice
from evaluations.scorecards.options import MetricChoice
from evaluations.scorecards.services.baseline import Baseline
from portal.accounts.models import User
from portal.common.money import to_micro
from tests.factories import briefs, catalog, datasets, lives, people, replay, selection
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.selectors import current_cycle
from workloads.prompts import services as prompts
from workloads.prompts.models import PromptVersion
from workloads.prompts.selectors import candidate_version
from workloads.selection.selectors import candidates_of

CONTENT: dict[str, Any] = {
    "persona": "You sort support tickets.",
    "instructions": "Answer with the category of the ticket and whether it is urgent, as JSON.",
    "output_format": "json",
    "output_schema": {
        "type": "object",
        "properties": {"category": {"type": "string"}, "urgent": {"type": "boolean"}},
        "required": ["category", "urgent"],
    },
    "guardrails": [{"kind": "scope", "text": "Sort tickets, nothing else."}],
    "variables": [
        {"name": name, "type": "text", "required": True, "source": "user", "sample": "Money back"}
        for name in ("subject", "body")
    ],
    "user_template": "{{ subject }}\n\n{{ body }}",
    "params": {"temperature": 0.0, "max_tokens": 64},
}
METRICS = (
    MetricChoice("field_accuracy", {}),
    MetricChoice("field_accuracy", {"field": "category"}),
    MetricChoice("json_valid", {}),
    MetricChoice("refusal", {}),
)
REASON = "It is right most often on every kind of ticket, and stays far below the limits."
_numbers = itertools.count(1)

# What a candidate answers to an example: a text, or the class of an error.
Answers = Callable[[str, VersionedExample], "str | Failure"]


@dataclass(frozen=True)
class Failure:
    """A call without an answer."""

    code: str = "server_error"
    latency_ms: float | None = None


@dataclass(frozen=True)
class Scene:
    """A workload with brief, shortlist, prompt and golden dataset; nothing was run yet."""

    owner: User
    workload: Workload
    version: DatasetVersion
    prompt: PromptVersion
    entries: list[CatalogEntry]

    @property
    def cycle(self) -> Cycle:
        """The open cycle."""
        return current_cycle(self.workload)

    def start(self, **more: Any) -> Run:
        """Start the baseline."""
        settings: dict[str, Any] = {
            "actor": self.owner,
            "workload": self.workload,
            "cap": Decimal(20),
            "concurrency": 8,
            **more,
        }
        settings.setdefault("baseline", Baseline(metrics=METRICS))
        return services.start_baseline(**settings)

    def scorecard(self, answers: Answers | None = None, **more: Any) -> Scorecard:
        """Run the baseline with known answers and publish it."""
        run = finish(self.start(**more), answers or accurate(self.accuracies()))
        made = services.publish(run_id=run.pk)
        assert made is not None
        return made

    def accuracies(self) -> dict[str, float]:
        """The first candidate is the best, the last the worst."""
        steps = (0.98, 0.95, 0.6, 0.5)
        return {one.gateway_alias: steps[place] for place, one in enumerate(self.entries)}

    def choose(self, scorecard: Scorecard, place: int = 0, reason: str = REASON) -> WinnerChoice:
        """Choose a winner."""
        return services.choose_winner(
            actor=self.owner,
            scorecard=scorecard,
            entry=self.entries[place],
            rationale=reason,
        )


@replay.once
def scene(n: int = 60, candidates: int = 3, *, floor: str | None = "80", tier: int = 1) -> Scene:
    """Return a workload that is ready to be evaluated; the floor is on field accuracy, in %."""
    owner = people.person("Owner")
    workload = lives.draft(owner, f"Tickets {next(_numbers)}")
    write_brief(workload, owner, floor=floor, tier=tier)
    entries = [catalog.entry(price=(str(place + 1), "4")) for place in range(candidates)]
    selection.choose(workload, *(one.gateway_alias for one in entries))
    version = datasets.golden(owner, workload, n)
    return Scene(owner, workload, version, write_prompt(workload, owner), entries)


def write_brief(
    workload: Workload, owner: User, *, floor: str | None = "80", tier: int = 1
) -> None:
    """Write a brief whose one KPI is the field accuracy."""
    brief = briefs.fill(workload, owner, tier=tier)
    kpi = briefs.kpi(measured_by="field_accuracy", floor=floor or "")
    if floor is None:
        kpi = briefs.kpi(source="business", measured_by="", before_launch=False)
    saved = briefs.services.save_draft(
        actor=owner,
        workload=workload,
        row_version=brief.row_version,
        answers={},
        kpis=[kpi],
    )
    assert not saved.kpi_problems, saved.kpi_problems
    workload.refresh_from_db()


def write_prompt(workload: Workload, owner: User, **changes: Any) -> PromptVersion:
    """Commit a prompt that answers in JSON."""
    prompts.save_draft(actor=owner, workload=workload, content={**CONTENT, **changes})
    return prompts.commit_version(actor=owner, workload=workload, note="for a test")


def right(example: VersionedExample) -> str:
    """Return the answer that the example expects."""
    return json.dumps(example.view.expected)


def wrong(example: VersionedExample) -> str:
    """Return valid JSON with both fields wrong."""
    return json.dumps({"category": "NONE OF THEM", "urgent": "?"})


def accurate(
    shares: Mapping[str, float], failing: Mapping[str, float] | None = None, seed: int = 7
) -> Answers:
    """Return answers of which a share is right, and a share of ``failing`` never comes."""
    dice = random.Random(seed)
    draws: dict[tuple[str, str], float] = {}

    def answer(alias: str, example: VersionedExample) -> "str | Failure":
        luck = draws.setdefault((alias, example.view.key), dice.random())
        # Failures are spread evenly, so that their number is what the test says.
        every = round(1 / failing[alias]) if failing and failing.get(alias) else 0
        if every and example.position % every == 0:
            return Failure()
        return right(example) if luck < shares[alias] else wrong(example)

    return answer


def finish(run: Run, answers: Answers) -> Run:
    """Write a result with its scores for every item, as the driver does, and close the run."""
    begun = begin_run(run_id=run.pk)
    assert begun is not None
    bench = workbench(RunPlan.from_json(run.plan))
    ids = list(
        RunCandidate.objects.filter(run=run).order_by("position").values_list("pk", flat=True)
    )
    results: list[Result] = []
    scores: list[Score] = []
    for index in range(bench.order.planned):
        place = bench.order.place(index)
        example = bench.examples[place.example]
        said = answers(bench.plan.candidates[place.candidate].alias, example)
        answer = _answer(said, index)
        result = Result(
            id=uuid.uuid4(),
            run=run,
            candidate_id=ids[place.candidate],
            revision_id=example.revision_id,
            repeat=place.repeat,
            output=answer.text,
            finish_reason=answer.finish_reason,
            error_class=answer.error,
            latency_ms=answer.latency_ms,
            cost_micro=to_micro(answer.cost or Decimal(0)),
            at=begun.started_at,
        )
        results.append(result)
        for used in bench.metrics:
            score = registry.score(used.metric, example.view, answer, used.arguments)
            scores.append(
                Score(
                    result=result,
                    place=used.place,
                    metric=used.metric.name,
                    version=used.metric.version,
                    outcome=score.outcome.value,
                    value=score.value,
                    passed=score.passed,
                    detail=score.detail,
                )
            )
    Result.objects.bulk_create(results)
    Score.objects.bulk_create(scores)
    spent = sum(one.cost_micro for one in results)
    Run.objects.filter(pk=run.pk).update(spent_micro=spent)
    Lease.objects.filter(run=run).update(state=LeaseState.DONE, done=F("count"), estimate_micro=0)
    closed = close_run(run_id=run.pk)
    assert closed is not None
    return closed


def _answer(said: "str | Failure", index: int) -> Answer:
    if isinstance(said, Failure):
        return Answer("", finish_reason="", error=said.code, latency_ms=said.latency_ms)
    return Answer(said, latency_ms=200.0 + index % 90, cost=Decimal("0.000180"))


def scene_of(workload: Workload) -> Scene:
    """Return the scene of a workload that has a shortlist and a prompt, with a new dataset."""
    prompt = candidate_version(workload)
    assert prompt is not None
    version = golden_version(workload) or datasets.golden(workload.owner, workload, 60)
    entries = candidates_of(current_cycle(workload))
    return Scene(workload.owner, workload, version, prompt, entries)


@lives.makes_ready("evaluation")
def _evaluation(cycle: Cycle, owner: User) -> None:
    """Needs a brief whose KPI names a real metric, and a prompt that takes tickets (`ready`)."""
    made = scene_of(cycle.workload)
    made.choose(made.scorecard())


def ready(cycle: Cycle, phase_key: str, owner: User) -> None:
    """Make one phase ready, for a life that goes through a real evaluation."""
    if phase_key == "scoping":
        write_brief(cycle.workload, owner)
    elif phase_key == "prompting":
        write_prompt(cycle.workload, owner)
    else:
        lives.READY[phase_key](cycle, owner)


@replay.once
def workload(at: str) -> Workload:
    """Return a workload whose phases before ``at`` are passed, its evaluation a real one."""
    return lives.workload(at, ready=ready)


@replay.once
def passed() -> Scene:
    """Return the scene of a workload that just passed phase 4."""
    return scene_of(workload(at="tuning"))
