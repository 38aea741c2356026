"""What a study would ask: the pairs of answers of a run, which of them count, and the sealed plan.

Nothing is written here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from uuid import UUID

from catalog.models import CatalogEntry
from evaluations.datasets.heldout import held_out_keys
from evaluations.datasets.models import ExampleRevision
from evaluations.datasets.selectors import version_lines
from evaluations.preferences.drawing import drawn, ranked
from evaluations.preferences.limits import limits
from evaluations.preferences.models import StudyPair
from evaluations.runs.enums import RunState
from evaluations.runs.models import Result, Run
from evaluations.runs.plan import CandidatePin, RunPlan
from portal.common.canonical import canonical_bytes, jsonable
from portal.common.errors import Invalid, NotReady
from portal.common.policy import policy
from workloads.builds.models import Build
from workloads.prompts.models import PromptVersion

SCHEMA = 1
# A shorter name than this occurs in ordinary words.
_SHORTEST_NAME = 3


@dataclass(frozen=True, slots=True)
class Pool:
    """What one comparison of two candidates can ask, and what it leaves out, with the reason.

    ``eligible`` names by example the two results. ``held_out`` examples are for the last check of a
    prompt: raters may write prompts, and what they read is not recorded. ``identical`` answers
    leave nothing to prefer, ``unanswered`` lack one of the two, ``named`` holds the name of a
    candidate and would tell.
    """

    first: int
    second: int
    eligible: Mapping[UUID, tuple[UUID, UUID]]
    identical: int
    unanswered: int
    named: int
    held_out: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A study that could be opened: its plan and its pairs, which have no study yet."""

    plan: dict[str, Any]
    pairs: list[StudyPair]
    comparison_of: Mapping[int, tuple[int, int]]
    authors: Mapping[int, UUID | None]


def prepare(run: Run, places: Sequence[int], count: int, seed: int) -> Prepared:
    """Return what a study of these candidates of ``run`` asks: ``count`` pairs per comparison.

    ``places`` are their places in the run's plan. Raises NotReady (run_not_complete), or Invalid
    naming candidates (too_few, too_many, unknown) or pairs (out_of_range, too_few_pairs).
    """
    if run.state != RunState.COMPLETE:
        raise NotReady(
            "Answers can be compared once their run is complete.", code="run_not_complete"
        )
    plan = RunPlan.from_json(run.plan)
    chosen = _chosen(plan, places, run.workload.tier)
    comparisons = list(combinations(chosen, 2))
    most = limits(run.workload.tier)
    if not most.pairs_min <= count or count * len(comparisons) > most.pairs_max:
        words = f"Between {most.pairs_min} and {most.pairs_max // len(comparisons)}"
        if len(comparisons) > 1:
            words += f", for each of the {len(comparisons)} comparisons"
        raise Invalid.field("pairs", "out_of_range", f"{words}.")
    revisions = {line.revision_id: line.revision for line in version_lines(run.dataset_version)}
    pools = pools_of(run, plan, comparisons, revisions)
    order = ranked(list(revisions), seed)
    pairs: list[StudyPair] = []
    comparison_of: dict[int, tuple[int, int]] = {}
    for pool in pools:
        kinds = {key: revisions[key].kind for key in pool.eligible}
        asked = drawn(kinds, order, count)
        if len(asked) < count:
            raise _too_few(plan, pool, count)
        for key in asked:
            first, second = pool.eligible[key]
            position = len(pairs) + 1
            comparison_of[position] = (pool.first, pool.second)
            pairs.append(
                StudyPair(
                    position=position,
                    revision=revisions[key],
                    first_id=first,
                    second_id=second,
                )
            )
    return Prepared(
        plan=_sealed(run, plan, chosen, pools, pairs, comparison_of, seed),
        pairs=pairs,
        comparison_of=comparison_of,
        authors={one.position: one.revision.created_by_id for one in pairs},
    )


def _chosen(plan: RunPlan, places: Sequence[int], tier: int | None) -> list[int]:
    most = limits(tier).candidates_max
    chosen = sorted(set(places))
    if not 2 <= len(chosen) <= most:
        raise Invalid.field(
            "candidates",
            "too_few" if len(chosen) < 2 else "too_many",
            f"Choose two to {most} candidates of the run.",
        )
    if chosen[0] < 0 or chosen[-1] >= len(plan.candidates):
        raise Invalid.field("candidates", "unknown", "This run has no such candidate.")
    return chosen


def pools_of(
    run: Run,
    plan: RunPlan,
    comparisons: Iterable[tuple[int, int]],
    revisions: Mapping[UUID, ExampleRevision],
) -> list[Pool]:
    """Return what each comparison can ask, from the first answer to each example."""
    rows = Result.objects.filter(run=run, error_class="").order_by("repeat")
    answers: dict[tuple[int, UUID], tuple[UUID, str]] = {}
    for place, revision, pk, text in rows.values_list(
        "candidate__position", "revision_id", "pk", "output"
    ):
        answers.setdefault((place, revision), (pk, text))
    telling = _telling(plan)
    given = {key: _given(one) for key, one in revisions.items()}
    kept_back = held_out_keys(run.dataset_version.dataset)
    held = {pk for pk, one in revisions.items() if one.held_out or one.key in kept_back}
    found = []
    for first, second in comparisons:
        eligible: dict[UUID, tuple[UUID, UUID]] = {}
        identical = unanswered = named = 0
        for key in revisions:
            left, right = answers.get((first, key)), answers.get((second, key))
            if key in held:
                continue
            if left is None or right is None:
                unanswered += 1
            elif left[1].strip() == right[1].strip():
                identical += 1
            elif _tells(telling, given[key], left[1], right[1]):
                named += 1
            else:
                eligible[key] = (left[0], right[0])
        found.append(Pool(first, second, eligible, identical, unanswered, named, len(held)))
    return found


