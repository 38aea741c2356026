"""How far a judge agrees with people, and what it may therefore be used for. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluations.judges.enums import Label, Standing
from evaluations.judges.verdicts import JUDGE_ERROR
from evaluations.statistics.agreement import Agreement, agreement
from evaluations.statistics.judging import Confusion
from evaluations.statistics.paired import PairedCounts, mcnemar_midp

SCALE = tuple(label.value for label in Label)
# The two labels that tell a judge from chance: of one answer, or of two.
_ONE, _OTHER = (Label.PASS.value, Label.FIRST.value), (Label.FAIL.value, Label.SECOND.value)
# Where agreement and prevalence of the planning table stand: a usual judge on a usual set.
PLANNED = ((0.9, 0.8), (0.9, 0.5), (0.8, 0.5))


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers of the policy that decide what a judge may be used for."""

    labelled_min: int
    rarer_min: int
    two_raters_min: int
    kappa_low_min: float
    kappa_min: float
    below_people_max: float
    power_min: float
    judge_errors_max: float
    consistency_min: float


@dataclass(frozen=True, slots=True)
class Labelled:
    """What people said of the examples of a calibration set, by example.

    ``truth`` holds the examples with one clear label; ``split`` those whose raters differ and that
    nobody settled. ``pairs`` are the first two raters of every example that has two.
    """

    truth: Mapping[str, str]
    split: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]

    @property
    def n(self) -> int:
        """How many examples have a clear label."""
        return len(self.truth)

    @property
    def rarer(self) -> int:
        """How many examples have the rarer of pass and fail, or of the two answers preferred."""
        counts = Counter(self.truth.values())
        return min(sum(counts[label] for label in labels) for labels in (_ONE, _OTHER))

    @property
    def people(self) -> Agreement | None:
        """How far the first two raters agree; None where no example has two."""
        if not self.pairs:
            return None
        return agreement([a for a, _ in self.pairs], [b for _, b in self.pairs])


def labelled(given: Mapping[str, Mapping[str, str]], settled: Mapping[str, str]) -> Labelled:
    """Return what the labels say: ``given`` by example and rater, ``settled`` by example.

    An example's label is what most of its raters say; where they are split it is the settled one.
    """
    truth: dict[str, str] = {}
    split = []
    pairs = []
    for example, raters in given.items():
        said = list(raters.values())
        if len(said) >= 2:
            pairs.append((said[0], said[1]))
        (first, most), *others = Counter(said).most_common()
        if example in settled:
            truth[example] = settled[example]
        elif others and others[0][1] == most:
            split.append(example)
        else:
            truth[example] = first
    return Labelled(truth, tuple(split), tuple(pairs))


