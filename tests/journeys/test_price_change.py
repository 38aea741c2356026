"""A price that changes at the gateway marks a passed evaluation for reconfirmation."""

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from catalog.services import sync_from_gateway
from evaluations.scorecards import services as scorecard_services
from evaluations.scorecards.models import Scorecard
from evaluations.scorecards.services.baseline import Baseline
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.stack.ports import free_port
from tests.factories import datasets, lives, scorecards, selection
from tests.journeys.conftest import ROOT, Persona
from tests.stubs.gateway import StubGateway
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.selectors import current_cycle, phase_record

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

MODELS = {"mock-swift": 1, "mock-steady": 3}
ANSWER = '{"category": "A", "urgent": true}'
KEY = "sk-sandbox"
LITELLM = Path(os.environ.get("ASSAY_LITELLM", ROOT / ".venv-litellm")) / "bin" / "python"


def described(share: float) -> list[dict[str, Any]]:
    """The models as LiteLLM's configuration and its /model/info describe them."""
    return [
        {
            "model_name": alias,
            "litellm_params": {
                "model": f"openai/{alias}", "api_key": "none", "mock_response": ANSWER,
            },
            "model_info": {
                "mode": "chat", "litellm_provider": "openai", "provider": "Mock", "model": alias,
                "snapshot": f"{alias}-2026-05-01", "max_input_tokens": 28_000,
                "max_output_tokens": 4_000, "context_window": 32_000,
                "input_cost_per_token": price * share / 1_000_000,
                "output_cost_per_token": 4 * price * share / 1_000_000,
                "supports_response_schema": True, "hosting": "own infrastructure",
                "regions": ["eu"], "max_data_class": "restricted", "trains_on_data": "no",
                "provider_retention_days": 0, "simulated": True,
            },
        }
        for alias, price in MODELS.items()
    ]  # fmt: skip


class StubPrices:
    """The stub gateway, which takes other prices at once."""

    def __init__(self, folder: Path) -> None:
        self._stub = StubGateway()
        self._stub.__enter__()
        for alias in MODELS:
            self._stub.behave(alias, f"text={ANSWER}")
        self.url = self._stub.url

    def set(self, share: float) -> None:
        self._stub.info = json.dumps({"data": described(share)}).encode()

    def close(self) -> None:
        self._stub.__exit__(None, None, None)


class LiteLLMPrices:
    """A real LiteLLM proxy with mock models; other prices take a restart, as for its operator."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self._port}"

    def set(self, share: float) -> None:
        self.close()
        config = self._folder / "litellm.json"
        config.write_text(
            json.dumps(
                {
                    "model_list": described(share),
                    "litellm_settings": {"telemetry": False, "drop_params": True},
                    "general_settings": {"master_key": KEY},
                }
            )
        )
        known = ("PATH", "HOME", "LANG")
        environment = {name: os.environ[name] for name in known if name in os.environ}
        environment |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
        with (self._folder / "litellm.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(LITELLM), "-c",
                    "import sys; from litellm import run_server; sys.exit(run_server())",
                    "--config", str(config), "--host", "127.0.0.1", "--port", str(self._port),
                ],
                cwd=self._folder, env=environment, stdout=log, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        until = time.monotonic() + 180
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/health/liveliness", timeout=2).close()
                return
            except OSError:
                assert time.monotonic() < until, (self._folder / "litellm.log").read_text()[-2000:]
                assert self._process.poll() is None, "the proxy ended"
                time.sleep(0.5)

    def close(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)


@pytest.fixture(
    params=["stub", pytest.param("litellm", marks=pytest.mark.models)],
)
def prices(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A gateway whose prices can be changed."""
    if request.param == "litellm" and not LITELLM.exists():
        pytest.skip(f"no LiteLLM at {LITELLM}; ./assay up --with-models makes .venv-litellm")
    made = StubPrices(tmp_path) if request.param == "stub" else LiteLLMPrices(tmp_path)
    try:
        made.set(1)
        yield made
    finally:
        made.close()


@pytest.fixture
def gateway(prices: Any) -> str:
    """Its address, for the site and its worker."""
    return f"{prices.url}/v1"


def elsewhere(work: Callable[[], Any]) -> Any:
    """Do ``work`` in another thread: the browser's driver keeps an event loop in this one."""

    def run() -> Any:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def demo_person(key: str) -> User:
    return User.objects.get(email=f"{key}@demo.example")


def evaluated() -> Workload:
    """A workload whose worker ran its baseline through the gateway, and that passed phase 4."""
    owner = demo_person("owner")

    def ready(cycle: Cycle, phase_key: str, actor: User) -> None:
        if phase_key == "scoping":
            scorecards.write_brief(cycle.workload, actor, floor=None)
        elif phase_key == "selection":
            selection.choose(cycle.workload, *MODELS)
        else:
            scorecards.write_prompt(cycle.workload, actor)

    workload = lives.workload("evaluation", owner=owner, ready=ready)
    datasets.golden(owner, workload, 60)
    scorecard_services.start_baseline(
        actor=owner, workload=workload, baseline=Baseline(metrics=scorecards.METRICS),
        cap=Decimal(5), concurrency=8,
    )  # fmt: skip
    until = time.monotonic() + 120
    while (card := Scorecard.objects.filter(workload=workload).first()) is None:
        assert time.monotonic() < until, [(r.state, r.reason) for r in workload.runs.all()]
        time.sleep(0.5)
    winner = workload.cycles.get().shortlists.get().candidates.first()
    assert winner is not None
    scorecard_services.choose_winner(
        actor=owner, scorecard=card, entry=winner.entry, rationale=scorecards.REASON
    )
    lifecycle.submit_phase(actor=owner, cycle=current_cycle(workload), phase_key="evaluation")
    return workload


def test_a_dearer_model_marks_the_passed_evaluation(
    persona: Callable[[str], Persona], prices: Any
) -> None:
    # given a workload whose evaluation is passed
    workload = elsewhere(evaluated)
    owner = persona("owner")
    page = f"/workloads/{workload.ref}/evaluation/"
    owner.go(page)
    owner.says("Passed")

    # when a price rises by a third at the gateway and the catalog manager synchronises
    prices.set(4 / 3)
    report = elsewhere(lambda: sync_from_gateway(actor=demo_person("catalog")))
    assert sorted(one["alias"] for one in report.prices) == sorted(MODELS)

    # then the evaluation is to be reconfirmed, with the cost from the tokens that were measured
    until = time.monotonic() + 60
    while phase_record(current_cycle(workload), "evaluation").state == "passed":
        assert time.monotonic() < until
        time.sleep(0.3)
    owner.go(page)
    owner.says("To reconfirm")
    owner.says("the price of mock-steady went from 3 in and 12 out to 4 in and 16 out USD")
    owner.says("(+33.3%)")
    owner.look("01-to-reconfirm")
    stale = AuditEvent.objects.get(action="phase.stale", workload_ref=workload.ref)
    assert stale.actor_id == demo_person("catalog").pk
    # and its owner reconfirms it without a new call
    owner.press("Pass evaluation")
    assert phase_record(current_cycle(workload), "evaluation").state == "passed"
    assert workload.runs.count() == 1
