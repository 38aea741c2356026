"""Pages of phase 1: the brief with its tier and readiness, and a committed version."""

import re
import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_http_methods

from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.accounts.selectors import people
from portal.common.errors import NotReady
from workloads.briefs import kpis, readiness, selectors, services
from workloads.briefs.answers import NotAnAnswer, in_words, parse
from workloads.briefs.crosschecks import cross_checks
from workloads.briefs.enums import Tier
from workloads.briefs.forms import (
    BriefForm,
    KpiForm,
    Typed,
    kpi_forms,
    posted_answers,
    posted_kpi_forms,
    stored_text,
)
from workloads.briefs.library import examples_of, origin
from workloads.briefs.models import Brief
from workloads.briefs.questions import BY_NAME, Kind
from workloads.briefs.services import KPIS, BriefChanged
from workloads.briefs.views.talk import talk_context
from workloads.lifecycle.enums import PhaseState
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.pages import frame
from workloads.lifecycle.policies import can_edit
from workloads.lifecycle.selectors import current_cycle, workload_for

PAGE = "workloads/briefs/brief.html"
MINE, THEIRS = "mine", "theirs"
_TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Dispute:
    """One answer that two people changed, as both of them left it, and what was chosen so far."""

    field: str
    label: str
    mine: str
    theirs: str
    who: str
    chosen: str


@require_http_methods(["GET", "HEAD", "POST"])
def brief(request: HttpRequest, ref: str) -> HttpResponse:
    """Show the brief, or save what was posted of it and, when asked, submit it."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    if request.method == "POST":
        return _save(request, user, workload)
    return _page(request, user, workload, blank="more" in request.GET)


def _save(request: HttpRequest, user: User, workload: Workload) -> HttpResponse:
    posted: Typed = request.POST
    cycle = current_cycle(workload)
    stored = selectors.brief_of(cycle)
    rows = posted_kpi_forms(posted, _owners(stored), stored)
    chosen = {
        name.removeprefix("keep-"): value
        for name, value in posted.items()
        if name.startswith("keep-") and value in (MINE, THEIRS)
    }
    answers = posted_answers(posted)
    kept = {name: raw for name, raw in answers.items() if chosen.get(name) != THEIRS}
    seen = _whole(posted.get("row_version", ""))
    settled = _whole(posted.get("settled_version", ""))
    disputed = [name for name in posted.getlist("disputed") if name in (*BY_NAME, KPIS)]
    all_chosen = all(name in chosen for name in disputed)
    try:
        saved = services.save_draft(
            actor=user,
            workload=workload,
            row_version=settled if disputed and all_chosen else seen,
            answers=kept,
            kpis=None if chosen.get(KPIS) == THEIRS else [row.raw() for row in rows],
            page=_page_token(posted),
        )
    except BriefChanged as problem:
        disputes = _disputes(cycle, problem, answers, rows, chosen)
        return _page(
            request, user, workload, form_data=posted, rows=rows, disputes=disputes, status=409
        )
    # The tier that the answers gave stands on the workload now.
    workload.refresh_from_db()
    wrong = len(saved.problems) + sum(len(row) for row in saved.kpi_problems.values())
    if request.headers.get("HX-Request") == "true":
        blank = any(not row.stored or _is_new(row, saved.brief) for row in rows)
        page = _page(request, user, workload, blank=blank)
        if disputed:
            # The other person's answers have to come onto the page, over what was typed.
            page["HX-Reswap"] = "outerHTML"
        return page
    if wrong:
        things = "One answer is" if wrong == 1 else f"{wrong} answers are"
        messages.warning(request, f"Saved. {things} not what the question asks for; see below.")
        form_data = _with_stored(posted, saved.brief, chosen)
        return _page(request, user, workload, form_data=form_data, rows=rows, status=422)
    if "submit" in posted:
        return _submit(request, user, workload)
    messages.success(request, "Saved.")
    url = reverse("briefs:brief", args=[workload.ref])
    return redirect(f"{url}?more=1#kpis" if "add_kpi" in posted else url)


def _submit(request: HttpRequest, user: User, workload: Workload) -> HttpResponse:
    try:
        record = services.submit_brief(actor=user, workload=workload)
    except NotReady as problem:
        messages.error(request, problem.message)
    else:
        passed = record.state == PhaseState.PASSED
        messages.success(request, "Scoping is passed." if passed else "The review is open.")
    return redirect("briefs:brief", ref=workload.ref)


def _page(
    request: HttpRequest,
    user: User,
    workload: Workload,
    *,
    form_data: Typed | None = None,
    rows: list[KpiForm] | None = None,
    disputes: list[Dispute] | None = None,
    blank: bool = False,
    status: int = 200,
) -> HttpResponse:
    cycle = current_cycle(workload)
    found = selectors.brief_of(cycle)
    assessment = selectors.assessment_of(found)
    examples = examples_of(found.started_from)
    form = (
        BriefForm(form_data, found, examples)
        if form_data is not None
        else BriefForm.of(found, examples)
    )
    context = frame(request, workload, phase_key="scoping") | {
        "brief": found,
        "form": form,
        "kpi_forms": rows if rows is not None else kpi_forms(found, _owners(found), blank=blank),
        "editable": bool(can_edit(user, workload)),
        "assessment": assessment,
        "tier": Tier(str(assessment.tier)),
        "computed_tier": Tier(str(assessment.computed)),
        "override": selectors.standing_override(found),
        "proposal": selectors.proposed_override(found),
        "origin": origin(found.started_from),
        "cross_checks": cross_checks(found),
        "versions": list(found.versions.all()[:10]) if not found._state.adding else [],
        "version_number": selectors.version_number(found),
        "committed": selectors.committed_version(found),
        **talk_context(user, found),
        "saved_at": found.updated_at if not found._state.adding else None,
        "page_token": _token(request),
        "disputes": disputes or [],
        "seen_version": _whole(form_data.get("row_version", ""))
        if disputes and form_data is not None
        else found.row_version,
        "refused": status == 422,
    }
    context |= {
        "progress": readiness.progress(found, context["checks"]),
        "other_checks": readiness.others(context["checks"]),
    }
    response = render(request, PAGE, context, status=status)
    if status == 409:
        response["HX-Retarget"] = "#brief-form"
        response["HX-Reswap"] = "outerMorph"
    return response


def _token(request: HttpRequest) -> str:
    """The token of the open page: kept over its own saves, new for every page that is opened."""
    return _page_token(request.POST) or uuid.uuid4().hex


def _page_token(posted: Typed) -> str:
    """The token as a page sends it back; empty for anything that is none, since it is stored."""
    token = posted.get("page", "")
    return token if _TOKEN.fullmatch(token) else ""


def _owners(found: Brief) -> list[tuple[str, str]]:
    return [(str(person.pk), str(person)) for person in selectors.possible_owners(found.cycle)]


def _whole(raw: str) -> int:
    return int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 10 else 0


def _is_new(row: KpiForm, found: Brief) -> bool:
    return row.key not in {str(kpi.pk) for kpi in found.kpi_rows()} and not row.raw()["delete"]


def _with_stored(posted: Typed, found: Brief, chosen: dict[str, str]) -> Typed:
    """What was posted, with the other person's answer where that one was chosen."""
    stored = stored_text(found)
    merged = MultiValueDict({name: posted.getlist(name) for name in posted})
    theirs = {name for name, value in chosen.items() if value == THEIRS}
    for name, question in BY_NAME.items():
        if name not in theirs and name in (*posted, *posted.getlist("asked")):
            continue
        keys = [name]
        if question.kind is Kind.TOOLS:
            keys = [key for key in {*merged, *stored} if key.startswith(f"{name}-")]
        for key in keys:
            merged.setlist(key, stored.getlist(key))
    return merged


