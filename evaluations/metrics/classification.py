"""Classes: one label per answer, and what many of them say together."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from evaluations.metrics.expected import expected_fields, references
from evaluations.metrics.normalising import fold
from evaluations.metrics.structured import flatten, read_json
from evaluations.metrics.types import (
    About,
    Answer,
    Arguments,
    Counts,
    ExampleView,
    Family,
    Metric,
    Observation,
    Scale,
    Score,
    Summary,
    SummaryFigure,
    SummaryTable,
    arguments_schema,
    binary,
    rate,
)

UNPARSED = "(unparsed)"
NO_ANSWER = "(no answer)"
_OTHERS = "(others)"
_LONGEST = 100
_SHOWN_CLASSES = 20


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Precision, recall and F1 of one class (0 where undefined, as scikit-learn), its examples."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Confusion:
    """How often each true class was read as which: counts by (true, predicted).

    Classes are the union of both sides, so an answer that cannot be read is a class of its own and
    lowers the macro means.
    """

    counts: Mapping[tuple[str, str], int]

    @cached_property
    def labels(self) -> list[str]:
        """Every class of either side, in order."""
        true, said = self._margins
        return sorted(true.keys() | said.keys())

    @cached_property
    def n(self) -> int:
        """The number of answers."""
        return sum(self.counts.values())

    @cached_property
    def right(self) -> int:
        """The number of right answers."""
        return sum(count for (true, said), count in self.counts.items() if true == said)

    @cached_property
    def _each(self) -> dict[str, ClassFigures]:
        true, said = self._margins
        found = {}
        for label in self.labels:
            hit = self.counts.get((label, label), 0)
            expected, read = true.get(label, 0), said.get(label, 0)
            found[label] = ClassFigures(
                precision=hit / read if read else 0.0,
                recall=hit / expected if expected else 0.0,
                f1=2.0 * hit / (expected + read),
                support=expected,
            )
        return found

    def per_class(self) -> Mapping[str, ClassFigures]:
        """The figures of each class."""
        return self._each

    def macro(self) -> ClassFigures:
        """Plain means over the classes."""
        each = list(self.per_class().values())
        return ClassFigures(
            math.fsum(one.precision for one in each) / len(each),
            math.fsum(one.recall for one in each) / len(each),
            math.fsum(one.f1 for one in each) / len(each),
            self.n,
        )

    def macro_f1(self) -> float:
        """The plain mean of F1 over the classes."""
        true, said = self._margins
        hits = self.counts.get
        return math.fsum(
            2.0 * hits((label, label), 0) / (true.get(label, 0) + said.get(label, 0))
            for label in self.labels
        ) / len(self.labels)

    def weighted(self) -> ClassFigures:
        """Means over the classes, weighted by their true answers."""
        each = list(self.per_class().values())
        return ClassFigures(
            math.fsum(one.precision * one.support for one in each) / self.n,
            math.fsum(one.recall * one.support for one in each) / self.n,
            math.fsum(one.f1 * one.support for one in each) / self.n,
            self.n,
        )

    def balanced_accuracy(self) -> float:
        """Mean recall over the classes that truly occur."""
        hits = self.counts.get
        true = self._margins[0]
        recalls = [hits((label, label), 0) / k for label, k in true.items() if k]
        return math.fsum(recalls) / len(recalls)

    def matthews(self) -> float:
        """Matthews correlation for several classes (Gorodkin 2004); 0 where undefined."""
        true, said = self._margins
        n, right = self.n, self.right
        over = right * n - sum(k * said.get(label, 0) for label, k in true.items())
        under = (n * n - sum(k * k for k in said.values())) * (
            n * n - sum(k * k for k in true.values())
        )
        return over / math.sqrt(under) if under else 0.0

    @cached_property
    def _margins(self) -> tuple[dict[str, int], dict[str, int]]:
        true: dict[str, int] = {}
        said: dict[str, int] = {}
        for (one, other), count in self.counts.items():
            true[one] = true.get(one, 0) + count
            said[other] = said.get(other, 0) + count
        return true, said


def true_label(example: ExampleView, field: str) -> str | None:
    """The one right label of an example: its field, or its single reference; None without one."""
    if field:
        leaves = flatten(expected_fields(example) or {})
        return _label(leaves[field]) if field in leaves else None
    given = references(example)
    return given[0].strip() or None if len(given) == 1 else None


def read_label(answer: Answer, field: str, allow_fenced: bool = False) -> str:
    """The label that an answer gives; UNPARSED when it gives none, NO_ANSWER when none came."""
    if answer.error:
        return NO_ANSWER
    if field:
        value, fenced, wrong = read_json(answer.text)
        if wrong or (fenced and not allow_fenced) or not isinstance(value, Mapping):
            return UNPARSED
        return _label(flatten(value).get(field)) or UNPARSED
    text = answer.text.strip().strip("\"'`*.").strip()
    return text if text and "\n" not in text and len(text) <= _LONGEST else UNPARSED


def _label(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value).strip()[:_LONGEST] or None
    return None


def _pair(example: ExampleView, answer: Answer, arguments: Arguments) -> tuple[str, str]:
    true = true_label(example, arguments["field"]) or ""
    said = read_label(answer, arguments["field"], arguments["allow_fenced"])
    if not arguments["labels"]:
        return fold(true), said if said in (UNPARSED, NO_ANSWER) else fold(said)
    known = {fold(label): label for label in arguments["labels"]}
    if said in (UNPARSED, NO_ANSWER):
        return known.get(fold(true), true), said
    return known.get(fold(true), true), known.get(fold(said), UNPARSED)


def _classification(example: ExampleView, answer: Answer, arguments: Arguments) -> Score:
    true, said = _pair(example, answer, arguments)
    return binary(true == said, "" if true == said else f"{true} read as {said}")


def _observe(example: ExampleView, answer: Answer, arguments: Arguments) -> Observation:
    return _pair(example, answer, arguments)


def _summarise(counts: Counts, arguments: Arguments) -> Summary:
    found = _confusion(counts)
    if not found.n:
        return Summary(())
    return Summary(_figures_of(found), (_matrix(found), _classes(found)))


def _figures(counts: Counts, arguments: Arguments) -> tuple[SummaryFigure, ...]:
    found = _confusion(counts)
    return _figures_of(found) if found.n else ()


def _confusion(counts: Counts) -> Confusion:
    return Confusion({(str(true), str(said)): k for (true, said), k in counts.items()})


def _figures_of(found: Confusion) -> tuple[SummaryFigure, ...]:
    n = found.n
    return (
        rate("accuracy", "Accuracy", found.right, n),
        SummaryFigure("balanced_accuracy", "Balanced accuracy", found.balanced_accuracy(), n),
        SummaryFigure("macro_f1", "Macro F1", found.macro_f1(), n),
        SummaryFigure("mcc", "Matthews correlation", found.matthews(), n, unit="number"),
    )


def _shown(found: Confusion) -> list[str]:
    """The classes that a table shows: the frequent ones, then in order."""
    size: Counter[str] = Counter()
    for pair, count in found.counts.items():
        for label in pair:
            size[label] += count
    often = sorted(size, key=lambda label: (-size[label], label))[:_SHOWN_CLASSES]
    return sorted(often)


def _matrix(found: Confusion) -> SummaryTable:
    shown = _shown(found)
    heads = shown if len(shown) == len(found.labels) else [*shown, _OTHERS]
    cells: Counter[tuple[str, str]] = Counter()
    for (true, said), count in found.counts.items():
        row = true if true in shown else _OTHERS
        cells[row, said if said in shown else _OTHERS] += count
    return SummaryTable(
        "confusion",
        "Confusion matrix",
        "Expected, read as",
        tuple(heads),
        tuple((head, tuple(cells[head, other] for other in heads)) for head in heads),
    )


def _classes(found: Confusion) -> SummaryTable:
    figures = found.per_class()
    return SummaryTable(
        "classes",
        "By class",
        "Class",
        ("Precision", "Recall", "F1", "Expected"),
        tuple(
            (
                label,
                (
                    figures[label].precision,
                    figures[label].recall,
                    figures[label].f1,
                    figures[label].support,
                ),
            )
            for label in _shown(found)
        ),
    )


def _has_label(example: ExampleView, arguments: Arguments) -> bool:
    return true_label(example, arguments["field"]) is not None


METRICS = (
    Metric(
        name="classification",
        version=1,
        label="Right class",
        definition=(
            "The answer gives the expected class, upper and lower case alike. An answer that "
            "cannot be read as a class, or as none of the given labels, is wrong and counted as a "
            f"class of its own, {UNPARSED}. Over all answers: confusion matrix, precision, recall "
            "and F1 by class, macro F1, balanced accuracy, Matthews correlation."
        ),
        source="as scikit-learn 1.9 with zero_division = 0; Gorodkin 2004",
        unit="share",
        scale=Scale.BINARY,
        direction="up",
        arguments=arguments_schema(
            {
                "field": {
                    "type": "string",
                    "maxLength": 200,
                    "default": "",
                    "description": "path of the class in a JSON answer; empty: the whole answer",
                },
                "labels": {
                    "type": "array",
                    "items": {"type": "string", "minLength": 1, "maxLength": _LONGEST},
                    "maxItems": 200,
                    "default": [],
                    "description": "the classes there are; anything else is unparsed",
                },
                "allow_fenced": {
                    "type": "boolean",
                    "default": False,
                    "description": "read JSON inside one Markdown fence as well",
                },
            }
        ),
        compute=_classification,
        applies=_has_label,
        observe=_observe,
        summarise=_summarise,
        figures=_figures,
        about=About(
            family=Family.LABELS,
            formula=(
                "Per answer 1 or 0. F1 = 2·hits / (expected + read), macro F1 = plain mean over "
                "the classes, balanced accuracy = mean recall of the classes that occur"
            ),
            blind_spots=(
                "Accuracy rises with a frequent class: always answering the majority class gives "
                "0.90 where 90 % are of it, with a balanced accuracy of 0.50 and a Matthews "
                "correlation of 0.",
                "Without labels any short text counts as a class; give the labels so that an "
                "invented class is seen as one.",
                "A mistake between near classes weighs as much as one between far ones.",
            ),
            agrees_with="structured_metrics.json, classification: 12 rows of scikit-learn 1.9",
        ),
    ),
)
