"""Who may win: whom neither a floor nor a limit vetoes, those of the run and those of now."""

from collections.abc import Mapping
from typing import Any

from evaluations.scorecards.document.floors import Limits, fit, judged
from evaluations.scorecards.document.ranking import vetoes
from evaluations.scorecards.selectors import floors_in, limits_in
from workloads.briefs.models import Brief


def vetoes_now(
    document: Mapping[str, Any], candidate: Mapping[str, Any], brief: Brief
) -> list[str]:
    """Return why a candidate of a scorecard cannot win today, a phrase each; empty when it can.

    First what stood against it when the scorecard was published, then what the brief asks now.
    """
    fits = fit(
        Limits.from_json(limits_in(brief)),
        candidate["measures"],
        document["currency"],
        document["error_rate_max"],
    )
    found = [
        *vetoes(candidate["verdict"], candidate["fit"]),
        *vetoes(judged(document, candidate, floors_in(brief)), fits),
    ]
    return list(dict.fromkeys(found))


def may_win(document: Mapping[str, Any], brief: Brief) -> list[str]:
    """Return the aliases of the candidates that may win, as a choice today would see it."""
    return [one["alias"] for one in document["candidates"] if not vetoes_now(document, one, brief)]
