"""What a judge of two answers said of two candidates of a run, and how much of it may be believed.

Advice, always: it is shown beside the choice of a winner, and nothing is decided by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from catalog.models import CatalogEntry
from evaluations.datasets.versioned import views_of
from evaluations.judges.canaries import CANARIES
from evaluations.judges.enums import Given, Standing
from evaluations.judges.models import Calibration, JudgeVersion
from evaluations.judges.pairs import preference
from evaluations.judges.prompting import can_judge
from evaluations.judges.selectors import rules, standing_by
from evaluations.runs import services as runs
from evaluations.runs.enums import RunState
from evaluations.runs.judging.cases import Part
from evaluations.runs.judging.reading import Checked, Paired, checked, paired
from evaluations.runs.models import Run
from evaluations.runs.plan import RunPlan
from evaluations.scorecards.judging import drift_of, family_of, why_not
from portal.common.money import from_micro


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two candidates of a run, compared by one version of a judge.

    ``figures`` are those of `evaluations.judges.pairs.preference`, told of the first candidate;
    None until every pair was asked about. ``why`` says why they are not to be believed; empty
    where they may.
    """

    run: Run
    checks: Run | None
    version: JudgeVersion
    first: str
    second: str
    standing: Standing
    figures: Mapping[str, Any] | None
    pairs: tuple[Paired, ...]
    checked: Checked | None
    moved: Mapping[str, Any] | None
    family: tuple[str, ...]
    why: str

    @property
    def spent(self) -> Decimal:
        """What it cost so far, with the checks, in the currency of the judge's price."""
        both = [one for one in (self.run, self.checks) if one is not None]
        return sum((from_micro(one.spent_micro + one.overrun_micro) for one in both), Decimal(0))

    def as_json(self) -> dict[str, Any]:
        """Return it as the API gives it."""
        return {
            "run": str(self.run.pk),
            "state": self.run.state,
            "judge": self.version.judge.name,
            "version": self.version.number,
            "digest": self.version.digest,
            "model": self.version.alias,
            "first": self.first,
            "second": self.second,
            "standing": self.standing.value,
            "believed": not self.why,
            "why": self.why,
            "family": list(self.family),
            "figures": dict(self.figures) if self.figures else None,
            "canaries": {
                "planned": len(CANARIES),
                "asked": self.checked.asked if self.checked else 0,
                "preferred": list(self.checked.passed) if self.checked else [],
            },
            "anchors": dict(self.moved) if self.moved else None,
            "spent": str(self.spent),
            "currency": self.run.currency,
        }


def compared(run: Run) -> list[Comparison]:
    """Return every comparison of a run's candidates, newest first."""
    found = runs.comparisons_of(run)
    return [_comparison(run, pairs, checks) for pairs, checks in found]


def comparison_of(run: Run, pairs: Run) -> Comparison | None:
    """Return one comparison of a run's candidates, or None where there is none of this run."""
    found = {one.pk: (one, checks) for one, checks in runs.comparisons_of(run)}
    return _comparison(run, *found[pairs.pk]) if pairs.pk in found else None


def _comparison(run: Run, pairs: Run, checks: Run | None) -> Comparison:
    plan, notes = RunPlan.from_json(run.plan), pairs.plan["notes"]
    version = JudgeVersion.objects.select_related(
        "judge__workload", "entry", "calibration_set"
    ).get(pk=notes["version"])
    # The calibration that stood when it was started: its anchors are those that were asked about.
    found = (
        Calibration.objects.filter(pk=notes["calibration"]).first()
        if notes["calibration"]
        else None
    )
    standing, reasons, report = standing_by(found)
    done = checks if checks is not None and checks.state == RunState.COMPLETE else None
    how = checked(done, version) if done else None
    moved = drift_of(found, report, how, pairwise=True)
    pins = [plan.candidates[notes[name]] for name in ("first", "second")]
    parts = {Part.PAIRS: pairs, **({Part.CHECKS: checks} if checks else {})}
    why = why_not(parts, Part.PAIRS, standing, reasons, how, moved, found)
    said: list[Paired] = []
    figures = None
    if pairs.state == RunState.COMPLETE:
        said = paired(pairs, version)
        figures = _figures(pairs, version, said)
    return Comparison(
        run=pairs,
        checks=checks,
        version=version,
        first=pins[0].name,
        second=pins[1].name,
        standing=standing,
        figures=figures,
        pairs=tuple(said),
        checked=how,
        moved=None
        if moved is None
        else {
            "n": moved.n,
            "missing": moved.missing,
            "changed": moved.changed,
            "p": moved.p,
            "kappa": moved.kappa,
        },
        family=tuple(family_of(version, pins, _entries(pins))),
        why=why or _unsteady(figures),
    )


def _entries(pins: list[Any]) -> dict[UUID, CatalogEntry]:
    return CatalogEntry.objects.in_bulk([UUID(pin.entry_id) for pin in pins])


def _figures(pairs: Run, version: JudgeVersion, said: list[Paired]) -> dict[str, Any]:
    """Figures over all pairs; how far their order decides, over those that were asked about."""
    repeats = RunPlan.from_json(pairs.plan).repeats
    given = Given(version.given)
    able = sum(can_judge(given, one) for one in views_of(pairs.dataset_version))
    all_of = preference([(one.example.revision_id, one.pair) for one in said], able * repeats)
    asked = [(one.example.revision_id, one.pair) for one in said if not one.same]
    place = preference(asked, len(asked))["position"]
    return {**all_of, "position": place, "same": len(said) - len(asked)}


def _unsteady(figures: Mapping[str, Any] | None) -> str:
    """Why these very verdicts are not to be believed, whatever the judge is worth elsewhere."""
    if figures is None:
        return ""
    asked = rules()
    judged = figures["n"] + figures["errors"]
    if judged and figures["errors"] / judged > asked.judge_errors_max:
        return f"Of {figures['errors']} of {judged} pairs an output could not be read."
    place = figures["position"]
    if place is None:
        return "" if figures["n"] else "There was nothing to judge."
    if place["consistency"] < asked.consistency_min:
        return (
            f"Swayed by order: with the answers the other way round it said the same of"
            f" {place['consistency']:.0%} of the pairs; {asked.consistency_min:.0%} are needed."
        )
    return ""
