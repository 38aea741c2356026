"""What the judges of a run said, and what may be believed of it: read once, for its scorecard."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from catalog.models import CatalogEntry
from evaluations.datasets.versioned import VersionedExample
from evaluations.judges.calibrating import Drift, drift
from evaluations.judges.canaries import CANARIES
from evaluations.judges.enums import Given, Standing
from evaluations.judges.models import Calibration, JudgeVersion
from evaluations.judges.policies import decides
from evaluations.judges.prompting import can_judge
from evaluations.judges.selectors import anchors_of, calibration_of, rules, standing_by
from evaluations.judges.verdicts import JUDGE_ERROR, Verdict
from evaluations.metrics.types import Outcome
from evaluations.runs.enums import RunState
from evaluations.runs.judging.cases import Part, part_of
from evaluations.runs.judging.reading import Checked, checked, judged, models_of
from evaluations.runs.models import Run
from evaluations.runs.plan import CandidatePin, JudgePin, RunPlan
from evaluations.runs.services import judging_of
from evaluations.scorecards.document import ScoreRow
from portal.common.money import from_micro

Place = tuple[int, UUID, int]


@dataclass(frozen=True, slots=True)
class JudgeSeen:
    """One judge of a run: its pin, its version, its verdicts by (candidate, example, repeat)."""

    pin: JudgePin
    version: JudgeVersion
    verdicts: Mapping[Place, Verdict]
    runs: Mapping[Part, Run]

    def score(self, place: Place) -> ScoreRow | None:
        """Return what the judge's measure says of one result; None where nothing was judged."""
        verdict = self.verdicts.get(place)
        if verdict is None:
            return None
        if verdict.outcome == JUDGE_ERROR:
            return ScoreRow(Outcome.ERROR.value, None)
        return ScoreRow(Outcome.SCORED.value, float(verdict.passed))

    def applies(self, example: VersionedExample) -> bool:
        """Whether the judge has something to compare the example's answers with."""
        return can_judge(Given(self.version.given), example)


def judges_of(run: Run, plan: RunPlan, *, revision: UUID | None = None) -> list[JudgeSeen]:
    """Return the judges of a run with what they said, in the plan's order.

    With ``revision`` only what they said of that example.
    """
    if not plan.judges:
        return []
    versions = {
        str(one.pk): one
        for one in JudgeVersion.objects.filter(
            pk__in=[pin.version_id for pin in plan.judges]
        ).select_related("judge__workload", "entry", "calibration_set")
    }
    runs: dict[str, dict[Part, Run]] = {}
    for one in judging_of(run):
        runs.setdefault(one.plan["notes"]["judge"], {})[part_of(RunPlan.from_json(one.plan))] = one
    found = []
    for pin in plan.judges:
        mine = runs.get(pin.name, {})
        answers = mine.get(Part.ANSWERS)
        said = judged(answers, versions[pin.version_id], revision=revision) if answers else ()
        verdicts = {
            (one.candidate, one.example.revision_id, one.repeat): one.verdict for one in said
        }
        found.append(JudgeSeen(pin, versions[pin.version_id], verdicts, mine))
    return found


def judge_facts(
    seen: Sequence[JudgeSeen], plan: RunPlan, entries: Mapping[UUID, CatalogEntry]
) -> list[dict[str, Any]]:
    """Return what a scorecard says of each judge: its calibration, its checks, its trust."""
    return [_facts(one, plan, entries) for one in seen]


