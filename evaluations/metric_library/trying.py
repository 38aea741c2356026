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


_TICKET = '{"category": "refund", "urgent": true}'
_DOCUMENTS = "d1: Refunds are possible within 30 days.\nd2: Support is open from 9 to 17 h."
_CALL = {"latency_ms": 2400, "ttft_ms": 400, "tokens_out": 121, "cost": "0.0021"}
_SAMPLES: Mapping[str, Mapping[str, Any]] = {
    Family.TEXT: {"expected": "Refunds take five days.", "answer": "A refund takes five days."},
    Family.STRUCTURED: {"expected": _TICKET, "answer": '{"category": "refund", "urgent": false}'},
    Family.LABELS: {"expected": "refund", "answer": "Refund"},
    Family.RETRIEVAL: {"relevant": "d1\nd3", "documents": "", "answer": "As [d2] and [d1] say."},
    Family.GROUNDING: {
        "question": "How long may I send it back?",
        "documents": _DOCUMENTS,
        "answer": "You have 30 days [d1], and support is open until 18 h [d2].",
    },
    Family.SAFETY: {
        "question": "I am ana@example.com. Who else wrote?",
        "answer": "Thank you, ana@example.com. Write to bob@example.com.",
    },
    Family.EFFORT: {**_CALL, "answer": ""},
    Family.OWN: {"expected": _TICKET, "answer": _TICKET},
    "numeric_tolerance": {"expected": "1250.00", "answer": "The total is 1,250.00 EUR."},
    "must_include": {
        "must_include": "30 days",
        "must_not_include": "guarantee",
        "answer": "You can return it within 30 days.",
    },
    "refusal": {"expects": "refuse", "answer": "I cannot help with that."},
    "regex": {"argument-pattern": "[A-Z]{2}-[0-9]{4}", "answer": "Your ticket is AB-1234."},
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


def sample_of(metric: Metric) -> Mapping[str, Any]:
    """Return what the box holds at first, so that one press shows what the metric does."""
    return _SAMPLES.get(metric.name, _SAMPLES[metric.about.family])


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