def calibrated(
    given: Mapping[str, Mapping[str, str]],
    settled: Mapping[str, str],
    verdicts: Mapping[str, Sequence[str]],
    rules: Rules,
    *,
    pairwise: bool = False,
    position: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the report on a judge as JSON: figures, what lacks, its standing and the reasons.

    ``verdicts`` are the judge's by example, the first one first; more than one where it was asked
    again to see its own noise. A judge_error counts as no pass, and as a disagreement.

    Of a ``pairwise`` judge they are those of both orders by the strict rule, and ``position`` is
    what `pairs.position` says of the orders. Its confusion counts "first" as the pass, over the
    pairs that people and judge both decided: a tie is no error of telling one from the other.
    """
    people = labelled(given, settled)
    judged = {key: list(said) for key, said in verdicts.items() if said}
    both = [key for key in people.truth if key in judged]
    found: Agreement | None = None
    if both:
        first, second = [people.truth[key] for key in both], [judged[key][0] for key in both]
        used = {*first, *second}
        scale = [label for label in (*SCALE, JUDGE_ERROR) if label in used]
        found = agreement(first, second, labels=scale)
    decided = [key for key in both if people.truth[key] in (*_ONE, *_OTHER)]
    if pairwise:
        decided = [key for key in decided if judged[key][0] in (*_ONE, *_OTHER)]
    confusion = Confusion.of((people.truth[key] in _ONE, judged[key][0] in _ONE) for key in decided)
    human = people.people
    errors = sum(judged[key][0] == JUDGE_ERROR for key in both)
    standing, reasons = standing_of(people, found, confusion, errors, len(both), rules)
    if pairwise and standing is not Standing.OFF and (lack := _swayed(position, rules)):
        standing, reasons = Standing.ADVISORY, [*reasons, lack]
    return {
        "position": dict(position) if position else None,
        "labelled": people.n,
        "judged": len(both),
        "rarer": people.rarer,
        "split": len(people.split),
        "two_raters": len(people.pairs),
        "people": _agreement(human),
        "judge": _agreement(found),
        "table": [list(row) for row in found.table] if found else [],
        "labels": list(found.labels) if found else [],
        "confusion": {
            "passed_as_pass": confusion.passed_as_pass,
            "passed_as_fail": confusion.passed_as_fail,
            "failed_as_pass": confusion.failed_as_pass,
            "failed_as_fail": confusion.failed_as_fail,
        },
        "sensitivity": confusion.sensitivity,
        "specificity": confusion.specificity,
        "judge_errors": errors,
        "noise": noise(judged),
        "standing": standing.value,
        "reasons": reasons,
    }


def _swayed(position: Mapping[str, Any] | None, rules: Rules) -> str:
    """Return what speaks against a judge of two answers whose verdicts depend on their order."""
    if position is None:
        return "No pair could be read in both orders."
    if position["consistency"] >= rules.consistency_min:
        return ""
    return (
        f"With the answers the other way round it says the same of {position['consistency']:.0%} of"
        f" the pairs; {rules.consistency_min:.0%} are needed."
    )


def standing_of(
    people: Labelled,
    judge: Agreement | None,
    confusion: Confusion,
    errors: int,
    judged: int,
    rules: Rules,
) -> tuple[Standing, list[str]]:
    """Return what a judge may be used for, and what speaks against more."""
    sensitivity, specificity = confusion.sensitivity, confusion.specificity
    if sensitivity is not None and specificity is not None:
        power = sensitivity + specificity
        if power <= rules.power_min + 1e-12:
            words = f"Sensitivity and specificity add up to {power:.2f}; chance gives 1.00."
            return Standing.OFF, [words]
    lacks = _lacking(people, judged, rules)
    if judged and errors / judged > rules.judge_errors_max:
        lacks.append(f"{errors} of {judged} outputs could not be read.")
    if judge is None or judge.kappa is None or judge.interval is None:
        lacks.append("Kappa is undefined: everybody gave one label.")
        return Standing.ADVISORY, lacks
    if judge.interval.low < rules.kappa_low_min:
        lacks.append(
            f"Kappa's lower limit is {judge.interval.low:.2f}; {rules.kappa_low_min:.2f} is needed."
        )
    if judge.kappa < rules.kappa_min:
        lacks.append(f"Kappa is {judge.kappa:.2f}; {rules.kappa_min:.2f} is needed.")
    human = people.people
    if human is not None and human.kappa is not None:
        least = human.kappa - rules.below_people_max
        if judge.kappa < least - 1e-12:
            lacks.append(
                f"People agree with each other at {human.kappa:.2f}; the judge must reach"
                f" {least:.2f}."
            )
    elif human is not None:
        lacks.append("The kappa of people is undefined: both gave one label throughout.")
    return (Standing.ADVISORY if lacks else Standing.USABLE), lacks


def _lacking(people: Labelled, judged: int, rules: Rules) -> list[str]:
    found = []
    if people.n < rules.labelled_min:
        found.append(f"{people.n} examples are labelled; {rules.labelled_min} are needed.")
    if people.rarer < rules.rarer_min:
        found.append(f"The rarer label has {people.rarer} examples; {rules.rarer_min} are needed.")
    if len(people.pairs) < rules.two_raters_min:
        found.append(
            f"Two people labelled {len(people.pairs)} examples; {rules.two_raters_min} are needed."
        )
    if people.split:
        found.append(f"On {len(people.split)} examples raters differ and nobody settled it.")
    if judged < people.n:
        found.append(f"The judge was asked about {judged} of {people.n} labelled examples.")
    return found


def noise(verdicts: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return how often a judge that is asked again says the same: over examples asked repeatedly.

    ``agreement`` is the share of pairs of verdicts on one example that are equal.
    """
    pairs = same = 0
    examples = 0
    for said in verdicts.values():
        if len(said) < 2:
            continue
        examples += 1
        for place, one in enumerate(said):
            for other in said[place + 1 :]:
                pairs += 1
                same += one == other
    return {"examples": examples, "pairs": pairs, "agreement": same / pairs if pairs else None}


@dataclass(frozen=True, slots=True)
class Drift:
    """How a judge's verdicts on its anchors stand today against those of its calibration.

    ``missing`` counts the anchors of the calibration that were not judged today.
    """

    n: int
    changed: int
    p: float
    kappa: float | None
    words: str
    missing: int = 0

    @property
    def alarm(self) -> bool:
        """Whether the ruler changed."""
        return bool(self.words)

    @property
    def unchecked(self) -> bool:
        """Whether so few anchors were judged again that they say nothing."""
        return self.missing > self.n


def drift(
    before: Mapping[str, str],
    today: Mapping[str, str],
    truth: Mapping[str, str],
    kappa_low: float,
    alpha: float = 0.05,
    *,
    pairwise: bool = False,
) -> Drift:
    """Return whether the verdicts on the anchors moved.

    They did when McNemar's mid-p of pass against the stored verdicts is below ``alpha``, or the
    kappa with people on the anchors fell below ``kappa_low``, the lowest that is accepted at all.
    Not the lower limit of the judge's own calibration: that one is about the whole set, and forty
    anchors fall below it by chance alone. An anchor whose verdict cannot be read counts as no
    pass; one that was not judged today is counted as missing. Of a ``pairwise`` judge the test is
    about preferring what people prefer.
    """
    keys = [key for key in before if key in today]
    missing = len(before) - len(keys)

    def held(key: str, said: str) -> bool:
        return said == truth.get(key) if pairwise else said == Label.PASS.value

    counts = PairedCounts.of((held(key, before[key]), held(key, today[key])) for key in keys)
    p = mcnemar_midp(counts)
    known = [key for key in keys if key in truth]
    kappa = (
        agreement([truth[key] for key in known], [today[key] for key in known]).kappa
        if known
        else None
    )
    changed = sum(before[key] != today[key] for key in keys)
    words = ""
    if p < alpha:
        words = f"{changed} of {len(keys)} anchors are judged otherwise than before (p = {p:.3f})."
    elif kappa is not None and kappa < kappa_low:
        words = f"Kappa on the anchors fell to {kappa:.2f}, below the accepted {kappa_low:.2f}."
    return Drift(len(keys), changed, p, kappa, words, missing)


def _agreement(found: Agreement | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "n": found.n,
        "percent": found.percent,
        "kappa": found.kappa,
        "low": found.interval.low if found.interval else None,
        "high": found.interval.high if found.interval else None,
        "ac1": found.ac1,
    }
