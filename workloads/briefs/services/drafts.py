"""Saving the draft of a brief: what of the answers can be taken is, and nothing is lost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.clock import now
from portal.common.errors import Conflict, FieldError, Invalid
from portal.common.text import text_problem
from workloads.briefs import kpis as kpi_rows
from workloads.briefs.answers import NotAnAnswer, parse, tools_as_text
from workloads.briefs.changes import by_code, classify
from workloads.briefs.models import Brief, Kpi
from workloads.briefs.questions import BY_NAME
from workloads.briefs.selectors import (
    assessment_of,
    possible_owners,
)
from workloads.briefs.services.risk import hand_on
from workloads.briefs.services.submission import locked_brief
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.enums import PhaseState
from workloads.lifecycle.models import Cycle, PhaseRecord, Workload
from workloads.lifecycle.policies import require
from workloads.lifecycle.selectors import current_cycle

KPIS = "kpis"
MAX_UNPARSED = 4_000
ONE_ID = "Two rows have this id. Send each KPI once; leave the id of a new one out."
NOT_A_MEMBER = "Choose a person of this workload; others are added on its page of people."


@dataclass(frozen=True, slots=True)
class Clash:
    """One answer that somebody else changed since the page was opened."""

    field: str
    by: UUID | None


class BriefChanged(Conflict):
    """The brief was changed by somebody else since it was opened; ``clashes`` says where."""

    default_code = "version_conflict"

    def __init__(self, row_version: int, clashes: Sequence[Clash]) -> None:
        names = ", ".join(_short(clash.field) for clash in clashes) or "the brief"
        super().__init__(
            f"The brief changed since you opened it: {names}.",
            errors=[
                FieldError(clash.field, "version_conflict", "Changed since you opened it.")
                for clash in clashes
            ],
        )
        self.row_version = row_version
        self.clashes = tuple(clashes)


def _short(name: str) -> str:
    return BY_NAME[name].short if name in BY_NAME else "KPIs"


@dataclass(frozen=True, slots=True)
class SavedBrief:
    """What a save left: the brief, and what could not be taken, by field and by KPI row."""

    brief: Brief
    problems: dict[str, FieldError] = field(default_factory=dict)
    kpi_problems: dict[int, dict[str, FieldError]] = field(default_factory=dict)
    changed: tuple[str, ...] = ()


@transaction.atomic
def save_draft(
    *,
    actor: User,
    workload: Workload,
    row_version: int,
    answers: Mapping[str, Any],
    kpis: Sequence[Mapping[str, Any]] | None = None,
    strict: bool = False,
    page: str = "",
) -> SavedBrief:
    """Save what of ``answers`` and ``kpis`` can be taken, and tell the lifecycle what it means.

    ``answers`` holds raw values by question (text from a form, JSON values), others stay as they
    are; ``kpis``, when given, is the whole list of rows (``id`` for those that exist, ``delete``
    to take one out). A value that is no answer empties its field, is kept as typed and named in
    the result; with ``strict`` nothing is saved and Invalid names them all. ``row_version`` is
    the version that the caller saw, ``page`` a token of the open page: an older version raises
    BriefChanged for the fields that another page changed meanwhile (with ``strict`` for any
    change), otherwise the answers are merged. Two KPI rows with one id raise Invalid (not_unique).
    Raises Forbidden (role, cycle_closed).
    """
    cycle = lifecycle.locked_cycle(current_cycle(workload).pk)
    require(actor, cycle.workload, "edit")
    brief = locked_brief(cycle)
    before = brief.material()
    written = {**brief.unparsed}
    typed, problems = _parsed(answers)
    rows, kpi_problems = _parsed_rows(brief, kpis)
    if strict and (problems or kpi_problems):
        raise _invalid(problems, kpi_problems)
    changed = _changed(brief, typed, problems, answers, rows)
    _require_fresh(brief, row_version, changed, page, strict)
    if not changed:
        return SavedBrief(brief, problems, kpi_problems)
    for name in typed:
        written.pop(name, None)
        setattr(brief, name, typed[name])
    for name in problems:
        setattr(brief, name, _empty(name))
        written[name] = _keepable(answers[name])
    brief.unparsed = written
    brief.row_version += 1
    mark = [brief.row_version, str(actor.pk), page, now().isoformat()]
    brief.touched = {**brief.touched, **dict.fromkeys(changed, mark)}
    if actor.pk not in brief.editors:
        brief.editors = [*brief.editors, actor.pk]
    brief.updated_by = actor
    brief.save()
    if rows is not None:
        _store_rows(brief, rows)
    audit.record(
        actor=actor,
        action="brief.saved",
        kind="brief",
        ref=cycle.workload.ref,
        workload=cycle.workload.ref,
        detail={"fields": sorted(changed), "row_version": brief.row_version},
    )
    _tell_lifecycle(actor, cycle, brief, before)
    return SavedBrief(brief, problems, kpi_problems, tuple(sorted(changed)))


def _parsed(answers: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, FieldError]]:
    typed: dict[str, Any] = {}
    problems: dict[str, FieldError] = {}
    for name, raw in answers.items():
        question = BY_NAME.get(name)
        if question is None:
            raise Invalid.field(name, "unknown_field", "The brief has no such field.")
        try:
            typed[name] = parse(question, raw)
        except NotAnAnswer as wrong:
            problems[name] = wrong.error
    return typed, problems


@dataclass(slots=True)
class _Row:
    """One KPI row as posted: the row it changes, if any, and what was found in it."""

    kpi: Kpi | None
    key: UUID | None
    values: dict[str, Any]
    unparsed: dict[str, str]
    owner: User | None


def _parsed_rows(
    brief: Brief, raw_rows: Sequence[Mapping[str, Any]] | None
) -> tuple[list[_Row] | None, dict[int, dict[str, FieldError]]]:
    if raw_rows is None:
        return None, {}
    if len(raw_rows) > kpi_rows.MAX_KPIS:
        raise Invalid.field(KPIS, "too_many", f"Give at most {kpi_rows.MAX_KPIS} KPIs.")
    known = {str(kpi.pk): kpi for kpi in brief.kpi_rows()}
    people = {str(person.pk): person for person in possible_owners(brief.cycle)}
    found: list[_Row] = []
    problems: dict[int, dict[str, FieldError]] = {}
    ids: set[UUID | None] = set()
    for index, raw in enumerate(raw_rows):
        if raw.get("delete"):
            continue
        values, wrong = kpi_rows.parse(raw)
        kpi = known.get(str(raw.get("id") or ""))
        before = kpi.measured_by if kpi is not None else ""
        no = kpi_rows.refused(values["measured_by"], brief.cycle.workload_id, before)
        if no is not None:
            values, wrong = {**values, "measured_by": ""}, {**wrong, "measured_by": no}
        key = None if kpi is not None else _fresh_key(raw.get("id"))
        if kpi is None and kpi_rows.is_blank(values, wrong):
            continue
        named = str(raw.get("owner") or "")
        owner = people.get(named, kpi.owner if kpi else None)
        if named and named not in people and not (owner and str(owner.pk) == named):
            wrong = {**wrong, "owner": FieldError("owner", "choice", NOT_A_MEMBER)}
        taken = kpi.pk if kpi is not None else key
        if taken is not None and taken in ids:
            raise Invalid.field(f"{KPIS}[{index}].id", "not_unique", ONE_ID)
        ids.add(taken)
        if wrong:
            problems[index] = wrong
        unparsed = {name: _keepable(raw.get(name)) for name in wrong if name != "owner"}
        found.append(_Row(kpi, key, values, unparsed, owner or brief.cycle.workload.owner))
    return found, problems


def _fresh_key(raw: Any) -> UUID | None:
    """The id that the page gave a new row, so that its fields keep their names; None: make one."""
    try:
        key = UUID(raw) if isinstance(raw, str) else None
    except ValueError:
        return None
    return key if key is not None and not Kpi.objects.filter(pk=key).exists() else None


def _changed(
    brief: Brief,
    typed: Mapping[str, Any],
    problems: Mapping[str, FieldError],
    answers: Mapping[str, Any],
    rows: Sequence[_Row] | None,
) -> set[str]:
    """The fields whose stored answer, or text that is no answer, would be another one."""
    found = {
        name
        for name, value in typed.items()
        if getattr(brief, name) != value or name in brief.unparsed
    }
    found |= {name for name in problems if brief.unparsed.get(name) != _keepable(answers[name])}
    if rows is not None and _rows_differ(brief, rows):
        found.add(KPIS)
    return found


def _rows_differ(brief: Brief, rows: Sequence[_Row]) -> bool:
    stored = [
        (str(kpi.pk), {name: getattr(kpi, name) for name in kpi_rows.FIELDS}, kpi.unparsed,
         kpi.owner_id)
        for kpi in brief.kpi_rows()
    ]  # fmt: skip
    given = [
        (str(row.kpi.pk) if row.kpi else "", row.values, row.unparsed,
         row.owner.pk if row.owner else None)
        for row in rows
    ]  # fmt: skip
    return stored != given


def _require_fresh(
    brief: Brief, row_version: int, changed: Iterable[str], page: str, strict: bool
) -> None:
    if row_version == brief.row_version:
        return
    touched = {name: mark for name, mark in brief.touched.items() if mark[0] > row_version}
    clashes = [
        Clash(name, UUID(mark[1]))
        for name, mark in sorted(touched.items())
        if strict or (name in changed and not (page and mark[2] == page))
    ]
    if clashes or row_version > brief.row_version or (strict and changed):
        raise BriefChanged(brief.row_version, clashes)


def _empty(name: str) -> Any:
    """What a field holds when there is no answer, as its column wants it."""
    column = Brief._meta.get_field(name)
    if column.null:
        return None
    return [] if isinstance(getattr(Brief(), name), list) else ""


def _keepable(raw: Any) -> str:
    """What was typed, as far as it can be stored; the page that was sent still shows the rest."""
    typed = ""
    if isinstance(raw, str):
        typed = raw
    elif isinstance(raw, list):
        rows = all(isinstance(item, dict) for item in raw)
        typed = tools_as_text(raw) if rows else ", ".join(str(item) for item in raw)
    return typed[:MAX_UNPARSED] if text_problem(typed) is None else ""


def _store_rows(brief: Brief, rows: Sequence[_Row]) -> None:
    kept = []
    for position, row in enumerate(rows):
        kpi = row.kpi or (Kpi(id=row.key, brief=brief) if row.key else Kpi(brief=brief))
        for name, value in row.values.items():
            setattr(kpi, name, value)
        kpi.position, kpi.unparsed, kpi.owner = position, row.unparsed, row.owner
        kpi.save()
        kept.append(kpi.pk)
    Kpi.objects.filter(brief=brief).exclude(pk__in=kept).delete()


def _invalid(
    problems: Mapping[str, FieldError], kpi_problems: Mapping[int, Mapping[str, FieldError]]
) -> Invalid:
    errors = [*problems.values()]
    errors += [
        FieldError(f"kpis[{index}].{wrong.field}", wrong.code, wrong.message)
        for index, row in kpi_problems.items()
        for wrong in row.values()
    ]
    return Invalid("Some answers are not valid; nothing was saved.", errors=errors)


def _tell_lifecycle(actor: User, cycle: Cycle, brief: Brief, before: Mapping[str, Any]) -> None:
    hand_on(actor, cycle.workload, assessment_of(brief))
    begun = PhaseRecord.objects.filter(cycle=cycle).exclude(state=PhaseState.OPEN)
    if not begun.exists():
        return
    changes = by_code(classify(before, brief.material()))
    for code, detail in changes.items():
        lifecycle.evidence_changed(
            actor=actor, cycle=cycle, change=code, detail=detail, origin="scoping"
        )
