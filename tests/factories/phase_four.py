"""What phase 4 would give, without its runs: a winner, a baseline, and an executor that waits.

The slices under test stand below `evaluations` and ask for these through their registries; here
they get them through the same registries.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar
from uuid import UUID

import pytest
from django.db import transaction
from django.test import override_settings

from catalog.models import CatalogEntry
from portal.accounts.models import User
from portal.common.canonical import digest
from tests.factories import (
    briefs,
    builds,
    catalog,
    lives,
    people,
    prompts,
    replay,
    reviews,
    selection,
    tuning,
)
from tests.stubs.gateway import StubGateway
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.enums import Impact
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.phases import Check, EvidenceItem, Phase
from workloads.lifecycle.selectors import current_cycle
from workloads.reviews import evidence
from workloads.reviews.evidence import Baseline, BaselineMeasure
from workloads.reviews.models import Campaign
from workloads.selection.selectors import candidates_of
from workloads.tuning import winners
from workloads.tuning.winners import Winner

N = 100
PHASES = [
    "workloads.briefs.phase.Scoping",
    "workloads.selection.phase.Selection",
    "workloads.prompts.phase.Prompting",
    "tests.factories.phase_four.Measured",
    "workloads.tuning.phase.Tuning",
    "workloads.builds.phase.Building",
    "workloads.reviews.phase.GoNoGo",
    "workloads.operations.phase.Operations",
]

# Each says how its phase is made ready, once it is imported.
READY_BY = (briefs, selection, prompts, tuning, builds, reviews)

_winners: dict[UUID, Winner] = {}
_datasets: dict[UUID, Mapping[str, str]] = {}
_started: list[tuple[UUID, UUID]] = []


for _known in (_winners, _datasets):
    replay.keeps_beside(_known.copy, _known.update)


class Measured(Phase):
    """Phase 4 as the phases after it see it: it is passed once a winner is named."""

    key = "evaluation"
    number = 4
    label = "Evaluation"
    question = "Which candidate is measurably best?"
    evidence_kinds = ("scorecard",)
    url_name = "scorecards:evaluation"
    impact: ClassVar[Mapping[str, Impact]] = {"prompt.changed_after_baseline": Impact.REOPEN}

    def evidence(self, cycle: Cycle) -> list[EvidenceItem]:
        found = _winners.get(cycle.pk)
        return [found.scorecard] if found else []

    def checks(self, cycle: Cycle) -> list[Check]:
        return [Check.of("winner", "Winner chosen", cycle.pk in _winners)]


def win(cycle: Cycle, entry: CatalogEntry | None = None, *, scorecard: int = 1) -> Winner:
    """Name the winner of phase 4: ``entry``, or the first candidate of the shortlist."""
    chosen = entry or (candidates_of(cycle) or [catalog.entry()])[0]
    ref = cycle.workload.ref
    card = EvidenceItem("scorecard", ref, str(scorecard), digest([ref, scorecard]))
    _winners[cycle.pk] = Winner(chosen.pk, chosen.gateway_alias, card, "It is the best.", 1)
    _datasets.setdefault(cycle.pk, dataset(1))
    return _winners[cycle.pk]


def dataset(version: int) -> dict[str, str]:
    """Return a reference to the golden dataset in ``version``."""
    return EvidenceItem("dataset", "DS-0001", str(version), digest(["DS-0001", version])).as_dict()


def move_dataset(cycle: Cycle, version: int) -> None:
    """Let the golden dataset move on to ``version``."""
    _datasets[cycle.pk] = dataset(version)


def started() -> list[tuple[UUID, UUID]]:
    """Return (actor, campaign) of every executor call so far, oldest first."""
    return list(_started)


def _baseline(cycle: Cycle) -> Baseline | None:
    winner = _winners.get(cycle.pk)
    if winner is None:
        return None
    both = ("overall", "kind:edge")
    return Baseline(
        scorecard=winner.scorecard.as_dict(),
        dataset=_datasets[cycle.pk],
        n=N,
        measures=(
            BaselineMeasure(
                briefs.known_metric(), "Accuracy", "", "binary", "up", 0.95, 0.89, 0.98, N, both
            ),
            BaselineMeasure("f1", "Token F1", "", "graded", "up", 0.9, 0.88, 0.92, N, both),
            BaselineMeasure("latency_p95", "p95", "ms", "quantity", "down", 900.0, None, None, N),
            BaselineMeasure(
                "cost_per_request", "Cost", "USD", "quantity", "down", 0.002, 0.001, 0.003, N
            ),
        ),
    )


def _execute(actor: User, campaign: Campaign) -> Mapping[str, Any]:
    _started.append((actor.pk, campaign.pk))
    return {"kind": "test", "ref": "run", "version": str(campaign.number), "digest": ""}


winners.register(lambda cycle: _winners.get(cycle.pk))
evidence.register_baseline(_baseline)


@pytest.fixture(autouse=True)
def phase_four(settings: Any) -> Iterator[None]:
    """Put the stand-in where phase 4 stands, and its executor where evaluation's stands."""
    settings.PHASES = PHASES
    kept = dict(_winners), dict(_datasets)
    with _executing():
        yield
    for known, before in zip((_winners, _datasets), kept, strict=True):
        known.clear()
        known.update(before)


