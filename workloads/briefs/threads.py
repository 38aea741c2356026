"""The discussion of a brief as pages and the API read it: what was said, by answer, in order."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import Http404

from portal.accounts.models import User
from portal.common.canonical import digest, jsonable
from portal.common.differences import Piece, difference
from workloads.briefs import kpis
from workloads.briefs.answers import plain
from workloads.briefs.enums import RemarkKind, SuggestionOutcome
from workloads.briefs.models import Brief, Kpi, Remark, Suggestion
from workloads.briefs.questions import BY_NAME
from workloads.briefs.versions import answer_in_words
from workloads.lifecycle.models import Workload

KPIS = "kpis"
# The fields of a KPI for which a new value can be suggested: what is typed, not chosen.
PARTS = ("target", "floor", "baseline", "definition", "name", "unit")
PART_LABELS = {"baseline": "today"}
NO_ANSWER = "no answer"
Value = Mapping[str, Any]


def label_of(name: str) -> str:
    """Return how pages name the answer that a thread is about. Raises Http404 for no answer."""
    if name == KPIS:
        return "KPIs"
    if name not in BY_NAME:
        raise Http404
    return BY_NAME[name].short


def present_value(brief: Brief, name: str, kpi: UUID | None = None, part: str = "") -> Value | None:
    """Return what the answer is now, as suggestions store it; None when the KPI is gone.

    ``{"value": JSON data}``, or ``{"typed": text}`` when what was typed is no answer.
    """
    row: Brief | Kpi | None = brief
    if name == KPIS:
        row = next((one for one in brief.kpi_rows() if one.pk == kpi), None)
        name = part
    if row is None:
        return None
    if name in row.unparsed:
        return {"typed": row.unparsed[name]}
    return {"value": jsonable(getattr(row, name))}


def words_of(brief: Brief, name: str) -> str:
    """Return the present answer as pages write it; empty for none, and for the list of KPIs."""
    if name == KPIS:
        return ""
    typed = brief.unparsed.get(name)
    return str(typed) if typed else answer_in_words(BY_NAME[name], brief.material())


@dataclasses.dataclass(frozen=True, slots=True)
class SuggestionLine:
    """A suggestion in words: what it was, what it is to be, what stands there now."""

    suggestion: Suggestion
    about: str
    was: str
    proposed: str
    prose: bool
    outcome: SuggestionOutcome
    # The answer as it is now, when it is no longer what the suggestion was made on.
    present: str = ""
    present_digest: str = ""

    @property
    def title(self) -> str:
        """What it is called among the other suggestions of a page."""
        return f"Suggestion {self.suggestion.pk}"

    @property
    def pieces(self) -> list[Piece]:
        """What differs: word by word in prose, else the whole answer."""
        if self.prose and NO_ANSWER not in (self.was, self.proposed):
            return difference(self.was, self.proposed)
        return [("delete", self.was), ("equal", " → "), ("insert", self.proposed)]


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """One entry of a thread: a remark or a suggestion."""

    at: datetime
    author: User
    version: int
    remark: Remark | None = None
    said: SuggestionLine | None = None


@dataclasses.dataclass(slots=True)
class Thread:
    """Everything said about one answer, oldest first."""

    field: str
    label: str
    lines: list[Line] = dataclasses.field(default_factory=list)

    @property
    def count(self) -> int:
        """How many comments and suggestions there are."""
        return sum(
            line.remark is None or line.remark.kind == RemarkKind.COMMENT for line in self.lines
        )

    @property
    def to_decide(self) -> int:
        """How many suggestions wait for a decision."""
        return sum(
            line.said is not None and line.said.outcome == SuggestionOutcome.OPEN
            for line in self.lines
        )

    @property
    def resolved(self) -> bool:
        """Whether its last remark ended it; a suggestion that waits keeps it open."""
        remarks = [line.remark for line in self.lines if line.remark is not None]
        ended = bool(remarks) and remarks[-1].kind == RemarkKind.RESOLVED
        decided = bool(self.lines) and not remarks
        return (ended or decided) and not self.to_decide

    @property
    def is_open(self) -> bool:
        """Whether something was said and is not settled."""
        return bool(self.lines) and not self.resolved

    @property
    def last(self) -> Line | None:
        """What was said last."""
        return self.lines[-1] if self.lines else None


def threads_of(brief: Brief) -> dict[str, Thread]:
    """Return the threads of a brief by field, those with the newest word first. Two queries."""
    if brief._state.adding:
        return {}
    lines = [
        (one.field, Line(one.at, one.author, one.version, remark=one))
        for one in Remark.objects.filter(brief=brief).select_related("author")
    ]
    lines += [
        (one.field, Line(one.at, one.author, one.version, said=_said(brief, one)))
        for one in Suggestion.objects.filter(brief=brief).select_related("author", "decided_by")
    ]
    lines.sort(key=lambda pair: pair[1].at)
    found: dict[str, Thread] = {}
    for name, line in lines:
        thread = found.pop(name, None) or Thread(name, label_of(name))
        thread.lines.append(line)
        found[name] = thread
    return dict(reversed(found.items()))


def thread_of(brief: Brief, name: str) -> Thread:
    """Return the thread about one answer, empty when nobody said anything. Raises Http404."""
    return threads_of(brief).get(name) or Thread(name, label_of(name))


def suggestion_of(workload: Workload, number: int) -> Suggestion:
    """Return a suggestion for a brief of the workload. Raises Http404."""
    found = (
        Suggestion.objects.filter(pk=number, brief__cycle__workload=workload)
        .select_related("brief__cycle", "author")
        .first()
    )
    if found is None:
        raise Http404
    found.brief.cycle.workload = workload
    return found


def _said(brief: Brief, one: Suggestion) -> SuggestionLine:
    was, proposed = in_words(brief, one, one.was), in_words(brief, one, one.proposed)
    present = present_value(brief, one.field, one.kpi, one.part)
    moved = one.outcome == SuggestionOutcome.OPEN and present != one.was
    return SuggestionLine(
        suggestion=one,
        about=_about(brief, one),
        was=was,
        proposed=proposed,
        prose=one.part == "definition" if one.field == KPIS else BY_NAME[one.field].is_text,
        outcome=SuggestionOutcome(one.outcome),
        present="" if not moved else in_words(brief, one, present) if present else "taken out",
        present_digest=digest(present) if moved and present else "",
    )


def _about(brief: Brief, one: Suggestion) -> str:
    if one.field != KPIS:
        return ""
    part = PART_LABELS.get(one.part, one.part)
    for index, kpi in enumerate(brief.kpi_rows(), 1):
        if kpi.pk == one.kpi:
            return f"KPI {index}, {kpi}: {part}"
    return f"a KPI that was taken out: {part}"


def in_words(brief: Brief, one: Suggestion, value: Value) -> str:
    """Return a value of a suggestion as pages write it."""
    if "typed" in value:
        return f"“{value['typed']}”, which is no answer"
    stored = value["value"]
    if one.field != KPIS:
        answers = {"currency": brief.currency, one.field: stored}
        return answer_in_words(BY_NAME[one.field], {"answers": answers}) or NO_ANSWER
    if stored in (None, ""):
        return NO_ANSWER
    if one.part not in kpis.FIGURES:
        return str(stored)
    unit = next((kpi.unit for kpi in brief.kpi_rows() if kpi.pk == one.kpi), "")
    return f"{plain(Decimal(stored))} {unit}".strip()