def _facts(seen: JudgeSeen, plan: RunPlan, entries: Mapping[UUID, CatalogEntry]) -> dict[str, Any]:
    pin, version = seen.pin, seen.version
    found = calibration_of(version)
    standing, reasons, report = standing_by(found)
    done = seen.runs.get(Part.CHECKS)
    checks = checked(done, version) if done and done.state == RunState.COMPLETE else None
    moved = drift_of(found, report, checks)
    why = why_not(seen.runs, Part.ANSWERS, standing, reasons, checks, moved, found)
    return {
        "key": pin.key,
        "name": pin.name,
        "version": pin.number,
        "digest": pin.digest,
        "alias": pin.alias,
        "criterion": version.criterion,
        "given": Given(version.given).label,
        "standing": standing.value,
        "reasons": reasons,
        "calibration": _calibration(found, report),
        "unfit": bool(checks and checks.passed),
        "canaries": {
            "asked": checks.asked if checks else 0,
            "planned": len(CANARIES),
            "passed": list(checks.passed) if checks else [],
        },
        "anchors": None
        if moved is None
        else {
            "n": moved.n,
            "missing": moved.missing,
            "changed": moved.changed,
            "p": moved.p,
            "kappa": moved.kappa,
        },
        "trusted": not why,
        "why": why,
        "family": family_of(version, plan.candidates, entries),
        "counts": [_counts(seen, place) for place in range(len(plan.candidates))],
        "spent": sum(from_micro(run.spent_micro + run.overrun_micro) for run in seen.runs.values()),
        "runs": [
            {"number": run.number, "id": run.pk, "part": part.value, "state": run.state}
            for part, run in seen.runs.items()
        ],
    }


def _calibration(found: Calibration | None, report: Mapping[str, Any] | None) -> Any:
    if found is None or report is None:
        return None
    names = ("labelled", "judge", "people", "confusion", "sensitivity", "specificity")
    return {"number": found.number, **{name: report[name] for name in names}}


def drift_of(
    found: Calibration | None,
    report: Mapping[str, Any] | None,
    checks: Checked | None,
    *,
    pairwise: bool = False,
) -> Drift | None:
    """Return how a judge did on its anchors; None where it has none or was not checked."""
    anchors = anchors_of(found)
    if report is None or checks is None or not anchors:
        return None
    return drift(
        {str(one.revision): one.verdict for one in anchors},
        checks.anchors,
        {str(one.revision): one.truth for one in anchors},
        rules().kappa_low_min,
        pairwise=pairwise,
    )


def why_not(
    runs: Mapping[Part, Run],
    asked: Part,
    standing: Standing,
    reasons: Sequence[str],
    checks: Checked | None,
    moved: Drift | None,
    found: Calibration | None,
) -> str:
    """Return why the judge decides nothing in this run; empty where it may.

    ``runs`` are those in which it was ``asked`` about answers, and checked.
    """
    if checks is not None and checks.passed:
        return f"Unfit in this run: it passed {', '.join(checks.passed).lower()}."
    for part in (asked, Part.CHECKS):
        run = runs.get(part)
        if run is None or run.state != RunState.COMPLETE:
            state = RunState(run.state).label.lower() if run else "not started"
            return f"Judging is incomplete: the run of its {part.value} is {state}."
    if checks is not None and checks.asked < len(CANARIES):
        lacking = len(CANARIES) - checks.asked
        return (
            f"Not checked: it gave no output for {lacking} of {len(CANARIES)} answers that must"
            " never pass."
        )
    if moved is not None and moved.unchecked:
        known = moved.n + moved.missing
        return f"Not checked: {moved.missing} of {known} anchors were not judged again."
    if moved is not None and moved.alarm:
        return f"Ruler changed: {moved.words} Calibrate it again."
    if found is not None and found.run_ref and checks is not None:
        before = models_of(UUID(found.run_ref))
        today = checks.models | models_of(runs[asked].pk)
        if before and today and before != today:
            was, now = ", ".join(sorted(before)), ", ".join(sorted(today))
            return f"Ruler changed: {now} answered now, {was} when it was calibrated."
    if not decides(standing):
        return f"{standing.label}: {' '.join(reasons)}"
    return ""


def family_of(
    version: JudgeVersion, pins: Sequence[CandidatePin], entries: Mapping[UUID, CatalogEntry]
) -> list[str]:
    """Return the candidates of the judge's own provider: models favour their own family."""
    mine = version.entry.provider
    found = []
    for pin in pins:
        entry = entries.get(UUID(pin.entry_id))
        if entry is not None and (
            entry.pk == version.entry_id or (mine and entry.provider == mine)
        ):
            found.append(pin.name)
    return found


def _counts(seen: JudgeSeen, candidate: int) -> dict[str, int]:
    said = Counter(
        verdict.outcome for (place, _, _), verdict in seen.verdicts.items() if place == candidate
    )
    names = ("pass", "fail", "cannot_tell", JUDGE_ERROR)
    return {name: said[name] for name in names}
