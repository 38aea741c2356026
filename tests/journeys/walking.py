"""The steps of the main walk, each as a person does it on the page."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from portal.demo import content
from tests.journeys.conftest import ROOT, Persona

# A set that others wrote, when it lies beside the clone; else the product's own tickets.
OUTSIDE = ROOT.parent / "shared" / "demo" / "support_tickets.jsonl"
OWN = content.DATA / "support_tickets.jsonl"
EXPECTED_FIELDS = ("category", "plan", "amount_usd", "amount_ambiguous")


def tickets() -> Path:
    """The golden set of the walk."""
    return OUTSIDE if OUTSIDE.exists() else OWN


@dataclass(frozen=True, slots=True)
class Job:
    """What is walked: the brief's answers and KPI, the models, the instructions, the examples."""

    answers: Mapping[str, Any]
    kpi: Mapping[str, Any]
    latency_p95_seconds: str
    models: Sequence[str]
    winner: str
    instructions: str
    examples: Callable[[], Path]
    calls_at_once: int = 0  # as the form proposes
    patience: float = 90.0  # seconds that a run or a campaign may take


TRIAGE = Job(
    answers=content.TRIAGE,
    kpi=content.TRIAGE_KPIS[0],
    latency_p95_seconds="2",
    models=("cedar-70b-eu", "garnet-guard", "ember-8b"),
    winner="cedar-70b-eu",
    instructions=content.prompt_content("support_triage")["instructions"],
    examples=tickets,
)


def _fill(page: Page, name: str, value: Any) -> None:
    field = page.locator(f"main form [name={name}]")
    if isinstance(value, list):
        if field.first.get_attribute("type") == "checkbox":
            for one in value:
                page.locator(f"main form [name={name}][value={one}]").check()
            return
        value = ", ".join(value)
    if field.evaluate("e => e.tagName") == "SELECT":
        field.select_option(str(value))
    else:
        field.fill(str(value))


def _unfold(page: Page) -> None:
    """Open what stands behind a disclosure, as somebody does who reads everything."""
    closed = page.locator("details.usual:not([open]) > summary")
    while closed.count():
        closed.first.click()


def _saved(page: Page) -> None:
    """Wait until what was typed is on the server: the page says so."""
    page.locator("main h2").first.click()
    page.locator("[data-save-state][data-state=saved]").wait_for(timeout=30_000)


def new_workload(owner: Persona, name: str) -> str:
    """Make a workload and return its reference."""
    owner.go("/workloads/new/")
    owner.look("01-new-workload")
    owner.page.locator("[name=name]").fill(name)
    owner.page.locator("[name=summary]").fill("Reads a ticket and names its queue.")
    owner.press("Make it and write the brief")
    found = re.search(r"/workloads/(WL-\d+)/brief/", owner.page.url)
    assert found, owner.page.url
    return found.group(1)


def write_brief(owner: Persona, ref: str, job: Job = TRIAGE) -> None:
    """Answer the brief; what tier 2 asks comes up on the way."""
    page = owner.page
    owner.look("02-brief-empty")
    _unfold(page)
    answers = {k: v for k, v in job.answers.items() if k not in LATE}
    answers["latency_p95_ms"] = job.latency_p95_seconds
    for name, value in answers.items():
        _fill(page, name, value)
    for name in ("name", "definition", "unit", "baseline", "target", "floor"):
        page.locator(f"[name$='-{name}'][name^=kpi]").first.fill(str(job.kpi[name]))
    page.locator("[name$='-measured_by']").first.select_option(job.kpi["measured_by"])
    _saved(page)
    page.reload()
    _unfold(page)
    for name in LATE:
        if name in job.answers:
            _fill(page, name, job.answers[name])
    _saved(page)
    page.reload()
    owner.says("2, limited")
    owner.look("03-brief")


def answer(owner: Persona, answers: dict[str, Any]) -> None:
    """Answer the brief with ``answers``, the late questions once they have come up."""
    _unfold(owner.page)
    for name, value in answers.items():
        if name not in LATE:
            _fill(owner.page, name, value)
    _saved(owner.page)


