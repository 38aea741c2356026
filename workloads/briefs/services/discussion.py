"""Speaking about a brief: comments by answer, and suggestions that its owner decides on.

What was said never changes. Accepting a suggestion is an edit by who accepts it, under all the
rules of `save_draft`.
"""

from typing import Any
from uuid import UUID

from django.db import transaction

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.canonical import digest, jsonable
from portal.common.clock import now
from portal.common.errors import Conflict, FieldError, Forbidden, Invalid
from portal.common.policy import policy
from portal.common.text import clean_text
from workloads.briefs import kpis as kpi_rows
from workloads.briefs.answers import NotAnAnswer, parse
from workloads.briefs.enums import RemarkKind, SuggestionOutcome
from workloads.briefs.models import Brief, Remark, Suggestion
from workloads.briefs.policies import can_discuss, can_withdraw
from workloads.briefs.questions import BY_NAME
from workloads.briefs.selectors import brief_of, version_number
from workloads.briefs.services.drafts import save_draft
from workloads.briefs.threads import KPIS, PARTS, Value, in_words, present_value, thread_of
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.policies import require
from workloads.lifecycle.selectors import current_cycle

TEXT_MAX = 2_000


class SuggestionOutdated(Conflict):
    """The answer changed since the suggestion was made; both values are in the message.

    ``present`` and ``proposed`` are those values in words; ``replacing`` is what a caller who
    wants the proposed one nonetheless sends along.
    """

    default_code = "suggestion_outdated"

    def __init__(self, present: str, proposed: str, replacing: str) -> None:
        super().__init__(
            f"The answer changed since this was suggested. It is now: {present}."
            f" Suggested was: {proposed}."
        )
        self.present, self.proposed, self.replacing = present, proposed, replacing


@transaction.atomic
def comment(*, actor: User, workload: Workload, field: str, text: str) -> Remark:
    """Say something about one answer; a resolved discussion is open again by it.

    Raises Forbidden (role, cycle_closed), Conflict (not_begun), or Invalid for ``field`` or
    ``text`` (1 to 2,000 characters).
    """
    brief = _spoken_of(actor, workload, field)
    said = clean_text(text, field="text", minimum=1, maximum=TEXT_MAX)
    return _remark(actor, brief, field, RemarkKind.COMMENT, said)


@transaction.atomic
def resolve(*, actor: User, workload: Workload, field: str, text: str = "") -> Remark:
    """End the discussion of one answer, with a last word or without.

    Raises what `comment` raises, and Conflict (nothing_open, suggestion_open).
    """
    brief = _spoken_of(actor, workload, field)
    thread = thread_of(brief, field)
    if thread.to_decide:
        raise Conflict("Decide on the suggestion first.", code="suggestion_open")
    if not thread.is_open:
        raise Conflict("There is no open discussion here.", code="nothing_open")
    said = clean_text(text, field="text", maximum=TEXT_MAX)
    return _remark(actor, brief, field, RemarkKind.RESOLVED, said)


@transaction.atomic
def reopen(*, actor: User, workload: Workload, field: str, text: str = "") -> Remark:
    """Begin a resolved discussion again.

    Raises what `comment` raises, and Conflict (not_resolved).
    """
    brief = _spoken_of(actor, workload, field)
    if not thread_of(brief, field).resolved:
        raise Conflict("This discussion is not resolved.", code="not_resolved")
    said = clean_text(text, field="text", maximum=TEXT_MAX)
    return _remark(actor, brief, field, RemarkKind.REOPENED, said)


