"""Amounts: reading a number out of an answer and comparing it within a tolerance."""

import math
import re
from typing import Literal

from evaluations.metrics.expected import references
from evaluations.metrics.types import (
    TOLERANCES,
    About,
    Answer,
    Arguments,
    ExampleView,
    Family,
    Metric,
    Scale,
    Score,
    arguments_schema,
    binary,
)

Mark = Literal[".", ","]

_RUN = re.compile(
    r"(?<![\w.,])(?<![^\W\d]-)[-+\u2212]?\d[\d.,\u00a0\u202f']*(?:[eE][-+]?\d{1,3})?(?![\d])"
)
_PLAIN = re.compile(r"[-+]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?")
_MAX_LENGTH = 400


def numbers_in(text: str, decimal_mark: Mark = ".") -> list[float]:
    """The numbers in a text, in order.

    The other mark (or a narrow space or apostrophe) may only group thousands: with the decimal mark
    "." 1,250.00 is read and 1,25 is not. What is not a well-formed number is left out.
    """
    found = []
    for run in _RUN.findall(text):
        number = read_number(run.rstrip(".,'\u00a0\u202f"), decimal_mark)
        if number is not None:
            found.append(number)
    return found


def read_number(text: str, decimal_mark: Mark = ".") -> float | None:
    """A text that is one number, or None. Raises nothing."""
    if len(text) > _MAX_LENGTH:
        return None
    plain = text.strip().replace("\u2212", "-")
    for space in ("\u00a0", "\u202f", "'"):
        plain = plain.replace(space, "," if decimal_mark == "." else ".")
    if decimal_mark == ",":
        plain = plain.translate(str.maketrans(",.", ".,"))
    if not _PLAIN.fullmatch(plain):
        return None
    number = float(plain.replace(",", ""))
    return number if math.isfinite(number) else None


def _wanted(example: ExampleView) -> list[float]:
    return [
        n for n in (read_number(reference) for reference in references(example)) if n is not None
    ]


def _numeric_tolerance(example: ExampleView, answer: Answer, arguments: Arguments) -> Score:
    said = numbers_in(answer.text, arguments["decimal_mark"])
    if not said:
        return binary(False, "no number in the answer")
    if arguments["take"] == "only" and len(set(said)) > 1:
        shown = ", ".join(f"{number:g}" for number in list(dict.fromkeys(said))[:5])
        return binary(False, f"several numbers in the answer: {shown}")
    close = any(
        math.isclose(wanted, said[-1], rel_tol=arguments["rel_tol"], abs_tol=arguments["abs_tol"])
        for wanted in _wanted(example)
    )
    return binary(close, f"read {said[-1]:g}")


def _has_number(example: ExampleView, arguments: Arguments) -> bool:
    return bool(_wanted(example))


METRICS = (
    Metric(
        name="numeric_tolerance",
        version=1,
        label="Number within tolerance",
        definition=(
            "The number in the answer is close to a reference by math.isclose: symmetric, relative "
            "to the larger of both. References are written with a decimal point."
        ),
        source="math.isclose of Python (PEP 485)",
        unit="share",
        scale=Scale.BINARY,
        direction="up",
        arguments=arguments_schema(
            {
                **TOLERANCES,
                "decimal_mark": {"enum": [".", ","], "default": "."},
                "take": {
                    "enum": ["only", "last"],
                    "default": "only",
                    "description": "only: several numbers are wrong; last: the last one counts",
                },
            }
        ),
        compute=_numeric_tolerance,
        applies=_has_number,
        about=About(
            family=Family.TEXT,
            formula="1 if |a - b| <= max(rel_tol · max(|a|, |b|), abs_tol), else 0",
            blind_spots=(
                "The unit is not read: 5 EUR and 5 USD are equal.",
                "With a right number of 0 only abs_tol helps.",
            ),
            agrees_with="structured_metrics.json, numeric tolerance: all rows of math.isclose",
        ),
    ),
)
