"""Telling the formats apart and reading a file, strictly and within bounds."""

from collections.abc import Callable, Mapping
from typing import Any

from evaluations.scorecards.outside import inspect_log, promptfoo
from evaluations.scorecards.outside.parts import MOST_FIGURES, Outside, wrong
from portal.common.errors import DomainError, Invalid
from portal.common.strictjson import decode, loads

MOST_BYTES = 5 * 1024 * 1024
MOST_CASES = 5_000
_FORMATS: tuple[
    tuple[Callable[[Mapping[str, Any]], bool], Callable[[Mapping[str, Any]], Outside]], ...
] = ((promptfoo.looks_like, promptfoo.read), (inspect_log.looks_like, inspect_log.read))


def read(data: bytes) -> Outside:
    """Return what a promptfoo or Inspect file says; nothing of it is believed.

    Raises Invalid on the field ``file`` (format, too_large, and what strict JSON refuses).
    """
    if len(data) > MOST_BYTES:
        raise Invalid.field(
            "file", "too_large", f"The file is larger than {MOST_BYTES // 2**20} MB."
        )
    if data[:4] == b"PK\x03\x04":
        raise wrong("This is an archive; write the Inspect log as JSON (log format json).")
    try:
        parsed = loads(decode(data, allow_bom=True))
    except DomainError as problem:
        raise Invalid.field("file", problem.code, problem.message) from problem
    if isinstance(parsed, Mapping):
        for looks_like, reader in _FORMATS:
            if looks_like(parsed):
                return _bounded(reader(parsed))
    raise wrong(
        "This is neither promptfoo's results (results.results) nor an Inspect log (eval.model)."
    )


def _bounded(found: Outside) -> Outside:
    if not found.columns:
        raise wrong("The file holds no result.")
    most = max(len(one) for one in found.figures)
    if most > MOST_FIGURES:
        raise wrong(
            f"The file holds {most:,} figures of one model; at most {MOST_FIGURES} are read."
        )
    if len(found.cases) > MOST_CASES:
        raise wrong(f"The file holds {len(found.cases):,} cases; at most {MOST_CASES:,} are read.")
    return found
