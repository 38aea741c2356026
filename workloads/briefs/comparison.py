"""Two versions of a brief side by side: each answer in words, what changed in it, what it means.

Pure. Works on the content of versions, so that any two can be compared, the draft included.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.common.differences import Piece, difference
from workloads.briefs.changes import BriefChange, classify
from workloads.briefs.questions import QUESTIONS, SECTIONS, SUCCESS, Question
from workloads.briefs.versions import answer_in_words, kpi_in_words

NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True)
class Row:
    """One answer in both versions; ``field`` is where it is discussed.

    ``change`` is what the difference means; None when nothing that is approved differs.
    """

    field: str
    label: str
    before: list[Piece]
    after: list[Piece]
    change: BriefChange | None

    @property
    def text(self) -> str:
        """The answer of the later version."""
        return "".join(text for _, text in self.after)

    @property
    def differs(self) -> bool:
        """Whether anything differs, also what no approval depends on (the name of a KPI)."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the brief: the answers that differ, and those that are the same."""

    title: str
    changed: list[Row]
    same: list[Row]


def compared(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Section]:
    """Return the sections of two contents in the brief's order.

    The unchanged rows leave out what neither version answers.
    """
    changes = classify(before, after)
    answers = {change.field: change for change in changes if change.kpi is None}
    kpis = {change.kpi: change for change in changes if change.kpi is not None}
    found = []
    for title in SECTIONS:
        if title == SUCCESS:
            rows = _kpi_rows(before, after, kpis)
        else:
            asked = [question for question in QUESTIONS if question.section == title]
            rows = [_row(one, before, after, answers.get(one.name)) for one in asked]
        found.append(
            Section(
                title,
                [row for row in rows if row.differs],
                [row for row in rows if not row.differs and row.text != NO_ANSWER],
            )
        )
    return found


def _row(
    question: Question,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    change: BriefChange | None,
) -> Row:
    old, new = answer_in_words(question, before), answer_in_words(question, after)
    old, new = old or NO_ANSWER, new or NO_ANSWER
    left, right = _sides(old, new, whole=not question.is_text or NO_ANSWER in (old, new))
    return Row(question.name, question.short, left, right, change)


def _kpi_rows(
    before: Mapping[str, Any], after: Mapping[str, Any], changes: Mapping[int, BriefChange]
) -> list[Row]:
    rows = []
    for index in range(max(len(before["kpis"]), len(after["kpis"]))):
        old, new = kpi_in_words(before, index), kpi_in_words(after, index)
        left, right = _sides(old or "none", new or "none", whole=not old or not new)
        rows.append(Row("kpis", f"KPI {index + 1}", left, right, changes.get(index)))
    return rows


def _sides(old: str, new: str, *, whole: bool) -> tuple[list[Piece], list[Piece]]:
    """Return the pieces of each side: what both hold, and what only this one does."""
    if old == new:
        return [("equal", old)], [("equal", new)]
    if whole:
        return [("delete", old)], [("insert", new)]
    pieces = difference(old, new)
    return (
        [piece for piece in pieces if piece[0] != "insert"],
        [piece for piece in pieces if piece[0] != "delete"],
    )
