"""Eight phases whose evidence is one row of a small table, with the impact tables of the policy.

The lifecycle is tested with these, so that its tests say something about the lifecycle alone.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction

from portal.accounts.models import User
from portal.common.canonical import digest
from portal.common.readonce import read_once
from workloads.lifecycle import services
from workloads.lifecycle.enums import Impact
from workloads.lifecycle.models import Cycle
from workloads.lifecycle.phases import Check, EvidenceItem, Phase

TABLE = """
CREATE TABLE IF NOT EXISTS fake_evidence (
    cycle uuid NOT NULL, phase text NOT NULL, value text NOT NULL,
    ok boolean NOT NULL, authors uuid[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (cycle, phase)
)
"""

REOPEN, RECONFIRM, NOTE = Impact.REOPEN, Impact.RECONFIRM, Impact.NOTE


@read_once
def _row(cycle: Cycle, phase: str) -> tuple[str, bool, list[UUID]] | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT value, ok, authors FROM fake_evidence WHERE cycle = %s AND phase = %s",
            [cycle.pk, phase],
        )
        return cursor.fetchone()


def put(cycle: Cycle, phase: str, value: str, *, ok: bool = True, author: User | None) -> None:
    """Write the evidence of one phase, without telling the lifecycle."""
    authors = [author.pk] if author is not None else []
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO fake_evidence (cycle, phase, value, ok, authors)"
            " VALUES (%s, %s, %s, %s, %s::uuid[]) ON CONFLICT (cycle, phase) DO UPDATE SET"
            " value = EXCLUDED.value, ok = EXCLUDED.ok,"
            " authors = fake_evidence.authors || EXCLUDED.authors",
            [cycle.pk, phase, value, ok, authors],
        )


def set_ok(cycle: Cycle, phase: str, ok: bool) -> None:
    """Let the check of a phase pass or fail, without a change of its evidence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE fake_evidence SET ok = %s WHERE cycle = %s AND phase = %s",
            [ok, cycle.pk, phase],
        )


@transaction.atomic
def edit(
    actor: User, cycle: Cycle, phase: str, value: str, *, change: str = "", ok: bool = True
) -> None:
    """Change the evidence as a slice's service does: lock, write, tell."""
    locked = services.locked_cycle(cycle.pk)
    put(locked, phase, value, ok=ok, author=actor)
    services.evidence_changed(
        actor=actor, cycle=locked, change=change, detail=f"now {value}", origin=phase
    )


def ready(cycle: Cycle, phase: str, actor: User) -> None:
    """Make the phase ready as `tests.factories.lives` asks; the first also sets the tier."""
    put(cycle, phase, f"{phase} 1", author=actor)
    if phase == "scoping" and cycle.workload.tier is None:
        services.set_risk(
            actor=actor, workload=cycle.workload, tier=2, personal_data=False, prohibited=False
        )


class Fake(Phase):
    url_name = "lifecycle:workload"

    def evidence(self, cycle: Cycle) -> list[EvidenceItem]:
        row = _row(cycle, self.key)
        if row is None:
            return []
        kind = self.evidence_kinds[0]
        return [EvidenceItem(kind, f"{kind} of {cycle.workload.ref}", "1", digest(row[0]))]

    def checks(self, cycle: Cycle) -> list[Check]:
        row = _row(cycle, self.key)
        return [
            Check.of(
                f"{self.key}_done",
                f"{self.label} is done",
                row is not None and row[1],
                detail=f"Write the {self.evidence_kinds[0].replace('_', ' ')}.",
                link=f"/workloads/{cycle.workload.ref}/",
                who="The owner or a contributor",
            )
        ]

    def contributors(self, cycle: Cycle) -> Iterable[UUID]:
        row = _row(cycle, self.key)
        return row[2] if row else ()


class Scoping(Fake):
    key, number, label = "scoping", 1, "Scoping"
    question = "What problem, for whom?"
    evidence_kinds = ("brief",)
    impact = {
        "brief.cosmetic": NOTE, "brief.loosened": RECONFIRM, "brief.tightened": RECONFIRM,
        "brief.scope": REOPEN,
    }  # fmt: skip


class Selection(Fake):
    key, number, label = "selection", 2, "Selection"
    question = "Which models could do it?"
    evidence_kinds = ("shortlist",)
    impact = {"brief.scope": RECONFIRM, "catalog.retired": REOPEN}


class Prompting(Fake):
    key, number, label = "prompting", 3, "Prompts"
    question = "What do we ask?"
    evidence_kinds = ("prompt",)
    impact = {"catalog.retired": REOPEN}


class Evaluation(Fake):
    key, number, label = "evaluation", 4, "Evaluation"
    question = "Which is best?"
    evidence_kinds = ("scorecard",)
    impact = {
        "brief.threshold_tightened": REOPEN, "brief.scope": REOPEN,
        "catalog.price_changed": RECONFIRM, "prompt.changed_after_baseline": REOPEN,
        "metric.changed": RECONFIRM,
    }  # fmt: skip


class Tuning(Fake):
    key, number, label = "tuning", 5, "Tuning"
    question = "Is the base model good enough?"
    evidence_kinds = ("tuning_decision",)
    impact = {"catalog.price_changed": RECONFIRM, "prompt.changed_after_baseline": RECONFIRM}


class Building(Fake):
    key, number, label = "build", 6, "Build"
    question = "Is it wired and protected?"
    evidence_kinds = ("build",)
    impact = {"brief.scope": RECONFIRM, "prompt.changed_after_baseline": REOPEN}


class GoNoGo(Fake):
    key, number, label = "go_no_go", 7, "Go / no-go"
    question = "Does it meet the bar?"
    evidence_kinds = ("campaign",)
    spans_cycle = True
    makes_release = True
    impact = {
        "brief.loosened": RECONFIRM, "brief.tightened": REOPEN, "brief.scope": REOPEN,
        "prompt.changed_after_baseline": REOPEN,
    }  # fmt: skip


class Operations(Fake):
    key, number, label = "operations", 8, "Operations"
    question = "Does it still?"
    evidence_kinds = ("kpi_review",)
    has_gate = False


PHASES = [
    f"tests.workloads.lifecycle.fake_phases.{one.__name__}"
    for one in (Scoping, Selection, Prompting, Evaluation, Tuning, Building, GoNoGo, Operations)
]
KEYS = [
    "scoping", "selection", "prompting", "evaluation", "tuning", "build", "go_no_go", "operations",
]  # fmt: skip