@transaction.atomic
def suggest(
    *,
    actor: User,
    workload: Workload,
    field: str,
    value: Any,
    reason: str,
    kpi: UUID | None = None,
    part: str = "",
) -> Suggestion:
    """Propose ``value`` (text from a form, or a JSON value) as the new answer, with a reason.

    For a KPI, ``field`` is "kpis", ``kpi`` its id and ``part`` the field of it. Raises what
    `comment` raises, Invalid naming value, reason, kpi or part, and Conflict (too_many).
    """
    brief = _spoken_of(actor, workload, field)
    why = clean_text(reason, field="reason", minimum=10, maximum=TEXT_MAX)
    was = _present(brief, field, kpi, part)
    proposed = {"value": jsonable(_parsed(field, part, value))}
    if proposed == was:
        raise Invalid.field("value", "unchanged", "That is the answer already; write another one.")
    most = int(policy().number("brief", "open_suggestions_max"))
    if thread_of(brief, field).to_decide >= most:
        raise Conflict(
            f"{most} suggestions for this answer wait already; let some be decided first.",
            code="too_many",
        )
    made = Suggestion.objects.create(
        brief=brief, field=field, kpi=kpi if field == KPIS else None, part=part, was=was,
        proposed=proposed, reason=why, version=version_number(brief), author=actor, at=now(),
    )  # fmt: skip
    _record(actor, brief, "brief.suggested", field, suggestion=made.pk)
    return made


@transaction.atomic
def accept(*, actor: User, suggestion: Suggestion, replacing: str = "") -> Suggestion:
    """Put the suggested answer into the brief, as an edit by ``actor``.

    ``replacing`` is the digest of a present value other than the one that the suggestion was made
    on, from somebody who saw both. Raises Forbidden (role, cycle_closed), Conflict (decided,
    gone), SuggestionOutdated, or Invalid when the value is no answer any more.
    """
    cycle, found = _locked(suggestion)
    require(actor, cycle.workload, "edit")
    brief = _current(cycle, found)
    _require_open(found)
    present = present_value(brief, found.field, found.kpi, found.part)
    if present is None:
        raise Conflict("The KPI was taken out since this was suggested.", code="gone")
    if present != found.was and replacing != digest(present):
        raise SuggestionOutdated(
            in_words(brief, found, present), in_words(brief, found, found.proposed), digest(present)
        )
    _put_in(actor, cycle, brief, found)
    return _decided(found, actor, SuggestionOutcome.ACCEPTED, "")


@transaction.atomic
def decline(*, actor: User, suggestion: Suggestion, reason: str) -> Suggestion:
    """Leave the answer as it is, and say why (10 to 2,000 characters).

    Raises Forbidden (role, cycle_closed), Conflict (decided) or Invalid (reason).
    """
    cycle, found = _locked(suggestion)
    require(actor, cycle.workload, "edit")
    _current(cycle, found)
    _require_open(found)
    why = clean_text(reason, field="reason", minimum=10, maximum=TEXT_MAX)
    return _decided(found, actor, SuggestionOutcome.DECLINED, why)


@transaction.atomic
def withdraw(*, actor: User, suggestion: Suggestion) -> Suggestion:
    """Take one's own suggestion back. Raises Forbidden (role, not_author) or Conflict (decided)."""
    cycle, found = _locked(suggestion)
    _require_discussion(actor, cycle.workload)
    _require_open(found)
    verdict = can_withdraw(actor, found)
    if not verdict:
        raise Forbidden(verdict.message, code=verdict.rule)
    return _decided(found, actor, SuggestionOutcome.WITHDRAWN, "")


def _require_discussion(actor: User, workload: Workload) -> None:
    verdict = can_discuss(actor, workload)
    if not verdict:
        raise Forbidden(verdict.message, code=verdict.rule)


def _spoken_of(actor: User, workload: Workload, field: str) -> Brief:
    """The brief with its workload locked, after the rules that concern the person and the field."""
    cycle = lifecycle.locked_cycle(current_cycle(workload).pk)
    _require_discussion(actor, cycle.workload)
    if field != KPIS and field not in BY_NAME:
        raise Invalid.field("field", "unknown_field", "The brief has no such field.")
    brief = brief_of(cycle)
    if brief._state.adding:
        raise Conflict("Nothing is written in this brief yet.", code="not_begun")
    return brief


