"""What a metric reads and gives: plain frozen data, no Django."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal


class Outcome(StrEnum):
    """What became of one score.

    SCORED: there is a value. MISSING: there was nothing to score, because no answer arrived or the
    metric does not apply to the example. ERROR: the metric failed on this answer. Only SCORED
    counts towards a value; the others are counted and shown.
    """

    SCORED = "scored"
    MISSING = "missing"
    ERROR = "error"


class Scale(StrEnum):
    """How values of a metric may be summed up.

    BINARY: 0 or 1 (rates, McNemar). GRADED: 0 to 1 (means, paired t). QUANTITY: an amount in the
    metric's unit (percentiles, ratios).
    """

    BINARY = "binary"
    GRADED = "graded"
    QUANTITY = "quantity"


@dataclass(frozen=True, slots=True)
class ExampleView:
    """One golden example as a metric sees it; `expected` is read by `evaluations.metrics.expected`.

    `expects` is answer, refuse, clarify or escalate. `context` holds documents, each with `id` and
    `text` (other keys, such as `title`, count as text too).
    """

    key: str
    kind: str
    input: Mapping[str, Any]
    expected: Any
    expects: str = "answer"
    must_include: tuple[str, ...] = ()
    must_not_include: tuple[str, ...] = ()
    context: tuple[Mapping[str, str], ...] = ()
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one example.

    `error` names the error class when no usable answer arrived ("" otherwise). Times are in
    milliseconds; `tokens_cached` are part of `tokens_in`; `cost` is in the price list's currency.
    """

    text: str
    finish_reason: str = "stop"
    refused: bool = False
    error: str = ""
    latency_ms: float | None = None
    ttft_ms: float | None = None
    tokens_in: int | None = None
    tokens_cached: int = 0
    tokens_out: int | None = None
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """The result of a metric on one answer. `passed` is None where there is nothing to pass."""

    outcome: Outcome
    value: float | None
    passed: bool | None
    detail: str = ""


class Family(StrEnum):
    """What a metric looks at; the value is how lists name it."""

    TEXT = "Text against a reference"
    STRUCTURED = "Structured answers"
    LABELS = "Classes"
    RETRIEVAL = "Retrieval"
    GROUNDING = "Grounding"
    SAFETY = "Refusals and leaks"
    EFFORT = "Time and money"
    OWN = "Your organisation's own"


@dataclass(frozen=True, slots=True)
class About:
    """What a reader should know before trusting a metric.

    `formula` in one line, `blind_spots` what it does not see, `agrees_with` the reference tables
    that it is compared with, row by row.
    """

    family: Family = Family.OWN
    formula: str = ""
    blind_spots: tuple[str, ...] = ()
    agrees_with: str = ""


Observation = tuple[Hashable, ...]
"""What a summary keeps of one call: a pair of labels, say. Equal calls have equal ones."""


@dataclass(frozen=True, slots=True)
class SummaryFigure:
    """One figure over many calls; None where it is undefined.

    `passed` is set for a rate (`passed` of `n`), so that an interval for rates can be used.
    """

    key: str
    label: str
    value: float | None
    n: int
    passed: int | None = None
    unit: str = "share"


