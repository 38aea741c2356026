"""What can stand beside each other: one candidate of one scorecard each, all on one dataset."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models.fields.json import KeyTextTransform
from django.http import Http404

from evaluations.runs.enums import RunPurpose
from evaluations.runs.models import RunCandidate
from evaluations.runs.plan import RunPlan
from evaluations.scorecards.models import Scorecard
from evaluations.scorecards.selectors import scorecards_for
from portal.accounts.selectors import AnyUser
from portal.common.errors import Invalid
from workloads.lifecycle.models import Workload

FEWEST, MOST = 2, 4
MOST_SCORECARDS = 20
_TOKEN = re.compile(r"([0-9]{1,9})\.([0-9]{1,3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Side:
    """One candidate of one scorecard. ``letter`` is its name in the page: A is the base.

    ``primary`` is the key of the measure that the scorecard ranks by.
    """

    letter: str
    token: str
    scorecard: Scorecard
    candidate: RunCandidate
    plan: RunPlan
    primary: str

    @property
    def name(self) -> str:
        """The candidate's name with its prompt and scorecard."""
        return f"{self.candidate.name} ({self.about})"

    @property
    def about(self) -> str:
        """Where it was measured: "scorecard 3, prompt 2"."""
        return _about(self.plan, self.scorecard.number)


@dataclass(frozen=True, slots=True)
class SideChoice:
    """A side that could be chosen."""

    token: str
    label: str


def _about(plan: RunPlan, number: int) -> str:
    prompt = plan.notes.get("prompt") or {}
    written = f", prompt {prompt['number']}" if prompt.get("number") else ""
    return f"{_purpose(plan.purpose)}scorecard {number}{written}"


def _purpose(purpose: str) -> str:
    return "" if purpose == RunPurpose.BASELINE else f"{RunPurpose(purpose).label.lower()}, "


def sides_for(user: AnyUser, workload: Workload, tokens: Sequence[str]) -> list[Side]:
    """Return the sides that ``tokens`` ("<scorecard>.<place of the candidate>") name, A first.

    Two queries. Raises Http404 for what is not there, Invalid (sides) when they are not two to
    four different ones on one dataset.
    """
    wanted = list(dict.fromkeys(tokens))
    if not FEWEST <= len(wanted) <= MOST:
        raise Invalid.field("side", "count", f"Choose {FEWEST} to {MOST} different sides.")
    places = []
    for token in wanted:
        found = _TOKEN.fullmatch(token)
        if found is None:
            raise Http404
        places.append((int(found[1]), int(found[2])))
    cards = {
        one.number: one
        for one in scorecards_for(user, workload)
        .filter(number__in=[number for number, _ in places])
        .select_related("run__dataset_version__dataset", "cycle", "workload")
        .annotate(primary=KeyTextTransform("primary", "document"))
        .defer("document")
    }
    runs = {one.run_id for one in cards.values()}
    candidates = {
        (one.run_id, one.position): one for one in RunCandidate.objects.filter(run__in=runs)
    }
    plans = {number: RunPlan.from_json(card.run.plan) for number, card in cards.items()}
    sides = []
    for letter, token, (number, place) in zip("ABCD", wanted, places, strict=False):
        card = cards.get(number)
        candidate = candidates.get((card.run_id, place)) if card else None
        if card is None or candidate is None:
            raise Http404
        card.workload = card.run.dataset_version.dataset.workload = workload
        sides.append(Side(letter, token, card, candidate, plans[number], card.primary))
    datasets = {one.scorecard.run.dataset_version.dataset_id for one in sides}
    if len(datasets) > 1:
        raise Invalid.field(
            "side",
            "dataset",
            "These were measured on different datasets; there is no example to compare them by.",
        )
    return sides


def choices_on(user: AnyUser, workload: Workload, beside: Scorecard) -> list[SideChoice]:
    """Return every side on the dataset of ``beside``, newest scorecard first. Two queries."""
    cards = list(
        scorecards_for(user, workload)
        .filter(run__dataset_version__dataset=beside.run.dataset_version.dataset_id)
        .values_list("number", "run_id", "purpose", "run__plan__notes__prompt__number")[
            :MOST_SCORECARDS
        ]
    )
    names: dict[object, list[tuple[int, str]]] = {}
    found = RunCandidate.objects.filter(run__in=[one[1] for one in cards]).order_by("position")
    for run, place, name in found.values_list("run_id", "position", "name"):
        names.setdefault(run, []).append((place, name))
    return [
        SideChoice(
            f"{number}.{place}",
            f"{name} ({_purpose(purpose)}scorecard {number}"
            f"{f', prompt {prompt}' if prompt else ''})",
        )
        for number, run, purpose, prompt in cards
        for place, name in names.get(run, [])
    ]
