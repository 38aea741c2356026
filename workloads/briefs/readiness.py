"""What a brief lacks for its gate: one check for each gap, each with the way to mend it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from portal.accounts.selectors import reviewers_by_remit
from portal.common.policy import policy
from workloads.briefs import kpis
from workloads.briefs.authors import contributor_ids
from workloads.briefs.crosschecks import cross_checks
from workloads.briefs.enums import EuClass
from workloads.briefs.models import Brief
from workloads.briefs.questions import LIMITS, QUESTIONS, SECTIONS, SUCCESS, Question
from workloads.briefs.selectors import assessment_of, needed
from workloads.briefs.tiering import Assessment
from workloads.lifecycle.phases import Check

EDITORS = "The owner or a contributor"
KPIS_FROM_TIER_3 = 3
ODDS = "brief.limits."


@dataclass(frozen=True, slots=True)
class SectionProgress:
    """How far one section of the brief is: what is answered of what is asked, and the gaps."""

    title: str
    anchor: str
    done: int
    total: int
    gaps: list[Check]

    @property
    def state(self) -> str:
        """Pass, or wait while something is missing, as lists of checks show it."""
        return "wait" if self.gaps else "pass"


def progress(brief: Brief, found: Sequence[Check]) -> list[SectionProgress]:
    """Return the sections with their gaps among ``found``, the checks of this brief."""
    assessment = assessment_of(brief)
    gaps = {check.code: check for check in found if check.state == "fail"}
    rows = []
    for number, title in enumerate(SECTIONS, start=1):
        if title == SUCCESS:
            gap_here = [gaps["brief.kpis"]] if "brief.kpis" in gaps else []
            total = max(least_kpis(assessment), len(brief.kpi_rows()))
            done = min(total - len(gap_here), len(brief.kpi_rows()))
            rows.append(SectionProgress(title, "kpis", max(done, 0), total, gap_here))
            continue
        asked = [
            question
            for question in QUESTIONS
            if question.section == title
            and (needed(question, brief, assessment) or f"brief.{question.name}" in gaps)
        ]
        lacking = [
            gaps[f"brief.{question.name}"] for question in asked if f"brief.{question.name}" in gaps
        ]
        # Limits that contradict each other are answered, and still to be put right.
        at_odds = [gaps[code] for code in sorted(gaps) if title == LIMITS and code.startswith(ODDS)]
        rows.append(
            SectionProgress(
                title, f"section-{number}", len(asked) - len(lacking), len(asked),
                [*lacking, *at_odds],
            )
        )  # fmt: skip
    return rows


def others(found: Sequence[Check]) -> list[Check]:
    """Return the checks that belong to no section of the brief."""
    own = {"brief.kpis", *(f"brief.{question.name}" for question in QUESTIONS)}
    return [
        check
        for check in found
        if check.code not in own and not check.code.startswith(("brief.section.", ODDS))
    ]


def least_kpis(assessment: Assessment) -> int:
    """Return how many KPIs the gate asks for."""
    return KPIS_FROM_TIER_3 if assessment.tier >= KPIS_FROM_TIER_3 else 1


def checks(brief: Brief) -> list[Check]:
    """Return the exit checks of the brief: what is missing first, then what is there."""
    assessment = assessment_of(brief)
    found = [
        *_answers(brief, assessment),
        _kpis(brief, assessment),
        *_contradictions(brief),
        _people(brief, assessment),
    ]
    gaps = [check for check in found if check.state == "fail"]
    return [*gaps, *(check for check in found if check.state != "fail")]


def gap(question: Question, brief: Brief) -> str:
    """Return what is missing from one answer, or nothing."""
    value = getattr(brief, question.name)
    if question.name in brief.unparsed:
        typed = brief.unparsed[question.name]
        return f"“{typed[:40]}” is no answer." if typed else "What was typed is no answer."
    if value is None or value in ("", []):
        return question.help
    if question.is_text and len(value) < question.minimum:
        return f"{len(value)} characters; at least {question.minimum} say enough."
    if value == EuClass.UNDETERMINED:
        return "Decide the class before the gate."
    return ""


def page(brief: Brief, anchor: str = "") -> str:
    """Return the address of the brief's page, at one field."""
    url = reverse("briefs:brief", args=[brief.cycle.workload.ref])
    return f"{url}#{anchor}" if anchor else url


def _answers(brief: Brief, assessment: Assessment) -> list[Check]:
    found: list[Check] = []
    for section in SECTIONS:
        asked = [q for q in QUESTIONS if q.section == section]
        wanted = [q for q in asked if needed(q, brief, assessment)]
        # What need not be answered must still not be nonsense.
        wanted += [q for q in asked if q not in wanted and q.name in brief.unparsed]
        lacking = [(question, gap(question, brief)) for question in wanted]
        found += [
            Check.of(
                f"brief.{question.name}", question.short, False, detail=missing,
                link=page(brief, f"id_{question.name}"), link_label="Answer", who=EDITORS,
            )
            for question, missing in lacking
            if missing
        ]  # fmt: skip
        if wanted and not any(missing for _, missing in lacking):
            answers = f"{len(wanted)} answer{'' if len(wanted) == 1 else 's'}"
            found.append(Check.of(f"brief.section.{section}", section, True, detail=answers))
    return found


def _kpis(brief: Brief, assessment: Assessment) -> Check:
    rows = brief.kpi_rows()
    least = least_kpis(assessment)
    label = "A KPI with target, floor and source" if least == 1 else f"{least} KPIs"
    problems = []
    for row in rows:
        name = f"“{row.name}”" if row.name else "a KPI without a name"
        values = {field: getattr(row, field) for field in kpis.FIELDS}
        words = [one.message for one in kpis.gaps(values, brief.cycle.workload_id)]
        words += [f"{field.replace('_', ' ')} is no answer" for field in row.unparsed]
        if words:
            problems.append(f"{name}: {', '.join(words)}")
    if len(rows) < least:
        problems.insert(0, f"{len(rows)} of {least} written")
    return Check.of(
        "brief.kpis", label, not problems,
        detail="; ".join(problems) or f"{len(rows)} written",
        link=page(brief, "kpis") if problems else "", link_label="Write it", who=EDITORS,
    )  # fmt: skip


def _contradictions(brief: Brief) -> list[Check]:
    return [
        Check.of(
            f"{ODDS}{one.code}", "The limits agree with each other", False,
            detail=one.text, link=page(brief, f"id_{one.field}"), link_label="Correct it",
            who=EDITORS,
        )
        for one in cross_checks(brief)
        if one.tone == "fail"
    ]  # fmt: skip


def _people(brief: Brief, assessment: Assessment) -> Check:
    """Whether there is somebody for each vote that the scoping gate asks for at this tier."""
    votes = (
        policy()
        .gates["scoping"]
        .votes_needed(assessment.tier, personal_data=assessment.personal_data)
    )
    out = {brief.cycle.workload.owner_id, *contributor_ids(brief)}
    free = {remit: ids - out for remit, ids in reviewers_by_remit().items()}
    lacking = [
        " or ".join(sorted(wanted))
        for wanted in votes
        if not any(free.get(remit) for remit in wanted)
    ]
    detail = "No vote is needed at this tier." if not votes else "Somebody can give each vote."
    if lacking:
        detail = f"Nobody who did not write it can vote for: {', '.join(lacking)}."
    return Check.of(
        "brief.people", "The roles are filled", not lacking, detail=detail, who="A platform admin"
    )