def _telling(plan: RunPlan) -> re.Pattern[str] | None:
    """The names that would tell a rater whose answer this is."""
    entries = CatalogEntry.objects.in_bulk(
        [UUID(pin.entry_id) for pin in plan.candidates if pin.entry_id]
    )
    names = {name for pin in plan.candidates for name in (pin.name, pin.alias)}
    for one in entries.values():
        names |= {one.provider, one.model, one.snapshot}
    names |= {part for name in list(names) for part in name.split("/")}
    long_enough = sorted(re.escape(name) for name in names if len(name) >= _SHORTEST_NAME)
    if not long_enough:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(long_enough)})(?!\w)", re.IGNORECASE)


def _tells(telling: re.Pattern[str] | None, given: str, *answers: str) -> bool:
    """Whether an answer holds a name of a candidate that the example itself does not hold."""
    if telling is None:
        return False
    said = {match.casefold() for text in answers for match in telling.findall(text)}
    return bool(said) and not said <= {match.casefold() for match in telling.findall(given)}


def _given(revision: ExampleRevision) -> str:
    return canonical_bytes([revision.input, revision.context]).decode("utf-8", "replace")


def _too_few(plan: RunPlan, pool: Pool, count: int) -> Invalid:
    names = f"{plan.candidates[pool.first].name} and {plan.candidates[pool.second].name}"
    left_out = [
        f"{number} {words}"
        for number, words in (
            (pool.identical, "have the same answer twice"),
            (pool.unanswered, "lack an answer"),
            (pool.named, "would tell by the name of a model"),
            (pool.held_out, "are held out"),
        )
        if number
    ]
    why = f" ({', '.join(left_out)})" if left_out else ""
    return Invalid.field(
        "pairs",
        "too_few_pairs",
        f"{names} can be compared on {len(pool.eligible)} examples{why}; {count} are asked for.",
    )


def _sealed(
    run: Run,
    plan: RunPlan,
    chosen: Sequence[int],
    pools: Sequence[Pool],
    pairs: Sequence[StudyPair],
    comparison_of: Mapping[int, tuple[int, int]],
    seed: int,
) -> dict[str, Any]:
    version = run.dataset_version
    found: dict[str, Any] = jsonable(
        {
            "schema": SCHEMA,
            "workload": run.workload.ref,
            "run": {"id": run.pk, "number": run.number, "digest": run.digest},
            "dataset": {
                "ref": version.dataset.ref,
                "version": version.number,
                "digest": version.digest,
                "n": version.n,
            },
            "candidates": [_candidate(place, plan.candidates[place]) for place in chosen],
            "comparisons": [
                {
                    "first": pool.first,
                    "second": pool.second,
                    "eligible": len(pool.eligible),
                    "identical": pool.identical,
                    "unanswered": pool.unanswered,
                    "named": pool.named,
                    "held_out": pool.held_out,
                }
                for pool in pools
            ],
            "pairs": [
                {
                    "position": one.position,
                    "example": one.revision.key,
                    "kind": one.revision.kind,
                    "revision": one.revision.digest,
                    "first": comparison_of[one.position][0],
                    "second": comparison_of[one.position][1],
                }
                for one in pairs
            ],
            # As text: JSON numbers are exact only up to 2^53.
            "seed": str(seed),
            "policy_digest": policy().digest,
            "limits": limits(run.workload.tier).as_json(),
        }
    )
    return found


def _candidate(place: int, pin: CandidatePin) -> dict[str, Any]:
    return {
        "place": place,
        "name": pin.name,
        "alias": pin.alias,
        "entry_id": pin.entry_id,
        "entry_digest": pin.entry_digest,
        "prompt_digest": pin.prompt_digest,
        "build_digest": pin.build_digest,
        "params": dict(pin.params),
    }


def prompt_authors(run: Run, places: Iterable[int]) -> set[UUID]:
    """Return who wrote in the prompts, or made the builds, of these candidates of ``run``."""
    pins = RunPlan.from_json(run.plan).candidates
    chosen = [pins[place] for place in places]
    versions = {UUID(pin.prompt_version_id) for pin in chosen if pin.prompt_version_id}
    builds = Build.objects.filter(pk__in=[pin.build_id for pin in chosen if pin.build_id])
    found: set[UUID | None] = set()
    for build_id, version_id in builds.values_list("created_by_id", "prompt_version_id"):
        found.add(build_id)
        versions.add(version_id)
    rows = PromptVersion.objects.filter(pk__in=versions)
    for author, authors in rows.values_list("created_by_id", "authors"):
        found |= {author, *authors}
    return {one for one in found if one is not None}