_real = evidence.executor("evaluation")
_users: list[object] = []


@contextmanager
def _executing() -> Iterator[None]:
    """The stand-in, until the last of its users leaves, in whatever order they do."""
    mark = object()
    _users.append(mark)
    evidence.register_executor("evaluation", _execute)
    _started.clear()
    try:
        yield
    finally:
        _users.remove(mark)
        if not _users and _real is not None:
            evidence.register_executor("evaluation", _real)


@pytest.fixture(scope="session")
def stub() -> Iterator[StubGateway]:
    """One gateway on a loopback port for all tests."""
    with StubGateway() as made:
        yield made


@pytest.fixture
def gateway(settings: Any, stub: StubGateway) -> StubGateway:
    """The gateway that the settings name."""
    for name, value in _gateway_settings(stub).items():
        setattr(settings, name, value)
    return stub


@pytest.fixture(scope="module")
def for_module(
    django_db_setup: None, django_db_blocker: Any, stub: StubGateway
) -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """Make something once for the tests of a module; what a test does to it is undone after it.

    A walk through the gates takes its time, and a table of bad input would take it for every row.
    Not for modules with tests that need transactions of their own: those see nothing of it.
    """
    outer = transaction.atomic()
    # As Django's own test cases: a durable block may stand inside it.
    outer._from_testcase = True  # type: ignore[attr-defined]

    def make(maker: Callable[[], Any]) -> Any:
        around = override_settings(PHASES=PHASES, **_gateway_settings(stub))
        with django_db_blocker.unblock(), around, _executing():
            return maker()

    with django_db_blocker.unblock():
        outer.__enter__()
    yield make
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)


def again(made: Workload) -> Workload:
    """Return the workload as it stands in the database."""
    return Workload.objects.select_related("owner").get(pk=made.pk)


def _gateway_settings(stub: StubGateway) -> dict[str, Any]:
    return {
        "GATEWAY_URL": stub.url,
        "GATEWAY_API_KEY": "sk-test",
        "GATEWAY_ALLOW_LOOPBACK": True,
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    }


def ready(tier: int = 1) -> Any:
    """Return how a phase is made ready for a workload of ``tier``, phase 4 by the stand-in."""

    def make(cycle: Cycle, phase_key: str, owner: User) -> None:
        if phase_key == "scoping":
            briefs.fill(cycle.workload, owner, tier=tier)
        elif phase_key == "evaluation":
            win(cycle)
        else:
            lives.READY[phase_key](cycle, owner)

    return make


@replay.once
def workload(at: str, *, tier: int = 1, owner: User | None = None) -> Workload:
    """Return a workload of ``tier`` whose phases before ``at`` are passed."""
    return lives.workload(at, owner=owner, ready=ready(tier))


def pass_phase(made: Workload, phase_key: str, *, tier: int = 1) -> None:
    """Make one phase ready and pass it with the votes that it needs."""
    lives.pass_phase(current_cycle(made), phase_key, ready=ready(tier))
    made.refresh_from_db()


def pass_phase_as_it_is(made: Workload, phase_key: str) -> None:
    """Pass a phase whose evidence is there already."""
    lives.pass_phase(current_cycle(made), phase_key, ready=lambda cycle, key, owner: None)
    made.refresh_from_db()


def contributor(made: Workload) -> User:
    """Return a new contributor of ``made``."""
    user = people.person("Contributor")
    lifecycle.add_member(actor=made.owner, workload=made, user=user, role="contributor")
    return user


def audit_actions(events: Sequence[Any]) -> list[str]:
    """Return what happened, in order."""
    return [event.action for event in events]
