"""The main job on a real model behind a real LiteLLM proxy; by hand: ``./assay test -m models``."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catalog.services import sync_from_gateway
from evaluations.runs.models import Result, Run
from portal.demo import content
from portal.demo.people import make_people
from portal.stack.family import Family
from portal.stack.layout import Layout
from portal.stack.local_models import ALIASES, LITELLM_FOLDER, LocalModels
from portal.stack.ports import free_port
from tests.journeys import walking
from tests.journeys.conftest import ARTIFACTS, ROOT, Persona
from workloads.lifecycle.models import Release, Vote

pytestmark = [pytest.mark.models, pytest.mark.journey, pytest.mark.timeout(3_000)]

EXAMPLES = 60
EXACT, FREE = (name for name, _settings, _longest in ALIASES)


def _some_tickets() -> Path:
    """Enough of the golden tickets for the gate, of every kind: one model on two cores is slow."""
    lines = walking.OWN.read_text(encoding="utf-8").splitlines()
    kinds: dict[str, list[str]] = {}
    for line in lines:
        kinds.setdefault(json.loads(line)["kind"], []).append(line)
    share = EXAMPLES / len(lines)
    chosen = [line for one in kinds.values() for line in one[: round(len(one) * share)]]
    path = ROOT / "artifacts" / "some_tickets.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(chosen) + "\n", encoding="utf-8")
    return path


# A model of 135 million parameters cannot triage; it can answer in the form that it is asked for,
# and a machine of two cores answers in seconds. The bar says so.
JOB = walking.Job(
    answers={**content.TRIAGE, "residency": ["any"], "requests_per_day": 100, "peak_rps": "0.1"},
    kpi={
        "name": "Answers that the queue can read",
        "definition": "Share of tickets whose answer is JSON of the agreed form.",
        "unit": "share",
        "baseline": "0.5",
        "target": "0.95",
        "floor": "0.85",
        "measured_by": "json_valid",
    },
    latency_p95_seconds="300",
    models=(EXACT, FREE),
    winner=EXACT,
    instructions="Read the ticket and fill the fields. The category is what the customer wants:"
    " WANT_REFUND, APP_BUG, FORGOT_PASSWORD or CANCEL_SUBSCRIPTION.",
    examples=_some_tickets,
    calls_at_once=2,
    patience=1_500,
)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[str]:
    """SmolLM2 behind LiteLLM, as ``./assay up --with-models`` starts them."""
    if not (ROOT / LITELLM_FOLDER / "bin" / "python").exists():
        pytest.skip("there is no .venv-litellm; ./assay up --with-models makes it")
    layout = Layout(ROOT, tmp_path / "var")
    layout.make_folders()
    port = free_port()
    with Family(layout.logs) as family:
        models = LocalModels(family, layout, _plain(), port=port, key="sk-sandbox")
        models.begin()
        models.finish()
        yield f"http://127.0.0.1:{port}/v1"


def _plain() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "PYTHONPATH": str(ROOT)}


@pytest.fixture
def simulated() -> bool:
    """These answers are real."""
    return False


@pytest.fixture
def company() -> Callable[[], None]:
    """The people, and what the proxy offers as proposed entries."""

    def make() -> None:
        make_people()
        sync_from_gateway(actor=None)

    return make


def _approve(manager: Persona, alias: str) -> None:
    manager.go("/catalog/")
    manager.page.get_by_role("link", name=alias).first.click()
    manager.page.locator("form[action$='/approve/'] [name=reason]").fill(
        "Runs on our own machine; nothing leaves it."
    )
    manager.press("Approve")
    manager.says("approved")


def test_a_workload_goes_live_on_a_real_model(persona: Callable[[str], Persona], site: str) -> None:
    manager = persona("catalog")
    for alias in JOB.models:
        _approve(manager, alias)
    ref, people = walking.to_phase_7(persona, "Ticket form", job=JOB, looks=False)
    owner, contributor = people["owner"], people["contributor"]
    walking.write_criteria(contributor, ref)
    contributor.go(f"/workloads/{ref}/build/")
    contributor.press("Pass build")
    walking.conclude_campaign(owner, contributor, ref, JOB)
    owner.go(f"/workloads/{ref}/go-no-go/")
    owner.says("GO.")
    owner.look("decision")
    owner.go(f"/workloads/{ref}/scorecards/1/")
    owner.look("scorecard")
    owner.go(f"/workloads/{ref}/go-no-go/")
    owner.press("Ask for the review")
    walking.vote(people["business"], ref, "go_no_go", "gate")
    walking.vote(persona("security"), ref, "go_no_go", "gate-second")

    assert Release.objects.filter(cycle__workload__ref=ref).count() == 1
    assert Vote.objects.filter(review__phase="go_no_go").count() == 2
    runs = list(Run.objects.filter(workload__ref=ref).order_by("created_at"))
    assert [run.state for run in runs] == ["complete", "complete"]
    assert [Result.objects.filter(run=run).count() for run in runs] == [run.planned for run in runs]
    figures = [
        f"{run.purpose}: {run.planned} results in {run.finished_at - run.started_at}"
        for run in runs
        if run.finished_at and run.started_at
    ]
    (ARTIFACTS / "real_models.txt").write_text("\n".join(figures) + "\n", encoding="utf-8")
