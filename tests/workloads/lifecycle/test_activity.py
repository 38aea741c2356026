"""What happened to a workload is told in words, whatever happened."""

import re
from pathlib import Path

import pytest

from portal.audit import services as audit
from tests.factories import lives
from workloads.lifecycle.selectors.activity import _WORDS, activity_of

ROOT = Path(__file__).resolve().parents[3]
FAMILIES = ("study", "judge", "metric", "dataset", "run", "scorecard", "winner")
# Named in evidence and in the log, never recorded as what somebody did.
NO_ACTIONS = {"dataset.changed_after_baseline", "dataset.changed_after_lock"}


def recorded() -> set[str]:
    """The actions that services of the evaluations record."""
    text = "".join(
        one.read_text(encoding="utf-8") for one in (ROOT / "evaluations").glob("*/services/**/*.py")
    ) + (ROOT / "evaluations" / "metric_library" / "services.py").read_text(encoding="utf-8")
    return set(re.findall(rf'"((?:{"|".join(FAMILIES)})\.[a-z_]+)"', text)) - NO_ACTIONS


def test_every_action_of_the_evaluations_has_words() -> None:
    found = recorded()

    assert {"study.closed", "judge.calibrated", "dataset.committed", "metric.retired"} <= found
    assert found - set(_WORDS) == set()


@pytest.mark.django_db
def test_actions_are_told_with_their_record_and_their_counts() -> None:
    workload = lives.draft()

    def happened(action: str, ref: str, **detail: object) -> str:
        audit.record(
            actor=None, action=action, kind="x", ref=ref, workload=workload.ref, detail=detail
        )
        return activity_of(workload, limit=1)[0].what

    name = f"{workload.ref}/tone"
    assert happened("dataset.imported", "DS-0007", examples=1) == "imported 1 example into DS-0007"
    assert happened("study.opened", f"{workload.ref}/2", number=2, pairs=30) == (
        "opened preference study 2: 30 pairs"
    )
    assert happened("judge.calibrated", name, version=3, standing="usable") == (
        "compared the judge tone, version 3, with people: usable"
    )
    assert happened("judge.calibrated", "{x.__class__}/{0}", version=3) == (
        "compared the judge {0}, version 3, with people: …"
    )
