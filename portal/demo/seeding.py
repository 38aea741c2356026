"""The demo company, made through the same services that people use.

Everything is earned: the live workload went through its gates, its numbers come from a run
against the gateway, and the votes are by people who did not build it.
"""

import time
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import structlog
from asgiref.sync import async_to_sync
from django.conf import settings

from catalog.models import CatalogEntry
from catalog.services import approve, sync_from_gateway
from evaluations.datasets import services as datasets
from evaluations.datasets.enums import ImportMode
from evaluations.datasets.models import DatasetVersion
from evaluations.judges.models import JudgeVersion
from evaluations.runs.enums import ACTIVE
from evaluations.runs.models import Run
from evaluations.runs.tasks import drive
from evaluations.scorecards import services as scorecards
from evaluations.scorecards.models import Scorecard
from evaluations.scorecards.options import MetricChoice
from evaluations.scorecards.services.baseline import Baseline
from portal.accounts.models import User
from portal.common.clock import now
from portal.demo import comparing, content, judging, preferring
from portal.demo.people import make_people, sign_ins
from portal.gateway.connection import connect
from portal.gateway.errors import GatewayError
from workloads.briefs import services as briefs
from workloads.briefs.selectors import brief_of
from workloads.builds import services as builds
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.enums import MemberRole, VoteChoice
from workloads.lifecycle.models import Cycle, Review, Workload
from workloads.lifecycle.selectors import current_cycle
from workloads.operations import services as operations
from workloads.prompts import services as prompts
from workloads.reviews import services as reviews
from workloads.reviews.evidence import baseline_of
from workloads.reviews.proposals import propose
from workloads.reviews.selectors import campaign_of
from workloads.selection import services as selection
from workloads.selection.services import Pick
from workloads.tuning import services as tuning

log = structlog.get_logger(__name__)

HANDBOOK_PARTS = ("normalise", "trim_input", "input_limit", "injection_screen", "secret_filter")
GATEWAY_PATIENCE = 20.0


TRIAGE_PICKS: Mapping[str, str] = {
    "cedar-70b-eu": "In our EU tenant.",
    "garnet-guard": "Careful; does it refuse too much?",
    "ember-8b": "On our own hardware.",
}
HANDBOOK_WINNER = "beacon-mini"
HANDBOOK_COMPARED = ("beacon-mini", "aurora-large")
HANDBOOK_PICKS: Mapping[str, str] = {
    "aurora-large": "The most accurate.",
    "cedar-70b-eu": "In our EU tenant.",
    "beacon-mini": "Cheap and fast.",
}
NOT_TAKEN = "Three candidates are enough to compare; this one adds nothing to them."


class DemoFailed(Exception):
    """The demo could not be made; the message says at which step."""


def seed() -> None:
    """Make what is missing of the demo company; a second call changes nothing.

    People and their sign-ins always; the workloads and approvals only against the sandbox
    gateway, because a real one costs money and its models are approved by people.
    """
    people = make_people()
    path = Path(settings.VAR_DIR) / "demo-accounts.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(sign_ins() + "\n", encoding="utf-8")
    if Workload.objects.exists() or not settings.GATEWAY_SIMULATED:
        return
    _wait_for_gateway()
    approve_models(people["catalog"])
    triage(people)
    handbook(people)
    notes(people)


def _wait_for_gateway() -> None:
    async def ask() -> None:
        async with connect() as client:
            await client.models()

    until = time.monotonic() + GATEWAY_PATIENCE
    while True:
        try:
            async_to_sync(ask)()
            return
        except GatewayError as problem:
            if time.monotonic() > until:
                raise DemoFailed(f"the gateway does not answer: {problem.message}") from problem
            time.sleep(0.2)


def approve_models(manager: User) -> None:
    """Bring the sandbox's models into the catalog and approve those whose cards are complete."""
    report = sync_from_gateway(actor=None)
    log.info("demo_catalog", added=len(report.added))
    for entry in CatalogEntry.objects.all():
        approve(
            actor=manager,
            entry=entry,
            digest=entry.digest(),
            expires=(now() + timedelta(days=360)).date(),
            reason="Simulated model of the demo; card read and complete.",
        )


def brief(
    owner: User, name: str, summary: str, answers: Mapping[str, Any], kpis: list[dict[str, Any]]
) -> Workload:
    """Make a workload with its brief, as its owner would."""
    workload = lifecycle.create_workload(actor=owner, name=name, summary=summary)
    briefs.save_draft(
        actor=owner, workload=workload, row_version=0, answers=answers, kpis=kpis or None
    )
    workload.refresh_from_db()
    return workload