# These come up only once the tier or the data asks for them.
LATE = (
    "non_ai_alternative",
    "out_of_scope_uses",
    "foreseeable_misuse",
    "human_oversight",
    "fallback",
    "lawful_basis",
)


def add_member(owner: Persona, ref: str, key: str) -> None:
    """Take a contributor in."""
    owner.go(f"/workloads/{ref}/members/")
    owner.page.get_by_label("Email").or_(owner.page.locator("[name=email]")).first.fill(
        f"{key}@demo.example"
    )
    owner.page.locator("[name=role]").select_option("contributor")
    owner.press("Add")


def vote(reviewer: Persona, ref: str, gate: str, name: str) -> None:
    """Read the manifest of a gate and approve it."""
    reviewer.go(f"/workloads/{ref}/gates/{gate}/")
    reviewer.look(name)
    choice = reviewer.page.locator("[name=choice]")
    if choice.first.get_attribute("type") == "radio":
        reviewer.page.locator("[name=choice][value=approve]").check()
    else:
        choice.select_option("approve")
    reviewer.press("Cast the vote")


def choose_models(contributor: Persona, ref: str, job: Job = TRIAGE) -> None:
    """Shortlist the models that fit and pass phase 2."""
    page = contributor.page
    contributor.go(f"/workloads/{ref}/selection/")
    contributor.look("05-selection")
    for alias in job.models:
        page.locator(f"[name=candidate][value='{alias}']").check()
        page.locator(f"[name='note-{alias}']").fill("Worth testing on tickets.")
    page.locator("[name=not_taken_reason]").fill("Three are enough to compare.")
    contributor.press("candidates")
    contributor.press("Pass model selection")


def write_prompt(contributor: Persona, ref: str, job: Job = TRIAGE) -> None:
    """Write the triage prompt, commit it, pass phase 3."""
    page = contributor.page
    wanted = {**content.prompt_content("support_triage"), "instructions": job.instructions}
    contributor.go(f"/workloads/{ref}/prompts/")
    contributor.look("06-prompt-empty")
    for name in ("persona", "instructions", "user_template"):
        page.locator(f"[name={name}]").fill(wanted[name])
    page.locator("[name=output_format]").select_option("json")
    page.locator("[name=output_schema]").fill(
        (content.DATA / "prompts" / "support_triage" / "output_schema.json").read_text()
    )
    page.locator("[name=guardrails-text]").first.fill(wanted["guardrails"][0]["text"])
    contributor.press("Commit version")
    contributor.says("Prompt version 1 committed")
    contributor.look("07-prompt")
    contributor.press("Pass prompts")


def import_golden(contributor: Persona, ref: str, file: Path) -> None:
    """Import a golden dataset by its preview and commit it; a bad file is refused first."""
    page = contributor.page
    contributor.go(f"/workloads/{ref}/datasets/")
    page.locator("[name=name]").fill("Golden tickets")
    contributor.press("Make it and import examples")
    page.locator("[name=file]").set_input_files(
        {"name": "bad.jsonl", "mimeType": "application/json", "buffer": b'{"input": {"a": 1}\n{"x"'}
    )
    contributor.press("Read the file")
    contributor.says("What is wrong in the file")
    contributor.look("08-import-refused")
    page.locator("[name=file]").set_input_files(str(file))
    contributor.press("Read the file")
    contributor.says("can be imported")
    contributor.look("09-import-preview")
    contributor.press("Import ")
    contributor.press("Commit version")
    contributor.look("10-dataset")


