"""Metrics: pure, named and versioned functions from an example and an answer to a score.

Importing the package registers the built-in metrics; use them through
`evaluations.metrics.registry`.
"""

from evaluations.metrics import (
    classification,
    effort,
    grounding,
    leaks,
    numbers,
    patterns,
    refusal,
    retrieval,
    structured,
    text,
)
from evaluations.metrics.registry import register

_BUILT_IN = (
    classification, effort, grounding, leaks, numbers, patterns, refusal, retrieval, structured,
    text,
)  # fmt: skip

for _module in _BUILT_IN:
    for _metric in _module.METRICS:
        register(_metric)
