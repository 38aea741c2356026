"""Beginning a brief: from a template, from another workload, or from a tier that was tried."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404

from portal.accounts.models import User
from portal.common.errors import Invalid
from workloads.briefs import kpis as kpi_rows
from workloads.briefs.enums import WorkloadType
from workloads.briefs.library import TEMPLATE, WORKLOAD, template, templates
from workloads.briefs.models import Brief
from workloads.briefs.questions import BY_NAME, QUESTIONS, Kind
from workloads.briefs.selectors import brief_of
from workloads.briefs.services.drafts import save_draft
from workloads.briefs.tiering import ASKED
from workloads.briefs.trying import OUTSIDE, tools_of
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle, workload_for, workloads_for
from workloads.lifecycle.starts import Start

TEMPLATES, COPIES = "A template", "A copy of another workload"
COPIES_OFFERED = 200
# What says how risky a use is, and what was decided about it: another workload's answers are not
# this one's.
LEFT_OUT = frozenset(
    {*ASKED, "lawful_basis", "dpia_url", "tools", "eu_nexus", "eu_rationale", "regimes",
     "compliance_notes"}
)  # fmt: skip


def offer_templates(user: User) -> list[Start]:
    """Return the templates; everybody may use them."""
    return [Start(f"{TEMPLATE}{one.key}", one.title, one.line, TEMPLATES) for one in templates()]


def offer_copies(user: User) -> list[Start]:
    """Return the newest workloads that ``user`` may see and that have a brief."""
    written = Brief.objects.values("cycle__workload_id")
    rows = workloads_for(user).filter(pk__in=written).order_by("-number")[:COPIES_OFFERED]
    return [Start(f"{WORKLOAD}{row.ref}", f"{row.ref} {row.name}", "", COPIES) for row in rows]


def begin_from_template(
    actor: User, workload: Workload, start: str, answers: Mapping[str, Any]
) -> bool:
    """Write a template, or nothing but ``answers``, into the brief of a new workload."""
    found = template(start)
    if found is None and start:
        return False
    _write(
        actor,
        workload,
        start,
        {**(found.answers if found else {}), **answers},
        found.kpis if found else [],
    )
    return True


def begin_from_workload(
    actor: User, workload: Workload, start: str, answers: Mapping[str, Any]
) -> bool:
    """Copy another workload's brief without its risk answers, owners and measured figures.

    Raises Invalid (choice) for a workload that ``actor`` may not see or that has no brief.
    """
    if not start.startswith(WORKLOAD):
        return False
    try:
        source = workload_for(actor, start.removeprefix(WORKLOAD))
    except Http404 as problem:
        raise Invalid.field("start", "choice", "There is no such workload.") from problem
    brief = brief_of(current_cycle(source))
    if brief._state.adding:
        raise Invalid.field("start", "choice", f"{source.ref} has no brief to copy yet.")
    copied = {
        question.name: value
        for question in QUESTIONS
        if question.name not in LEFT_OUT
        and (value := getattr(brief, question.name)) not in (None, "", [])
    }
    rows = [
        {name: getattr(kpi, name) for name in kpi_rows.FIELDS} | {"baseline": None}
        for kpi in brief.kpi_rows()
    ]
    _write(actor, workload, start, {**copied, **answers}, rows)
    return True


def _raw(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return answers from a form's hidden fields or the API as a draft takes them."""
    found = dict(answers)
    outside = found.pop(OUTSIDE, "")
    if outside and found.get("workload_type") == WorkloadType.AGENT:
        found["tools"] = tools_of(str(outside))
    for name, value in found.items():
        question = BY_NAME.get(name)
        if question is not None and question.kind is Kind.CHOICES and isinstance(value, str):
            found[name] = [value]
    return found


def _write(
    actor: User,
    workload: Workload,
    start: str,
    answers: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
) -> None:
    saved = save_draft(
        actor=actor,
        workload=workload,
        row_version=0,
        answers=_raw(answers),
        kpis=rows,
        strict=True,
    )
    if start:
        saved.brief.started_from = start[:80]
        saved.brief.save(update_fields=("started_from",))
