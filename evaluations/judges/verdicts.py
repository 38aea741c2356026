"""Reading a judge's output: strict JSON, a known verdict, and a quote that is really there. Pure.

Whatever does not hold is a `judge_error`: counted, shown, and never a pass.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evaluations.judges.enums import Levels
from evaluations.judges.prompting import verdicts
from evaluations.metrics.strict_json import InvalidJson, parse
from portal.common.text import storable

JUDGE_ERROR = "judge_error"
MOST_OUTPUT = 20_000
_NEED_EVIDENCE = {"pass": "a pass", "first": "a preference", "second": "a preference"}
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge said: pass, fail or cannot_tell of one answer, first, second or tie of two.

    Or judge_error.

    ``problem`` says what was wrong with its output; empty for a verdict.
    """

    outcome: str
    evidence: str = ""
    reason: str = ""
    problem: str = ""

    @property
    def passed(self) -> bool:
        """Whether it is a pass; everything else is none."""
        return self.outcome == "pass"


def error(problem: str) -> Verdict:
    """Return the verdict of an output that cannot be used."""
    return Verdict(JUDGE_ERROR, problem=problem)


def shape_problem(output: str, levels: Levels) -> str:
    """Return what is wrong with the output itself, before its quote is looked at; else nothing."""
    return _read(output, levels)[1]


def read_verdict(output: str, levels: Levels, sources: Sequence[str]) -> Verdict:
    """Return the verdict in ``output``; ``sources`` are the texts that evidence may be copied from.

    A pass needs evidence, and so does preferring one of two answers; a fail or a tie may go
    without where nothing can be quoted. White space in a
    quote is taken as one blank, since models break lines anew.
    """
    found, problem = _read(output, levels)
    if problem:
        return error(problem)
    evidence, reason, outcome = found["evidence"], found["reason"], found["verdict"]
    quote = folded(evidence)
    if not quote and outcome in _NEED_EVIDENCE:
        return error(f"{_NEED_EVIDENCE[outcome]} without evidence")
    if quote and not any(quote in folded(source) for source in sources):
        return error("the evidence is not in the answer or the documents")
    return Verdict(outcome, storable(evidence)[0], storable(reason)[0])


def _read(output: str, levels: Levels) -> tuple[dict[str, Any], str]:
    if len(output) > MOST_OUTPUT:
        return {}, "the output is too long"
    try:
        found = parse(output)
    except InvalidJson:
        return {}, "the output is not JSON"
    if not isinstance(found, dict) or set(found) != {"evidence", "reason", "verdict"}:
        return {}, "the output has other fields than evidence, reason and verdict"
    if not all(isinstance(value, str) for value in found.values()):
        return {}, "a field of the output is not text"
    if found["verdict"] not in verdicts(levels):
        return {}, f"the verdict is {json.dumps(found['verdict'][:40])}, which is not on the scale"
    return found, ""


def folded(text: str) -> str:
    """Return ``text`` with every run of white space as one blank."""
    return _SPACE.sub(" ", text).strip()
