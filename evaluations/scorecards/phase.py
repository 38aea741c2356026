"""Phase 4: which candidate is measurably best?"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.urls import reverse

from catalog.models import CatalogEntry
from evaluations.datasets.adversarial import lost_of_evidence
from evaluations.datasets.models import DatasetVersion, VersionExample
from evaluations.datasets.selectors import golden_version, shares
from evaluations.scorecards.citations import scorecard_item, winner_item
from evaluations.scorecards.models import Scorecard
from evaluations.scorecards.selectors import (
    candidate_named,
    evidence_versions,
    latest_baseline,
    newest_baseline,
    winner_choice,
)
from evaluations.scorecards.winning import vetoes_now
from portal.common.policy import policy
from workloads.briefs.selectors import brief_of
from workloads.lifecycle.enums import Impact
from workloads.lifecycle.models import Cycle
from workloads.lifecycle.phases import Check, EvidenceItem, Phase
from workloads.prompts.selectors import candidate_version
from workloads.selection.selectors import candidates_of

EDITORS = "owner or contributor"


class Evaluation(Phase):
    """Every candidate on one golden dataset, one prompt and one plan; and a winner for a reason."""

    key = "evaluation"
    number = 4
    label = "Evaluation"
    question = "Which candidate is measurably best?"
    evidence_kinds = ("dataset", "scorecard", "winner")
    url_name = "scorecards:evaluation"
    impact: ClassVar[Mapping[str, Impact]] = {
        "brief.threshold_tightened": Impact.REOPEN,
        "brief.scope": Impact.REOPEN,
        "catalog.price_changed": Impact.RECONFIRM,
        "catalog.retired": Impact.REOPEN,
        "catalog.alias_drift": Impact.REOPEN,
        "shortlist.changed": Impact.REOPEN,
        "prompt.changed_after_baseline": Impact.REOPEN,
        "dataset.changed_after_baseline": Impact.REOPEN,
        "dataset.changed_after_lock": Impact.REOPEN,
        "metric.changed": Impact.RECONFIRM,
    }

    def evidence(self, cycle: Cycle) -> list[EvidenceItem]:
        """The golden dataset as it is now, the newest baseline, and the winner chosen on it."""
        items = []
        version = golden_version(cycle.workload)
        if version is not None:
            items.append(
                EvidenceItem("dataset", version.dataset.ref, str(version.number), version.digest)
            )
        scorecard = newest_baseline(cycle)
        if scorecard is not None:
            items.append(scorecard_item(scorecard, cycle.workload.ref))
        choice = winner_choice(cycle)
        if choice is not None:
            items.append(winner_item(choice, cycle))
        return items

    def checks(self, cycle: Cycle) -> list[Check]:
        """A golden dataset of the right size and mix, one fair comparison, a reasoned winner."""
        link = reverse("scorecards:evaluation", args=[cycle.workload.ref])
        version = golden_version(cycle.workload)
        scorecard = latest_baseline(cycle)
        return [
            *_golden(cycle, version),
            *_adversarial(cycle, version),
            _published(scorecard, link),
            _metrics(scorecard, link),
            _same_plan(cycle, scorecard, version, link),
            _errors(scorecard, link),
            *_judges(scorecard, link),
            _winner(cycle, scorecard, link),
        ]

    def contributors(self, cycle: Cycle) -> Iterable[UUID]:
        """Whoever brought in the examples, committed the dataset, ran it, or chose the winner."""
        found: set[UUID | None] = set()
        version = golden_version(cycle.workload)
        if version is not None:
            committed = DatasetVersion.objects.filter(
                dataset=version.dataset_id, number__lte=version.number
            ).values_list("created_by_id", flat=True)
            brought = VersionExample.objects.filter(version=version).values_list(
                "revision__created_by_id", flat=True
            )
            found |= set(committed.order_by().union(brought.order_by()))
        scorecard = newest_baseline(cycle)
        if scorecard is not None:
            # A scorecard is by whoever started its run.
            found.add(scorecard.created_by_id)
        choice = winner_choice(cycle)
        if choice is not None:
            found.add(choice.created_by_id)
        return [one for one in found if one is not None]

    def note(self, cycle: Cycle) -> str:
        """The winner, or the newest scorecard."""
        choice = winner_choice(cycle)
        if choice is not None:
            return f"{choice.alias} wins"
        newest = newest_baseline(cycle)
        return f"scorecard {newest.number} published" if newest else ""


def _golden(cycle: Cycle, version: DatasetVersion | None) -> list[Check]:
    link = reverse("datasets:list", args=[cycle.workload.ref])
    smallest = int(policy().number("evaluation", "golden_min"))
    largest = int(policy().number("evaluation", "golden_max"))
    if version is None:
        detail = f"Import {smallest} to {largest} examples and commit them."
        return [
            _check("golden_committed", "Golden dataset committed", detail, link, "Import examples")
        ]
    n = version.n
    wrong = "" if smallest <= n <= largest else f"{n} examples; {smallest} to {largest} are needed."
    mix = shares(version.kinds)
    lacking = [
        f"{one.kind.label.lower()} {one.share:.0%}, at least {one.minimum:.0%}"
        for one in mix
        if not one.enough
    ]
    shown = ", ".join(f"{one.count} {one.kind.label.lower()}" for one in mix)
    return [
        _check(
            "golden_committed",
            "Golden dataset committed",
            wrong,
            link,
            "Open the dataset",
            shown=f"{version.dataset.ref} version {version.number}, {n} examples",
        ),
        _check(
            "golden_mix",
            "Typical, edge and adversarial examples",
            "; ".join(lacking),
            link,
            "Add examples",
            shown=shown,
        ),
    ]


def _adversarial(cycle: Cycle, version: DatasetVersion | None) -> list[Check]:
    """Whether the golden dataset still holds every adversarial example that was evidence here.

    Nothing where no evidence rests on another version.
    """
    if version is None:
        return []
    earlier = evidence_versions(cycle) - {version.pk}
    if not earlier:
        return []
    lost = lost_of_evidence(version, earlier)
    shown = "; ".join(f"{one.key} {one.how}" for one in lost[:5])
    more = f"; and {len(lost) - 5} more" if len(lost) > 5 else ""
    wrong = f"{shown}{more}. Put them back, or a reviewer lets them go." if lost else ""
    link = reverse("datasets:dataset", args=[cycle.workload.ref, version.dataset.ref])
    label = "Adversarial examples of earlier evidence kept"
    told = "each is there, or was let go by a reviewer"
    return [_check("adversarial_kept", label, wrong, link, "Open the dataset", shown=told)]


def _check(
    code: str, label: str, wrong: str, link: str, link_label: str, *, shown: str = ""
) -> Check:
    """A check that passes when nothing is ``wrong``; ``shown`` is then its detail."""
    return Check.of(
        code,
        label,
        not wrong,
        detail=wrong or shown,
        link=link if wrong else "",
        link_label=link_label if wrong else "",
        who=EDITORS if wrong else "",
    )


def _published(scorecard: Scorecard | None, link: str) -> Check:
    wrong = "" if scorecard else "Run the evaluation; its scorecard comes when all results are in."
    shown = f"scorecard {scorecard.number}" if scorecard else ""
    return _check("scorecard_published", "Scorecard published", wrong, link, "Run it", shown=shown)


def _metrics(scorecard: Scorecard | None, link: str) -> Check:
    least = int(policy().number("evaluation", "metrics_min"))
    label = f"At least {least} metrics"
    if scorecard is None:
        return _check("metrics", label, "Nothing was measured yet.", link, "Choose metrics")
    count = len(scorecard.run.plan["metrics"])
    wrong = "" if count >= least else f"{count} were measured."
    return _check("metrics", label, wrong, link, "Choose metrics", shown=f"{count} metrics")


def _same_plan(
    cycle: Cycle, scorecard: Scorecard | None, version: DatasetVersion | None, link: str
) -> Check:
    label = "Every candidate on the same plan"
    if scorecard is None:
        return _check("same_plan", label, "No run of the shortlist yet.", link, "Run it")
    document = scorecard.document
    wrong = (
        _dataset_problem(document, version)
        or _prompt_problem(cycle, document)
        or _candidates_problem(document, candidates_of(cycle))
    )
    run = document["run"]
    shown = f"{run['done']} of {run['planned']} results, {run['errors']} errors"
    return _check("same_plan", label, wrong, link, "Run it again", shown=shown)


def _dataset_problem(document: Mapping[str, Any], version: DatasetVersion | None) -> str:
    if version is None or document["dataset"]["digest"] != version.digest:
        return "The golden dataset has a newer version than the one that was run."
    return ""


def _prompt_problem(cycle: Cycle, document: Mapping[str, Any]) -> str:
    prompt = candidate_version(cycle.workload)
    used = {one["prompt_digest"] for one in document["candidates"]}
    if prompt is None or used != {prompt.digest}:
        return "The candidate prompt is not the one that was run."
    if len({repr(sorted(one["params"].items())) for one in document["candidates"]}) > 1:
        return "The candidates were run with different parameters."
    return ""


def _candidates_problem(document: Mapping[str, Any], entries: list[CatalogEntry]) -> str:
    run = {one["alias"]: one["entry_digest"] for one in document["candidates"]}
    left = [entry.gateway_alias for entry in entries if entry.gateway_alias not in run]
    if not entries or left:
        return f"Not run: {', '.join(left)}." if left else "There is no shortlist."
    changed = [
        entry.gateway_alias for entry in entries if run[entry.gateway_alias] != entry.digest()
    ]
    if changed:
        return f"Changed in the catalog since the run: {', '.join(changed)}."
    return ""


def _errors(scorecard: Scorecard | None, link: str) -> Check:
    most = float(policy().number("evaluation", "error_rate_max"))
    label = f"Errors at most {most:.0%}"
    if scorecard is None:
        return _check("error_rate", label, "Nothing was run yet.", link, "Run it")
    worst = max(scorecard.document["candidates"], key=lambda one: float(one["lost"]))
    lost = float(worst["lost"])
    shown = f"{lost:.1%} of the calls to {worst['name']} gave no answer"
    wrong = f"{shown}." if lost > most else ""
    return _check(
        "error_rate", label, wrong, link, "Run it again", shown=shown if lost else "no errors"
    )


def _judges(scorecard: Scorecard | None, link: str) -> list[Check]:
    """Whether the judges that scored passed their checks; nothing where none scored."""
    judges = scorecard.document.get("judges", []) if scorecard is not None else []
    if not judges:
        return []
    unfit = [one for one in judges if one["unfit"] or one["why"].startswith("Judging is")]
    wrong = " ".join(f"{one['name']}: {one['why']}" for one in unfit)
    shown = ", ".join(f"{one['name']} version {one['version']}" for one in judges)
    return [_check("judges_fit", "Judges fit for use", wrong, link, "Run it again", shown=shown)]


def _winner(cycle: Cycle, scorecard: Scorecard | None, link: str) -> Check:
    label = "Winner chosen with a reason"
    if scorecard is None:
        wrong = "There is nothing to choose from yet."
        return _check("winner_chosen", label, wrong, link, "Run it")
    link = reverse("scorecards:scorecard", args=[cycle.workload.ref, scorecard.number]) + "#winner"
    choice = winner_choice(cycle)
    if choice is None:
        least = int(policy().number("evaluation", "winner_rationale_min"))
        wrong = f"Write why, in at least {least} characters."
        return _check("winner_chosen", label, wrong, link, "Choose the winner")
    candidate = candidate_named(scorecard.document, choice.alias)
    against = ["it is not in the scorecard"]
    if candidate is not None:
        against = vetoes_now(scorecard.document, candidate, brief_of(cycle))
    wrong = f"{choice.alias} may not win now: {'; '.join(against)}." if against else ""
    return _check("winner_chosen", label, wrong, link, "Choose again", shown=choice.alias)