def _remark(actor: User, brief: Brief, field: str, kind: RemarkKind, text: str) -> Remark:
    made = Remark.objects.create(
        brief=brief, field=field, kind=kind, text=text, version=version_number(brief),
        author=actor, at=now(),
    )  # fmt: skip
    action = "brief.commented" if kind == RemarkKind.COMMENT else f"brief.discussion_{kind}"
    _record(actor, brief, action, field, remark=made.pk)
    return made


def _record(actor: User, brief: Brief, action: str, field: str, **more: Any) -> None:
    ref = brief.cycle.workload.ref
    audit.record(
        actor=actor, action=action, kind="brief", ref=ref, workload=ref,
        detail={"field": field, **more},
    )  # fmt: skip


def _present(brief: Brief, field: str, kpi: UUID | None, part: str) -> Value:
    if field == KPIS and part not in PARTS:
        raise Invalid.field("part", "choice", f"Choose one of: {', '.join(PARTS)}.")
    if field != KPIS and (kpi is not None or part):
        raise Invalid.field("kpi", "unknown_field", "Only a KPI has parts.")
    found = present_value(brief, field, kpi, part)
    if found is None:
        raise Invalid.field("kpi", "choice", "Choose a KPI of this brief.")
    return found


def _parsed(field: str, part: str, value: Any) -> Any:
    if field == KPIS:
        values, problems = kpi_rows.parse({part: value})
        if part in problems:
            raise _of_value(problems[part])
        return values[part]
    try:
        return parse(BY_NAME[field], value)
    except NotAnAnswer as wrong:
        raise _of_value(wrong.error) from wrong


def _of_value(error: FieldError) -> Invalid:
    return Invalid.field("value", error.code, error.message)


def _locked(suggestion: Suggestion) -> tuple[Cycle, Suggestion]:
    cycle = lifecycle.locked_cycle(suggestion.brief.cycle_id)
    return cycle, Suggestion.objects.get(pk=suggestion.pk)


def _current(cycle: Cycle, found: Suggestion) -> Brief:
    brief = brief_of(current_cycle(cycle.workload))
    if brief.pk != found.brief_id:
        raise Conflict("This was suggested for a former cycle.", code="cycle_closed")
    return brief


def _require_open(found: Suggestion) -> None:
    if found.outcome != SuggestionOutcome.OPEN:
        outcome = SuggestionOutcome(found.outcome).label.lower()
        raise Conflict(f"This suggestion is decided already: {outcome}.", code="decided")


def _put_in(actor: User, cycle: Cycle, brief: Brief, found: Suggestion) -> None:
    value = found.proposed["value"]
    if found.field == KPIS:
        saved = save_draft(
            actor=actor, workload=cycle.workload, row_version=brief.row_version, answers={},
            kpis=[_row(kpi, found, value) for kpi in brief.kpi_rows()],
        )  # fmt: skip
        index = next(i for i, kpi in enumerate(brief.kpi_rows()) if kpi.pk == found.kpi)
        problem = saved.kpi_problems.get(index, {}).get(found.part)
    else:
        saved = save_draft(
            actor=actor, workload=cycle.workload, row_version=brief.row_version,
            answers={found.field: value},
        )  # fmt: skip
        problem = saved.problems.get(found.field)
    if problem is not None:
        raise _of_value(problem)


def _row(kpi: Any, found: Suggestion, value: Any) -> dict[str, Any]:
    """A KPI as it stands, with the suggested value in its place; what was typed stays typed."""
    row = {name: kpi.unparsed.get(name, getattr(kpi, name)) for name in kpi_rows.FIELDS}
    row |= {"id": str(kpi.pk), "owner": str(kpi.owner_id or "")}
    return row | ({found.part: value} if kpi.pk == found.kpi else {})


def _decided(found: Suggestion, actor: User, outcome: SuggestionOutcome, answer: str) -> Suggestion:
    found.outcome, found.decided_by, found.decided_at = outcome, actor, now()
    found.answer = answer
    found.save(update_fields=("outcome", "decided_by", "decided_at", "answer"))
    _record(actor, found.brief, f"brief.suggestion_{outcome}", found.field, suggestion=found.pk)
    return found