@dataclass(frozen=True, slots=True)
class SummaryTable:
    """A table beside the figures. Counts are whole numbers, shares are floats."""

    key: str
    label: str
    corner: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int | float | None, ...]], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a metric says of many calls that no mean of single scores can say."""

    figures: tuple[SummaryFigure, ...]
    tables: tuple[SummaryTable, ...] = ()


NOT_APPLICABLE = "not applicable"
"""How the detail of a score begins when the example has nothing for the metric to compare with."""

Arguments = Mapping[str, Any]
Compute = Callable[[ExampleView, Answer, Arguments], Score]
Observe = Callable[[ExampleView, Answer, Arguments], Observation]
Counts = Mapping[Observation, int]
Summarise = Callable[[Counts, Arguments], Summary]
Figures = Callable[[Counts, Arguments], tuple[SummaryFigure, ...]]


def _always(example: ExampleView, arguments: Arguments) -> bool:
    return True


@dataclass(frozen=True)
class Metric:
    """A named, versioned, pure measure.

    `arguments` is a JSON Schema (Draft 2020-12) of an object; each optional property has a
    `default`. `applies` says beforehand whether an example can be scored at all, `check_arguments`
    refuses what the schema cannot express (raising ArgumentError), `scale_with` gives the scale
    where it depends on the arguments. Answers whose error class is in `scored_errors` are scored,
    all others are missing.

    A figure over the whole corpus, such as a macro F1, is no mean of single scores: `observe` says
    what to keep of one call (also of one without an answer: `answer.error` is set then), and
    `summarise` makes the figures from how often each observation was seen. It sees counts only, so
    the order of the calls cannot matter, and a bootstrap draws counts. `figures` gives the figures
    of `summarise` without its tables, for where they are made a thousand times; it may be left out.

    `origin` is empty for a metric of the portal, the distribution and its version for a plug,
    "declared" for one that was made on its page; `digest` seals a declared definition.
    """

    name: str
    version: int
    label: str
    definition: str
    source: str
    unit: str
    scale: Scale
    direction: Literal["up", "down"]
    arguments: Mapping[str, Any]
    compute: Compute
    applies: Callable[[ExampleView, Arguments], bool] = _always
    check_arguments: Callable[[Arguments], None] | None = None
    scale_with: Callable[[Arguments], Scale] | None = None
    scored_errors: frozenset[str] = field(default_factory=frozenset)
    observe: Observe | None = None
    summarise: Summarise | None = None
    figures: Figures | None = None
    about: About = field(default_factory=About)
    origin: str = ""
    digest: str = ""

    @cached_property
    def defaults(self) -> Arguments:
        """The default of every argument that has one."""
        properties: Mapping[str, Any] = self.arguments.get("properties", {})
        return {name: rule["default"] for name, rule in properties.items() if "default" in rule}


class UnknownMetric(KeyError):
    """No metric of that name (and version) is registered."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class ArgumentError(ValueError):
    """An argument of a metric is wrong.

    `field` says which, `message` what is wrong and what would be right.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message


def binary(passed: bool, detail: str = "") -> Score:
    """A scored pass (1) or fail (0)."""
    return Score(Outcome.SCORED, 1.0 if passed else 0.0, passed, detail)


def graded(value: float, passed: bool | None = None, detail: str = "") -> Score:
    """A scored value between 0 and 1."""
    return Score(Outcome.SCORED, value, passed, detail)


def missing(detail: str) -> Score:
    """Nothing to score, and why."""
    return Score(Outcome.MISSING, None, None, detail)


def rate(key: str, label: str, passed: int, n: int) -> SummaryFigure:
    """A rate of a summary; undefined where nothing counts for it."""
    return SummaryFigure(key, label, passed / n if n else None, n, passed if n else None)


def total(counts: Counts, kept: Sequence[Observation] | None = None) -> int:
    """How many calls were seen, or how many of the kept observations."""
    return sum(counts.values()) if kept is None else sum(counts.get(one, 0) for one in kept)


def no_arguments() -> dict[str, Any]:
    """The argument schema of a metric without arguments."""
    return arguments_schema({})


# How near a number has to be to the right one: the arguments of math.isclose.
TOLERANCES: Mapping[str, Any] = {
    "rel_tol": {
        "type": "number",
        "minimum": 0,
        "maximum": 1,
        "default": 1e-9,
        "title": "Relative tolerance",
        "description": "how far a number may be off, as a share of the larger of both",
    },
    "abs_tol": {
        "type": "number",
        "minimum": 0,
        "default": 0.0,
        "title": "Absolute tolerance",
        "description": "the same in its own unit, needed where the right number is 0",
    },
}


def arguments_schema(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A closed argument schema with the given properties."""
    return {"type": "object", "properties": dict(properties), "additionalProperties": False}
