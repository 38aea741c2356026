"""Inspect's evaluation log as JSON: ``inspect log dump``, or a log written in that format.

One model per log; each sample holds a score per scorer. "C", "I", "P" and "N" are correct,
incorrect, partial and no answer, as Inspect's own reducers read them: 1, 0, 0.5 and 0.
"""

from collections.abc import Mapping
from typing import Any

from evaluations.scorecards.outside.parts import (
    MOST_REASONS,
    Case,
    Figure,
    Outside,
    Reason,
    grade,
    listing,
    mapping,
    number,
    text,
    wrong,
)

NAME = "inspect"
LETTERS = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}


def looks_like(data: Mapping[str, Any]) -> bool:
    """Whether an object is an Inspect log: it says which task and model it is of."""
    about = data.get("eval")
    return isinstance(about, Mapping) and "model" in about


def read(data: Mapping[str, Any]) -> Outside:
    """Return the log in the plain shape. Raises Invalid for a log without results or samples."""
    about = mapping(data.get("eval"), "eval")
    status = text(data.get("status"))
    if status not in ("success", "error", "cancelled"):
        raise wrong("status should be success, error or cancelled; the run has not ended.")
    samples = [
        mapping(one, f"samples[{place}]")
        for place, one in enumerate(listing(data.get("samples") or [], "samples"))
    ]
    cases = tuple(_case(one, place) for place, one in enumerate(samples))
    packages = about.get("packages")
    version = packages.get("inspect_ai") if isinstance(packages, Mapping) else ""
    figures = (*_measured(samples), *_stated(data))
    if not figures:
        raise wrong("The log has neither scored samples nor results.")
    return Outside(
        format=NAME,
        tool_version=text(version)[:40],
        title=text(about.get("task"))[:200],
        made_at=text(about.get("created"))[:40],
        columns=(text(about.get("model"))[:180] or "unnamed model",),
        figures=(figures,),
        cases=cases,
        notes=() if status == "success" else (f"The run ended as {status}: it is not whole.",),
    )


def _value(score: Any) -> float | None:
    value = score.get("value") if isinstance(score, Mapping) else None
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        return LETTERS.get(value)
    return number(value)


def _scores(sample: Mapping[str, Any]) -> Mapping[str, Any]:
    found = sample.get("scores")
    return found if isinstance(found, Mapping) else {}


def _case(sample: Mapping[str, Any], place: int) -> Case:
    output = sample.get("output")
    answer = output.get("completion") if isinstance(output, Mapping) else None
    if answer is None and isinstance(output, Mapping):
        answer = _first_choice(output)
    values = {str(name): _value(score) for name, score in list(_scores(sample).items())}
    first = next(iter(values.values()), None)
    epoch = sample.get("epoch")
    again = f", epoch {epoch}" if isinstance(epoch, int) and epoch > 1 else ""
    error = sample.get("error")
    return Case(
        column=0,
        name=f"{text(sample.get('id'))[:100] or f'sample {place + 1}'}{again}",
        asked=_asked(sample.get("input")),
        expected=text(sample.get("target")),
        answer=text(answer),
        passed={1.0: True, 0.0: False}.get(first) if first is not None else None,
        score=first,
        error=text(error.get("message") if isinstance(error, Mapping) else error),
        reasons=tuple(
            Reason(name[:80], None, values[name], _explained(score))
            for name, score in list(_scores(sample).items())[:MOST_REASONS]
        ),
    )


def _explained(score: Any) -> str:
    return text(score.get("explanation")) if isinstance(score, Mapping) else ""


def _first_choice(output: Mapping[str, Any]) -> Any:
    choices = output.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, Mapping) else None
    return _content(message.get("content")) if isinstance(message, Mapping) else None


def _content(content: Any) -> Any:
    if isinstance(content, list):
        return "\n".join(
            text(one.get("text")) for one in content if isinstance(one, Mapping) and "text" in one
        )
    return content


def _asked(given: Any) -> str:
    if not isinstance(given, list):
        return text(given)
    said = [
        f"{text(one.get('role'))}: {text(_content(one.get('content')))}"
        for one in given
        if isinstance(one, Mapping)
    ]
    return text("\n\n".join(said))


def _measured(samples: list[Mapping[str, Any]]) -> tuple[Figure, ...]:
    """A figure per scorer from the samples themselves, one value a sample over its epochs."""
    by_scorer: dict[str, dict[str, list[float]]] = {}
    for place, sample in enumerate(samples):
        key = repr(sample.get("id", place))
        for name, score in _scores(sample).items():
            value = _value(score)
            if value is not None:
                by_scorer.setdefault(str(name), {}).setdefault(key, []).append(value)
    lost = sum(bool(one.get("error")) for one in samples)
    return tuple(
        grade(f"{name[:80]}, mean", [sum(one) / len(one) for one in found.values()], lost)
        for name, found in by_scorer.items()
    )


def _stated(data: Mapping[str, Any]) -> tuple[Figure, ...]:
    """What the log's own results say; they carry no interval that we could check."""
    results = data.get("results")
    if not isinstance(results, Mapping):
        return ()
    n = results.get("completed_samples")
    count = n if isinstance(n, int) and not isinstance(n, bool) and 0 <= n < 10**9 else 0
    found = []
    scores = results.get("scores")
    for score in scores if isinstance(scores, list) else []:
        if not isinstance(score, Mapping):
            continue
        metrics = score.get("metrics")
        for name, metric in metrics.items() if isinstance(metrics, Mapping) else ():
            value = number(metric.get("value")) if isinstance(metric, Mapping) else number(metric)
            label = f"{text(score.get('name'))[:80]}, {str(name)[:60]}"
            method = "as the log states it"
            found.append(Figure(label, "number", value, count, method=method))
    return tuple(found)