def shortlist(actor: User, workload: Workload, picks: Mapping[str, str]) -> None:
    """Choose candidates, each with a note, and pass phase 2."""
    selection.choose_shortlist(
        actor=actor,
        workload=workload,
        picks=[Pick(alias, note) for alias, note in picks.items()],
        not_taken_reason=NOT_TAKEN,
    )
    lifecycle.submit_phase(actor=actor, cycle=current_cycle(workload), phase_key="selection")


def prompt(actor: User, workload: Workload, name: str) -> None:
    """Commit a demo prompt and pass phase 3."""
    prompts.save_draft(actor=actor, workload=workload, content=content.prompt_content(name))
    prompts.commit_version(actor=actor, workload=workload)
    lifecycle.submit_phase(actor=actor, cycle=current_cycle(workload), phase_key="prompting")


def golden(actor: User, workload: Workload, name: str, filename: str) -> DatasetVersion:
    """Import a golden set of the demo and commit it."""
    dataset = datasets.create_dataset(
        actor=actor,
        workload=workload,
        name=name,
        description="Written for the demo; no real person or company.",
        sources=[{"type": "written", "ref": "The makers of the demo", "licence": "As Assay's"}],
    )
    data = (content.DATA / filename).read_bytes()
    datasets.import_examples(
        actor=actor, dataset=dataset, filename=filename, data=data, mode=ImportMode.REPLACE
    )
    return datasets.commit_version(actor=actor, dataset=dataset)


def vote(people: Mapping[str, User], cycle: Cycle, phase_key: str, remits: tuple[str, ...]) -> None:
    """Let reviewers read the open review of a gate and approve it."""
    review = Review.objects.get(cycle=cycle, phase=phase_key, outcome="open")
    for remit in remits:
        reading = lifecycle.open_review_page(actor=people[remit], review=review)
        lifecycle.cast_vote(
            actor=people[remit],
            review=review,
            remit=remit,
            choice=VoteChoice.APPROVE,
            reason="Read; the evidence supports it.",
            manifest_digest=reading.manifest_digest,
            nonce=reading.nonce,
            signed_in_at=now(),
        )


def finish(run: Run) -> Run:
    """Drive ``run`` in this process until it is over; workers may drive it too."""
    until = time.monotonic() + 120
    while True:
        run.refresh_from_db()
        if run.state not in ACTIVE:
            return run
        if time.monotonic() > until:
            raise DemoFailed(f"run {run.number} does not end")
        drive(str(run.pk))


def triage(people: Mapping[str, User]) -> Workload:
    """WL-0001: tickets; scoped, shortlisted, prompted, and ready to be evaluated."""
    owner = people["owner"]
    workload = brief(
        owner,
        "Support ticket triage",
        "Reads a ticket and names its queue, the plan and the amount.",
        content.TRIAGE,
        content.TRIAGE_KPIS,
    )
    lifecycle.add_member(
        actor=owner, workload=workload, user=people["contributor"], role=MemberRole.CONTRIBUTOR
    )
    briefs.submit_brief(actor=owner, workload=workload)
    vote(people, current_cycle(workload), "scoping", ("business",))
    shortlist(people["contributor"], workload, TRIAGE_PICKS)
    prompt(people["contributor"], workload, "support_triage")
    tickets = golden(people["contributor"], workload, "Support tickets", "support_tickets.jsonl")
    datasets.propose_example(
        actor=owner,
        dataset=tickets.dataset,
        values=content.PROPOSED_TICKET,
        reason="Seen on the desk this week: a refund and a reset in one mail. There is none yet.",
    )
    return workload


