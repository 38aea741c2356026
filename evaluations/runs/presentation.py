"""How a run is shown: large figures, rough times, and what its plan says in words."""

import math
from datetime import timedelta
from typing import Any

from django.urls import reverse

from evaluations.metrics import registry
from evaluations.metrics.types import UnknownMetric
from evaluations.runs.enums import STORAGE, RunState
from evaluations.runs.judging.cases import PAIRS, PAIRS_CHECKED
from evaluations.runs.models import Run
from evaluations.runs.plan import MetricPin, RunPlan
from evaluations.runs.selectors import Progress
from portal.common.clock import now
from portal.common.ticks import silence
from portal.shell.formats import MISSING, SPACE, duration, moment, money, number, percent
from portal.shell.marks import visible
from workloads.prompts.models import PromptVersion

# A queued run that nobody has taken up after this long is worth a word.
PATIENCE = timedelta(seconds=20)


def about(seconds: float | None) -> str:
    """Return a rough span for eyes that look every two seconds: to 5 s, then to 10 s."""
    if seconds is None:
        return MISSING
    step = 5 if seconds < 60 else 10
    whole = max(step, math.ceil(seconds / step) * step)
    return f"about {whole}{SPACE}s" if whole < 60 else f"about {duration(timedelta(seconds=whole))}"


def shown(run: Run, seen: Progress) -> dict[str, Any]:
    """Return what the live part of the page shows of ``seen``, in words."""
    left_over = max(0, seen.planned - seen.ended)
    return {
        "facts": _facts(seen),
        "candidates": seen.candidates,
        "left_over": left_over,
        "budget_words": f"{money(seen.cost, seen.currency)} of {money(seen.cap, seen.currency)}",
        "silence": silence() if seen.moving else None,
        "waits_for_room": seen.state == RunState.PAUSED and run.reason_code == STORAGE,
        "unattended": seen.state == RunState.QUEUED and now() - run.created_at > PATIENCE,
    }


def _facts(seen: Progress) -> list[dict[str, str]]:
    share = seen.error_count / seen.ended if seen.ended else None
    spent: dict[str, str] = {
        "label": "Spent",
        "value": money(seen.cost, seen.currency),
        "note": f"of at most {money(seen.cap, seen.currency)}",
    }
    if seen.reserved:
        spent["note"] += f", {money(seen.reserved, seen.currency)} reserved"
    return [
        {
            "label": "Answered",
            "value": number(seen.done),
            "note": f"of {number(seen.planned)} planned",
        },
        {
            "label": "Errors",
            "value": number(seen.error_count),
            "note": f"{percent(share)} of what has ended" if share is not None else "none yet",
            "tone": "warn" if seen.error_count else "",
        },
        spent,
        _time(seen),
    ]


def _time(seen: Progress) -> dict[str, str]:
    if seen.moving:
        return {
            "label": "Time left",
            "value": about(seen.seconds_left),
            "note": "no pace yet" if seen.seconds_left is None else "at the last minute's pace",
        }
    taken = seen.seconds_taken
    return {
        "label": "Took",
        "value": MISSING if taken is None else duration(timedelta(seconds=taken)),
        "note": seen.state.label.lower(),
    }


def plan_rows(run: Run, plan: RunPlan) -> list[dict[str, str]]:
    """Return what the sealed plan says, as labels and values with links."""
    ref, version = run.workload.ref, run.dataset_version
    rows = [
        {
            "label": "Examples",
            "value": visible(f"{version.dataset.name}, version {version.number}"),
            "note": f"{number(version.n)} examples",
            "url": reverse("datasets:version", args=[ref, version.dataset.ref, version.number]),
        },
        {"label": "Candidates", "value": "\n".join(visible(line) for line in _candidates(plan))},
        {"label": "Prompt", "value": _prompts(plan)},
        {"label": "Metrics", "value": ", ".join(_metric(pin) for pin in plan.metrics)},
        {"label": "Times each example is asked", "value": number(plan.repeats)},
        {"label": "Calls at once", "value": f"{number(plan.concurrency)} for all candidates"},
        {"label": "Time-out of a call", "value": duration(timedelta(seconds=plan.timeout_seconds))},
        {"label": "Seed", "value": MISSING if plan.seed is None else str(plan.seed)},
        {
            "label": "Started",
            "value": f"{moment(run.created_at)} by {run.created_by or 'the portal'}",
        },
    ]
    if plan.subject is not None and plan.subject.kind in (PAIRS, PAIRS_CHECKED):
        asked = str(run.pk) if plan.subject.kind == PAIRS else plan.subject.ref
        rows.append(
            {
                "label": "For",
                "value": f"Comparing two candidates by {plan.notes['judge']}",
                "url": reverse("scorecards:pair", args=[ref, asked]),
            }
        )
    reason = plan.notes.get("reason")
    if isinstance(reason, str) and reason:
        rows.append({"label": "Why again", "value": visible(reason)})
    # A judging has no prompt and no metrics of its own, and few runs have a seed.
    return [row for row in rows if row["value"] not in ("", MISSING)]


def _candidates(plan: RunPlan) -> list[str]:
    return [
        f"{pin.name}: {money(pin.price.price_in, pin.price.currency)} in,"
        f" {money(pin.price.price_out, pin.price.currency)} out per million tokens"
        for pin in plan.candidates
    ]


def _prompts(plan: RunPlan) -> str:
    ids = {pin.prompt_version_id for pin in plan.candidates if pin.prompt_version_id}
    numbers = PromptVersion.objects.filter(pk__in=ids).order_by("number")
    found = [f"version {n}" for n in numbers.values_list("number", flat=True)]
    return ", ".join(found) or MISSING


def _metric(pin: MetricPin) -> str:
    """The metric's name, and the one field it looks at where it looks at one only."""
    try:
        label = registry.get(pin.name, pin.version).label
    except UnknownMetric:
        label = pin.name
    field = pin.arguments.get("field")
    return visible(f"{label}: {field}") if field else label
