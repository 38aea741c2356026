"""promptfoo's results file: ``promptfoo eval -o results.json``.

A row per test, prompt and provider stands in ``results.results``; ``success`` and ``score`` are
the row's own, ``gradingResult.componentResults`` say which assertion said what.
"""

from collections.abc import Mapping
from typing import Any

from evaluations.scorecards.outside.parts import (
    MOST_COLUMNS,
    MOST_REASONS,
    Case,
    Figure,
    Outside,
    Reason,
    flag,
    grade,
    listing,
    mapping,
    number,
    rate,
    text,
    wrong,
)

NAME = "promptfoo"


def looks_like(data: Mapping[str, Any]) -> bool:
    """Whether an object is promptfoo's: results with results in them."""
    inner = data.get("results")
    return isinstance(inner, Mapping) and isinstance(inner.get("results"), list)


def read(data: Mapping[str, Any]) -> Outside:
    """Return the file in the plain shape. Raises Invalid for a row that is none."""
    inner = mapping(data.get("results"), "results")
    rows = [
        mapping(row, f"results.results[{place}]")
        for place, row in enumerate(listing(inner.get("results"), "results.results"))
    ]
    names: dict[str, int] = {}
    cases = []
    for place, row in enumerate(rows):
        column = names.setdefault(_column(row), len(names))
        if len(names) > MOST_COLUMNS:
            raise wrong(f"The file compares more than {MOST_COLUMNS} prompts and providers.")
        cases.append(_case(row, place, column))
    figures = [_figures([one for one in cases if one.column == at]) for at in names.values()]
    about = data.get("metadata")
    about = about if isinstance(about, Mapping) else {}
    config = data.get("config")
    described = config.get("description") if isinstance(config, Mapping) else ""
    return Outside(
        format=NAME,
        tool_version=text(about.get("promptfooVersion"))[:40],
        title=text(described or data.get("evalId"))[:200],
        made_at=text(inner.get("timestamp") or about.get("evaluationCreatedAt"))[:40],
        columns=tuple(names),
        figures=tuple(figures),
        cases=tuple(cases),
    )


def _column(row: Mapping[str, Any]) -> str:
    provider, prompt = row.get("provider"), row.get("prompt")
    if isinstance(provider, Mapping):
        who = text(provider.get("label") or provider.get("id"))
    else:
        who = text(provider)
    what = text(prompt.get("label")) if isinstance(prompt, Mapping) else ""
    first = " ".join(what.split())[:60]
    return f"{who[:120] or 'unnamed provider'}{f' · {first}' if first else ''}"


def _case(row: Mapping[str, Any], place: int, column: int) -> Case:
    response = row.get("response")
    answer = response.get("output") if isinstance(response, Mapping) else row.get("output")
    graded = row.get("gradingResult")
    parts = graded.get("componentResults") if isinstance(graded, Mapping) else None
    test = row.get("testCase")
    described = test.get("description") if isinstance(test, Mapping) else ""
    passed = flag(row.get("success"))
    if passed is None:
        raise wrong(f"results.results[{place}].success should be true or false.")
    # 2 is promptfoo's own code for an error that is no failed assertion.
    failed = row.get("failureReason") == 2 or (row.get("error") and not parts)
    return Case(
        column=column,
        name=text(described)[:120] or f"test {_index(row, place) + 1}",
        asked=text(row.get("vars")),
        expected=_expected(parts),
        answer=text(answer),
        passed=passed,
        score=number(row.get("score")),
        error=text(row.get("error")) if failed else "",
        reasons=tuple(_reason(one) for one in (parts or [])[:MOST_REASONS] if _is_part(one)),
    )


def _is_part(one: Any) -> bool:
    return isinstance(one, Mapping)


def _index(row: Mapping[str, Any], place: int) -> int:
    index = row.get("testIdx")
    return index if isinstance(index, int) and 0 <= index < 10**6 else place


def _expected(parts: Any) -> str:
    asked = []
    for one in (parts if isinstance(parts, list) else [])[:MOST_REASONS]:
        assertion = one.get("assertion") if isinstance(one, Mapping) else None
        if isinstance(assertion, Mapping) and assertion.get("value") is not None:
            asked.append(f"{text(assertion.get('type'))}: {text(assertion.get('value'))}")
    return text("\n".join(asked))


def _reason(one: Mapping[str, Any]) -> Reason:
    assertion = one.get("assertion")
    kind = assertion.get("type") if isinstance(assertion, Mapping) else ""
    return Reason(
        what=text(kind)[:80] or "check",
        passed=flag(one.get("pass")),
        score=number(one.get("score")),
        words=text(one.get("reason")),
    )


def _figures(cases: list[Case]) -> tuple[Figure, ...]:
    lost = sum(bool(one.error) for one in cases)
    known = [one for one in cases if not one.error]
    found = [rate("Passed", [float(bool(one.passed)) for one in known], lost)]
    scores = [one.score for one in known if one.score is not None]
    if any(score not in (0.0, 1.0) for score in scores):
        found.append(grade("Mean score", scores, lost))
    return tuple(found)
