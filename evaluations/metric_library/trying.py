"""Scoring one answer that somebody typed: nothing is stored, everything is bounded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluations.metrics import registry
from evaluations.metrics.strict_json import InvalidJson, parse
from evaluations.metrics.types import Answer, ExampleView, Family, Metric, Outcome, Score

MOST_CHARACTERS = 20_000
_BY_FAMILY = {
    Family.TEXT: ("expected",),
    Family.STRUCTURED: ("expected",),
    Family.LABELS: ("expected",),
    Family.RETRIEVAL: ("relevant", "documents"),
    Family.GROUNDING: ("question", "documents"),
    Family.SAFETY: ("question",),
    Family.EFFORT: ("latency_ms", "ttft_ms", "tokens_out", "cost"),
    Family.OWN: ("expected",),
}
_BY_NAME = {
    "must_include": ("must_include", "must_not_include"),
    "refusal": ("expects",),
    "json_valid": (),
    "regex": (),
}


@dataclass(frozen=True, slots=True)
class Trial:
    """What was typed: an example as far as a metric reads it, and an answer."""

    answer: str = ""
    expected: str = ""
    question: str = ""
    documents: str = ""
    relevant: str = ""
    must_include: str = ""
    must_not_include: str = ""
    expects: str = "answer"
    latency_ms: float | None = None
    ttft_ms: float | None = None
    tokens_out: int | None = None
    cost: Any = None
    arguments: Mapping[str, Any] = field(default_factory=dict)


def inputs_of(metric: Metric) -> tuple[str, ...]:
    """Return what a trial of this metric asks for beside the answer."""
    return _BY_NAME.get(metric.name, _BY_FAMILY[metric.about.family])


def try_metric(metric: Metric, trial: Trial) -> Score:
    """Score what was typed. Raises ArgumentError for a wrong argument, never anything else."""
    arguments = registry.resolve_arguments(metric, trial.arguments)
    example = ExampleView(
        key="trial",
        kind="typical",
        input={"question": trial.question},
        expected=_expected(trial),
        expects=trial.expects,
        must_include=_lines(trial.must_include),
        must_not_include=_lines(trial.must_not_include),
        context=tuple(_documents(trial.documents)),
    )
    answer = Answer(
        text=trial.answer,
        latency_ms=trial.latency_ms,
        ttft_ms=trial.ttft_ms,
        tokens_out=trial.tokens_out,
        cost=trial.cost,
    )
    return registry.score(metric, example, answer, arguments)


def in_words(score: Score) -> str:
    """Return what became of the trial, for people."""
    if score.outcome is Outcome.SCORED:
        return score.detail
    return score.detail[:1].upper() + score.detail[1:] or score.outcome.value.capitalize()


def _expected(trial: Trial) -> Any:
    relevant = _lines(trial.relevant)
    if relevant:
        return {"relevant_documents": list(relevant)}
    text = trial.expected.strip()
    # Objects and lists are what golden datasets hold them as; anything else is the text itself.
    if text[:1] in ("{", "["):
        try:
            return parse(text)
        except InvalidJson:
            return trial.expected
    return trial.expected or None


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())[:100]


def _documents(text: str) -> Sequence[Mapping[str, str]]:
    """One document a line, ``id: text``; a line without an id gets d1, d2 and so on."""
    found = []
    for number, line in enumerate(_lines(text), start=1):
        name, colon, rest = line.partition(":")
        named = colon and name.strip() and " " not in name.strip()
        found.append(
            {"id": name.strip(), "text": rest.strip()}
            if named
            else {"id": f"d{number}", "text": line}
        )
    return found