def _disputes(
    cycle: Cycle,
    problem: BriefChanged,
    answers: dict[str, Any],
    rows: list[KpiForm],
    chosen: dict[str, str],
) -> list[Dispute]:
    stored = selectors.brief_of(cycle)
    names = {person.pk: str(person) for person in people(c.by for c in problem.clashes if c.by)}
    found = []
    for clash in problem.clashes:
        who = names.get(clash.by, "somebody") if clash.by else "somebody"
        if clash.field == KPIS:
            posted = [row.cleaned_data for row in rows if row.is_valid() or row.errors]
            mine = _kpis_in_words([one for one in posted if not kpis.is_blank(one, {})])
            theirs = _kpis_in_words([kpi.__dict__ for kpi in stored.kpi_rows()])
            label = "KPIs"
        else:
            mine = _as_said(clash.field, answers.get(clash.field, ""))
            typed = stored.unparsed.get(clash.field)
            theirs = typed or in_words(clash.field, getattr(stored, clash.field))
            label = BY_NAME[clash.field].label
        kept = chosen.get(clash.field, "")
        found.append(Dispute(clash.field, label, mine or "no answer", theirs, who, kept))
    return found


def _as_said(name: str, raw: Any) -> str:
    """What was posted in the words of the page, or as it was typed where that is no answer."""
    try:
        return in_words(name, parse(BY_NAME[name], raw))
    except NotAnAnswer:
        if not isinstance(raw, list):
            return str(raw)
        return ", ".join(str(item.get("name") if isinstance(item, dict) else item) for item in raw)


def _kpis_in_words(rows: list[dict[str, Any]]) -> str:
    words = [f"{row['name'] or 'without a name'}: {kpis.in_words(row)}" for row in rows]
    return "\n".join(words) or "no KPI"