def evaluate(contributor: Persona, ref: str, job: Job = TRIAGE) -> None:
    """Run the candidates, watch, read the scorecard, choose the winner, pass phase 4."""
    page = contributor.page
    contributor.go(f"/workloads/{ref}/evaluation/")
    contributor.look("11-evaluation")
    if job.calls_at_once:
        page.locator("[name=concurrency]").fill(str(job.calls_at_once))
    contributor.press("Start the run")
    if "/runs/" not in page.url:
        page.get_by_role("link", name=re.compile("run", re.I)).first.click()
    contributor.look("12-run")
    contributor.go(f"/workloads/{ref}/evaluation/")
    _until(page, "Choose the winner", job.patience)
    contributor.go(f"/workloads/{ref}/scorecards/1/")
    contributor.look("13-scorecard")
    page.locator(f"[name=entry][value='{job.winner}']").check()
    page.locator("[name=rationale]").fill(
        "It serves the KPI best of those that meet every floor, and stays well below the limits."
    )
    contributor.press("Choose the winner")
    contributor.go(f"/workloads/{ref}/evaluation/")
    contributor.press("Pass evaluation")


def _until(page: Page, text: str, seconds: float = 90) -> None:
    """Reload until the page shows ``text``: what a person does who left and came back."""
    for _ in range(int(seconds)):
        if page.get_by_text(text).count():
            return
        page.wait_for_timeout(1_000)
        page.reload()
    raise AssertionError(f"{text!r} did not appear on {page.url}")


def decide_tuning(contributor: Persona, ref: str) -> None:
    """Decide against tuning; the winner becomes the final model."""
    page = contributor.page
    contributor.go(f"/workloads/{ref}/tuning/")
    for name in ("prompt_versions", "few_shot", "retrieval", "larger_model"):
        page.locator(f"[name={name}]").fill("Tried, or not needed for tickets of this length.")
    page.locator("[name=rationale]").fill(
        "The winner clears its floor with prompting alone; tuning would bind us to one model for a"
        " gain that this golden dataset could not show."
    )
    contributor.look("14-tuning")
    contributor.press("Record and lock")
    contributor.press("Pass tuning")


def make_build(contributor: Persona, ref: str) -> None:
    """Make the build, try it, write the criteria that phase 6 asks for, pass phase 6."""
    page = contributor.page
    contributor.go(f"/workloads/{ref}/build/")
    page.locator("[name=decision_record]").fill(
        "One stateless service between the ticket system and the queue; nothing is kept in it, and"
        " without the model tickets go to the general queue as today."
    )
    contributor.look("15-build-form")
    contributor.press("Make build")
    contributor.press("Try a call")
    contributor.press("Try the switch")
    contributor.look("16-build")


def write_criteria(author: Persona, ref: str, threshold: str = "") -> None:
    """Keep the criteria that the brief proposes; with ``threshold``, raise the first bar."""
    author.go(f"/workloads/{ref}/go-no-go/")
    if threshold:
        author.page.locator("[name=criteria-0-threshold]").fill(threshold)
    author.look("17-criteria")
    author.press("Keep criteria")


def conclude_campaign(locker: Persona, contributor: Persona, ref: str, job: Job = TRIAGE) -> None:
    """Lock the criteria as somebody else, run the campaign, wait for the verdict."""
    locker.go(f"/workloads/{ref}/go-no-go/")
    locker.press("Lock criteria")
    locker.look("18-criteria-locked")
    contributor.go(f"/workloads/{ref}/go-no-go/")
    contributor.press("Test build")
    _until(contributor.page, "Concluded", job.patience)


def to_phase_7(
    persona: Callable[[str], Persona], name: str, *, looks: bool = True, job: Job = TRIAGE
) -> tuple[str, dict[str, Persona]]:
    """Walk from nothing to a build that waits for its criteria; return its ref and the people."""
    people = {key: persona(key) for key in ("owner", "contributor", "business")}
    for one in people.values():
        one.looks = looks
    owner, contributor = people["owner"], people["contributor"]
    ref = new_workload(owner, name)
    write_brief(owner, ref, job)
    add_member(owner, ref, "contributor")
    owner.go(f"/workloads/{ref}/brief/")
    owner.press("Submit for review")
    vote(people["business"], ref, "scoping", "04-gate-scoping")
    choose_models(contributor, ref, job)
    write_prompt(contributor, ref, job)
    import_golden(contributor, ref, job.examples())
    evaluate(contributor, ref, job)
    decide_tuning(contributor, ref)
    make_build(contributor, ref)
    return ref, people
