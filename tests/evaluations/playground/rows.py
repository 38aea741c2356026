"""Trials as their workers leave them, for tests of what is shown of them."""

from typing import Any

from evaluations.playground import ledger, services
from evaluations.playground.enums import CellState
from evaluations.playground.ledger import Settlement
from evaluations.playground.models import Trial, TrialCell

OWNER = "a worker"
PASSED = {"name": "field_accuracy", "version": 1, "label": "Field accuracy: category",
          "outcome": "scored", "value": 1.0, "passed": True, "detail": ""}  # fmt: skip
FAILED = PASSED | {"value": 0.0, "passed": False}


def begun(trial: Trial) -> None:
    """Let a worker have taken the trial up."""
    assert ledger.take(trial_id=trial.pk, owner=OWNER, seconds=600) is not None


def answered(trial: Trial, place: int, output: str = "an answer", **more: Any) -> None:
    """Let one cell have its answer."""
    _settled(
        trial,
        place,
        CellState.ANSWERED,
        {"output": output, "tokens_in": 120, "tokens_out": 8, "latency_ms": 312.0, **more},
    )


def failed(trial: Trial, place: int, code: str = "timeout", detail: str = "No answer.") -> None:
    """Let one cell have ended without an answer."""
    _settled(trial, place, CellState.ERROR, {"error_class": code, "error_detail": detail})


def _settled(trial: Trial, place: int, state: CellState, columns: dict[str, Any]) -> None:
    cell = TrialCell.objects.get(trial=trial, place=place)
    ledger.reserve(trial_id=trial.pk, owner=OWNER, cell=cell)
    ended = Settlement(state, cell.estimate_micro // 2, columns=columns)
    assert ledger.settle(trial_id=trial.pk, owner=OWNER, cell=cell, ended=ended)


def ended(trial: Trial) -> Trial:
    """Let the trial have come to its end, every cell answered."""
    begun(trial)
    for cell in TrialCell.objects.filter(trial=trial):
        answered(trial, cell.place, scores=[PASSED])
    services.close_trial(trial_id=trial.pk, owner=OWNER)
    trial.refresh_from_db()
    return trial
