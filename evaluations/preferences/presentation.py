"""Studies as pages show them: a rater's next pair without names, and what a closed one showed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from evaluations.datasets.models import ExampleRevision
from evaluations.datasets.ordering import in_order, input_names
from evaluations.preferences.enums import StudyState
from evaluations.preferences.limits import limits
from evaluations.preferences.models import Rating, Study, StudyRater
from evaluations.preferences.selectors import Progress, counted, next_rating
from evaluations.statistics.comparison import Verdict
from portal.shell.formats import MISSING, number, percent

# What a screen shows of one text; a whole model's context would freeze it.
LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Text:
    """One text with its name; ``cut`` is how many of its characters are left out."""

    name: str
    text: str
    cut: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """What a rater sees: the example and two answers. No name, figure or number of a model."""

    id: UUID
    place: int
    total: int
    given: tuple[Text, ...]
    context: tuple[Text, ...]
    a: Text
    b: Text

    @property
    def done(self) -> int:
        """How many pairs were rated before this one."""
        return self.place - 1


@dataclass(frozen=True, slots=True)
class Ask:
    """Where a rater stands: the next pair, or none when they are through."""

    task: Task | None
    rated: int
    planned: int


def ask(seat: StudyRater) -> Ask:
    """Return where a rater stands; two queries, whichever side anything is on."""
    rated, planned = counted(seat)
    waiting = next_rating(seat)
    return Ask(task_of(waiting, rated, planned) if waiting else None, rated, planned)


def task_of(rating: Rating, rated: int, planned: int) -> Task:
    """Return one pair as a rater sees it."""
    pair = rating.pair
    first, second = pair.first.output, pair.second.output
    a, b = (first, second) if rating.first_is_a else (second, first)
    return Task(
        id=rating.pk,
        place=rated + 1,
        total=planned,
        given=tuple(_given(pair.revision)),
        context=tuple(
            _text(str(one.get("title") or f"Document {place}"), str(one.get("text", "")))
            for place, one in enumerate(pair.revision.context, start=1)
        ),
        a=_text("Answer A", a),
        b=_text("Answer B", b),
    )


def _given(revision: ExampleRevision) -> list[Text]:
    if isinstance(revision.input, Mapping):
        read = in_order(revision.input, input_names(revision.dataset))
        return [_text(str(name), _plain(value)) for name, value in read.items()]
    return [_text("", _plain(revision.input))]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def _text(name: str, text: str) -> Text:
    return Text(name, text[:LONGEST], max(0, len(text) - LONGEST))


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """One comparison of a closed study."""

    facts: Mapping[str, Any]
    label: str
    tone: str
    interval: str
    by_rater: str
    decided: str


@dataclass(frozen=True, slots=True)
class ResultView:
    """What a closed study showed."""

    document: Mapping[str, Any]
    comparisons: tuple[ComparisonView, ...]
    agreement: tuple[tuple[str, str, str], ...]
    left_out: tuple[tuple[str, int], ...]


_LABELS = {
    Verdict.BETTER: ("preferred", "pass"),
    Verdict.WORSE: ("preferred", "pass"),
    Verdict.CANNOT_TELL: ("cannot tell", "none"),
}


def result_of(study: Study) -> ResultView | None:
    """Return the result of a closed study, None of an open one."""
    document = study.document
    if document is None:
        return None
    return ResultView(
        document=document,
        comparisons=tuple(_comparison(one) for one in document["comparisons"]),
        agreement=tuple(_agreement(document["agreement"])),
        left_out=tuple(_left_out(document["comparisons"])),
    )


def _comparison(one: Mapping[str, Any]) -> ComparisonView:
    verdict = Verdict(one["verdict"])
    words, tone = _LABELS[verdict]
    who = {Verdict.BETTER: one["first"], Verdict.WORSE: one["second"]}.get(verdict)
    decided = one["decided"]
    return ComparisonView(
        facts=one,
        label=f"{who} {words}" if who else words,
        tone=tone,
        interval=_span(one) if one["low"] is not None else "no interval",
        by_rater=_span(one["by_rater"])
        if one["by_rater"] and one["by_rater"]["low"] is not None
        else "",
        decided=_decided(decided) if decided else MISSING,
    )


def _decided(one: Mapping[str, Any]) -> str:
    n = one["wins"] + one["losses"]
    if not n:
        return "no pair was decided"
    p = one["p_adjusted"]
    chance = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    return f"{number(one['wins'])} of {number(n)} pairs, {_span(one)}, {chance}"


def _span(one: Mapping[str, Any]) -> str:
    return f"{percent(one['low'])} to {percent(one['high'])}"


def _coefficient(value: float | None) -> str:
    return "undefined" if value is None else number(value, 2)


def _agreement(one: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    if not one["compared"]:
        return []
    found = [
        (
            "Same verdict",
            percent(one["percent"]),
            f"of {number(one['compared'])} times that two people judged one pair",
        )
    ]
    if one["cohen"]:
        cohen = one["cohen"]
        known = cohen["low"] is not None
        span = f"{number(cohen['low'], 2)} to {number(cohen['high'], 2)}, " if known else ""
        found.append(
            (
                "Cohen's kappa",
                _coefficient(cohen["value"]),
                f"{span}AC1 {_coefficient(cohen['ac1'])}, n {number(cohen['n'])}",
            )
        )
    if one["fleiss"]:
        found.append(
            (
                "Fleiss' kappa",
                _coefficient(one["fleiss"]["value"]),
                f"n {number(one['fleiss']['n'])}",
            )
        )
    found.append(
        ("Krippendorff's alpha", _coefficient(one["krippendorff"]), "pairs may lack a verdict")
    )
    return found


def _left_out(comparisons: list[dict[str, Any]]) -> list[tuple[str, int]]:
    sums = {
        "the same answer twice": sum(one["identical"] for one in comparisons),
        "an answer is missing": sum(one["unanswered"] for one in comparisons),
        "an answer names a model": sum(one["named"] for one in comparisons),
        "held out": sum(one["held_out"] for one in comparisons),
    }
    return [(words, count) for words, count in sums.items() if count]


def facts_of(study: Study, found: Progress) -> list[dict[str, str]]:
    """Return the figures at the head of a study's page."""
    enough = limits(study.workload.tier).raters_min
    return [
        {"label": "Pairs", "value": number(found.pairs), "note": "drawn by chance, by kind"},
        {"label": "Raters", "value": number(len(found.raters)), "note": f"at least {enough}"},
        {
            "label": "Verdicts",
            "value": number(found.rated),
            "note": f"of {number(found.planned)} asked",
        },
        {
            "label": "Complete pairs",
            "value": number(found.complete_pairs),
            "note": f"have {enough} verdicts or more",
        },
    ]


@dataclass(frozen=True, slots=True)
class Line:
    """One study in a list; it names no candidate."""

    study: Study
    state: StudyState
    candidates: int
    pairs: int


def line_of(study: Study) -> Line:
    """Return how a list shows a study."""
    return Line(
        study, StudyState(study.state), len(study.plan["candidates"]), len(study.plan["pairs"])
    )
