"""Regular expressions that people write: RE2, in linear time, and the metric that uses them."""

from functools import lru_cache
from typing import Any

import re2

from evaluations.metrics.types import (
    About,
    Answer,
    ArgumentError,
    Arguments,
    ExampleView,
    Family,
    Metric,
    Scale,
    Score,
    arguments_schema,
    binary,
)

MAX_PATTERN = 1_000
MAX_SUBJECT = 65_536
_MAX_MEMORY = 1 << 20


class InvalidPattern(ValueError):
    """The pattern cannot be used; the message says why, without repeating it."""


@lru_cache(maxsize=256)
def compiled(pattern: str, ignore_case: bool = False) -> Any:
    """The compiled pattern.

    Raises InvalidPattern for more than 1,000 characters, for what RE2 does not read, and for a
    pattern that needs more than 1 MiB.
    """
    if len(pattern) > MAX_PATTERN:
        raise InvalidPattern(f"a pattern has at most {MAX_PATTERN:,} characters")
    options = re2.Options()
    options.max_mem = _MAX_MEMORY
    options.log_errors = False
    options.case_sensitive = not ignore_case
    try:
        return re2.compile(_encodable(pattern), options=options)
    except re2.error as error:
        raise InvalidPattern(
            "the pattern is not one RE2 reads (no look-around, no back-references, repetitions "
            "up to 1,000, every bracket closed)"
        ) from error


def found(pattern: str, text: str, *, ignore_case: bool = False, whole: bool = False) -> bool:
    """Whether the pattern matches somewhere, or the whole text. Reads the first 64 KiB.

    Raises InvalidPattern.
    """
    ready = compiled(pattern, ignore_case)
    subject = _encodable(text)[:MAX_SUBJECT]
    return (ready.fullmatch(subject) if whole else ready.search(subject)) is not None


def _encodable(text: str) -> str:
    # RE2 reads UTF-8, which has no lone surrogates; JSON escapes can bring them in.
    return text.encode("utf-8", "replace").decode("utf-8")


def _regex(example: ExampleView, answer: Answer, arguments: Arguments) -> Score:
    text = answer.text.strip() if arguments["whole"] else answer.text
    there = found(
        arguments["pattern"],
        text,
        ignore_case=arguments["ignore_case"],
        whole=arguments["whole"],
    )
    return binary(there is (arguments["passes"] == "found"), "found" if there else "not found")


def _has_pattern(example: ExampleView, arguments: Arguments) -> bool:
    return bool(arguments["pattern"])


def _check_regex(arguments: Arguments) -> None:
    try:
        compiled(arguments["pattern"], arguments["ignore_case"])
    except InvalidPattern as error:
        raise ArgumentError("pattern", str(error)) from error


METRICS = (
    Metric(
        name="regex",
        version=1,
        label="Matches a pattern",
        definition=(
            "The pattern is found in the answer, or must not be. Without a pattern it applies to "
            "no example."
        ),
        source="RE2 syntax: linear time, no look-around, no back-references",
        unit="share",
        scale=Scale.BINARY,
        direction="up",
        arguments=arguments_schema(
            {
                "pattern": {
                    "type": "string",
                    "default": "",
                    "description": "RE2, at most 1,000 characters",
                },
                "passes": {
                    "enum": ["found", "not found"],
                    "default": "found",
                    "description": "whether finding the pattern is right or wrong",
                },
                "ignore_case": {"type": "boolean", "default": False},
                "whole": {
                    "type": "boolean",
                    "default": False,
                    "description": "the whole answer has to match, outer spaces aside",
                },
            }
        ),
        compute=_regex,
        applies=_has_pattern,
        check_arguments=_check_regex,
        about=About(
            family=Family.TEXT,
            formula="1 if RE2(pattern) matches the answer, else 0; turned round by `passes`",
            blind_spots=(
                "It reads the first 64 KiB of an answer.",
                "It sees form, not meaning: the right ticket number in a wrong sentence passes.",
                "\\w and \\d mean ASCII in RE2; write \\pL and \\pN for letters and digits of "
                "every script.",
            ),
        ),
    ),
)
