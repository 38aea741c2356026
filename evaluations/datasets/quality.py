"""Is a dataset good enough? What its draft covers, repeats and could show.

What takes long is worked out once for each state of a draft and kept for a day.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from rapidfuzz import fuzz, process

from evaluations.datasets.alike import NEAR, near_duplicates, text_of
from evaluations.datasets.checks import misshapen
from evaluations.datasets.enums import Kind, Problem
from evaluations.datasets.heldout import Sight
from evaluations.datasets.models import Dataset, ExampleRevision
from evaluations.datasets.selectors import draft_digest, draft_revisions
from evaluations.statistics.power import smallest_detectable_difference
from workloads.builds.steps import redact

KEPT_SECONDS = 24 * 3600
MAX_TAGS = 60
FREQUENT = 8
# Where nothing was measured yet: candidates differ on a tenth of the examples.
USUAL_DISCORDANCE = 0.1
_READ = 20_000


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found in one state of a draft: pairs much alike, and keys by what is wrong."""

    pairs: tuple[tuple[str, str, float], ...]
    complete: bool
    problems: dict[str, tuple[str, ...]]

    def keys(self, problem: Problem) -> frozenset[str]:
        """Return the keys of the examples that have this problem."""
        return frozenset(self.problems.get(problem.value, ()))

    def without(self, hidden: Set[str]) -> "Findings":
        """Return what may be told to somebody from whom the examples ``hidden`` are kept.

        A pair with one of them goes whole: how near one's own words come would be a way to guess.
        """
        pairs = tuple(pair for pair in self.pairs if not hidden & {pair[0], pair[1]})
        near = tuple(dict.fromkeys(key for pair in pairs for key in pair[:2]))
        problems = {
            name: tuple(key for key in keys if key not in hidden)
            for name, keys in self.problems.items()
        }
        return Findings(pairs, self.complete, problems | {Problem.NEAR_DUPLICATE.value: near})


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """How many examples of each kind carry one tag; ``tag`` is "" for those without any."""

    tag: str
    counts: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """Tags by kinds, most frequent first; ``left_out`` rare tags are not shown."""

    kinds: tuple[Kind, ...]
    rows: tuple[CoverageRow, ...]
    left_out: int

    @property
    def frequent(self) -> tuple[CoverageRow, ...]:
        """The rows that are shown at once: the most frequent tags, and what has none."""
        tagged = tuple(row for row in self.rows if row.tag)
        return tagged[:FREQUENT] + tuple(row for row in self.rows if not row.tag)

    @property
    def rare(self) -> tuple[CoverageRow, ...]:
        """The rows that unfold."""
        return tuple(row for row in self.rows if row.tag)[FREQUENT:]


def findings_of(
    dataset: Dataset, drafted: Callable[[], Sequence[ExampleRevision]] | None = None
) -> Findings:
    """Return what there is to find in the draft as it is now.

    ``drafted`` gives its examples where the caller has them already.
    """
    name = f"datasets:findings:1:{dataset.pk}:{draft_digest(dataset)}"
    kept = cache.get(name)
    if kept is None:
        rows = drafted() if drafted else draft_revisions(dataset)
        found = _findings(dataset, rows)
        kept = [list(map(list, found.pairs)), found.complete, found.problems]
        cache.set(name, kept, KEPT_SECONDS)
    pairs, complete, problems = kept
    return Findings(
        tuple((str(one), str(other), float(alike)) for one, other, alike in pairs),
        bool(complete),
        {problem: tuple(keys) for problem, keys in problems.items()},
    )


def findings_for(
    dataset: Dataset,
    sight: Sight,
    drafted: Callable[[], Sequence[ExampleRevision]] | None = None,
) -> Findings:
    """Return of `findings_of` what whoever has this ``sight`` may be told."""
    found = findings_of(dataset, drafted)
    return found if sight.allowed else found.without(sight.keys)


def _findings(dataset: Dataset, rows: Sequence[ExampleRevision]) -> Findings:
    likeness = near_duplicates([text_of(one.input, one.context) for one in rows])
    pairs = tuple((rows[p.one].key, rows[p.other].key, p.alike) for p in likeness.pairs)
    problems = {
        Problem.NEAR_DUPLICATE.value: tuple(dict.fromkeys(key for p in pairs for key in p[:2])),
        Problem.PERSONAL_DATA.value: tuple(
            one.key for one in rows if may_hold_personal_data(one.input, one.context, one.expected)
        ),
        Problem.SHAPE.value: misshapen(dataset, rows),
        Problem.UNTAGGED.value: tuple(one.key for one in rows if not one.tags),
    }
    return Findings(pairs, likeness.complete, problems)


def may_hold_personal_data(*values: Any) -> bool:
    """Whether a pattern finds a mail address, a card number or an IBAN in ``values``.

    Names are not found, so nothing found is no proof.
    """
    text = json.dumps(values, ensure_ascii=False)[:_READ]
    return redact(text) != text


def most_alike(text: str, others: Mapping[str, str]) -> tuple[str, float] | None:
    """Return the key of the text that is most like ``text`` and how much, if any is near."""
    best = process.extractOne(text, others, scorer=fuzz.ratio, processor=None, score_cutoff=NEAR)
    return (best[2], round(float(best[1]), 1)) if best is not None else None


def coverage(rows: Sequence[ExampleRevision], sight: Sight) -> Coverage:
    """Return how the tags are spread over the kinds, without the tags of what is hidden."""
    counts: dict[str, Counter[str]] = {}
    for one in rows:
        if sight.holds_out(one) and not sight.allowed:
            continue
        for tag in one.tags or ("",):
            counts.setdefault(tag, Counter())[one.kind] += 1
    kinds = tuple(Kind)
    order = sorted(counts, key=lambda tag: (tag == "", -counts[tag].total(), tag))
    shown = [tag for tag in order if tag][:MAX_TAGS] + [tag for tag in order if not tag]
    return Coverage(
        kinds,
        tuple(
            CoverageRow(tag, tuple(counts[tag][kind] for kind in kinds), counts[tag].total())
            for tag in shown
        ),
        max(0, len([tag for tag in order if tag]) - MAX_TAGS),
    )


def smallest_difference(n: int) -> float | None:
    """Return the smallest difference of two pass rates that ``n`` examples can show, a share.

    McNemar's test, two-sided 5 %, 80 % power, when candidates differ on a tenth of the examples;
    None where no difference could be shown.
    """
    return smallest_detectable_difference(n, USUAL_DISCORDANCE) if n else None