def handbook(people: Mapping[str, User]) -> Workload:
    """WL-0002: answers from the handbook; through all gates and live."""
    owner, contributor = people["owner"], people["contributor"]
    workload = brief(
        owner,
        "Handbook answers",
        "Answers questions of colleagues from the employee handbook, with the page.",
        content.HANDBOOK,
        content.HANDBOOK_KPIS,
    )
    lifecycle.add_member(
        actor=owner, workload=workload, user=contributor, role=MemberRole.CONTRIBUTOR
    )
    briefs.submit_brief(actor=owner, workload=workload)
    shortlist(owner, workload, HANDBOOK_PICKS)
    prompt(contributor, workload, "handbook_answers")
    golden(contributor, workload, "Handbook questions", "handbook_questions.jsonl")
    cycle = current_cycle(workload)
    judge = judging.calibrated_judge(contributor, owner, workload, finish)
    scorecard = evaluate(contributor, workload, judge)
    comparing.compare(contributor, owner, scorecard.run, HANDBOOK_COMPARED, finish)
    preferring.held_study(people, workload, scorecard.run, HANDBOOK_COMPARED)
    winner = CatalogEntry.objects.get(gateway_alias=HANDBOOK_WINNER)
    scorecards.choose_winner(
        actor=contributor,
        scorecard=scorecard,
        entry=winner,
        rationale="It holds the fact as often as the others as far as this dataset can tell, and"
        " in a blind study colleagues prefer neither its answers nor those of aurora-large. It"
        " answers fastest and at a twentieth of the cost of aurora-large.",
    )
    lifecycle.submit_phase(actor=contributor, cycle=cycle, phase_key="evaluation")
    tuning.decide(
        actor=contributor,
        workload=workload,
        decision="none",
        rationale="The winner clears its floor with prompting alone. Tuning would tie us to one"
        " model for a gain that the golden set could not show.",
        prompting_evidence={
            "prompt_versions": "One version was enough to clear the floor.",
            "few_shot": "Two examples are part of the prompt.",
            "retrieval": "Three to four documents come with each question.",
            "larger_model": "The largest model on the shortlist was scored as well.",
        },
    )
    lifecycle.submit_phase(actor=contributor, cycle=cycle, phase_key="tuning")
    build(contributor, workload)
    decide(people, workload)
    operations.put_live(actor=owner, workload=workload)
    return workload


def evaluate(actor: User, workload: Workload, judge: JudgeVersion) -> Scorecard:
    """Run the baseline and return its scorecard."""
    names = ("contains", "token_f1", "refusal", "latency", "cost")
    run = scorecards.start_baseline(
        actor=actor,
        workload=workload,
        baseline=Baseline(
            metrics=[MetricChoice(name, {}) for name in names],
            judges=[judge],
            judging_cap=Decimal(3),
        ),
        cap=Decimal(5),
        concurrency=16,
    )
    finished = finish(run)
    judging.finish_judging(finished, finish)
    scorecard = scorecards.publish(run_id=finished.pk)
    if scorecard is None:
        raise DemoFailed(f"run {run.number} ended {finished.state}")
    return scorecard


def build(actor: User, workload: Workload) -> None:
    """Make the build, try it, and write the criteria that phase 6 asks for."""
    cycle = current_cycle(workload)
    made = builds.make_build(
        actor=actor,
        workload=workload,
        architecture="api",
        decision_record="One stateless API behind the chat of the intranet. The handbook search"
        " gives the documents; nothing is kept in the service itself.",
        parts=HANDBOOK_PARTS,
        logging="redacted",
        retention_days=30,
        alerts=[
            builds.Alert("error_rate", ">", 0.02, 60, "Mara Lindqvist"),
            builds.Alert("latency_p95", ">", 3000, 60, "Mara Lindqvist"),
            builds.Alert("cost_per_day", ">", 2, 1440, "Mara Lindqvist"),
        ],
    )
    builds.try_build(actor=actor, build=made)
    baseline = baseline_of(cycle)
    if baseline is None:
        raise DemoFailed("there is no baseline")
    asked = propose(brief_of(cycle), baseline)
    reviews.write_criteria(actor=actor, workload=workload, criteria=asked)
    lifecycle.submit_phase(actor=actor, cycle=cycle, phase_key="build")


def decide(people: Mapping[str, User], workload: Workload) -> None:
    """Lock, test, and let a reviewer decide."""
    owner, cycle = people["owner"], current_cycle(workload)
    criteria = cycle.criteria_sets.get()
    reviews.lock_criteria(actor=owner, criteria=criteria)
    reviews.start_campaign(actor=people["contributor"], workload=workload)
    finished = finish(Run.objects.filter(workload=workload).latest("created_at"))
    judging.finish_judging(finished, finish)
    scorecards.publish(run_id=finished.pk)
    campaign = campaign_of(cycle)
    if campaign is None or campaign.verdict != "go":
        raise DemoFailed(f"the campaign of {workload.ref} did not end with GO")
    lifecycle.submit_phase(actor=owner, cycle=cycle, phase_key="go_no_go")
    vote(people, cycle, "go_no_go", ("risk",))


def notes(people: Mapping[str, User]) -> Workload:
    """WL-0003: a brief that somebody has just begun."""
    return brief(
        people["owner"],
        "Field note summaries",
        "Two lines for each note to the field teams, with its dates.",
        content.NOTES,
        [],
    )
