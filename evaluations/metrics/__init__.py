"""Metrics: pure, named and versioned functions from an example and an answer to a score.

Importing the package registers the built-in metrics; use them through
`evaluations.metrics.registry`.
"""

from evaluations.metrics import effort, grounding, numbers, refusal, structured, text
from evaluations.metrics.registry import register

for _module in (effort, grounding, numbers, refusal, structured, text):
    for _metric in _module.METRICS:
        register(_metric)
