"""How a trial is shown: answers side by side, and a summary that says it is none."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from evaluations.datasets.enums import Kind
from evaluations.datasets.presentation import Part, example_line, typed_parts
from evaluations.playground.enums import ACTIVE, CellState, TrialState
from evaluations.playground.limits import limits
from evaluations.playground.models import Trial, TrialCell, TrialInput
from evaluations.playground.plan import TrialPlan
from evaluations.playground.selectors import cells_of, inputs_of
from evaluations.runs.enums import ERROR_LABELS
from portal.common.clock import now
from portal.common.differences import Difference, compare
from portal.common.money import from_micro
from portal.shell.formats import MISSING, SPACE, duration, money, number

# What of an answer stands in its cell, and what opens below it.
SHORT = 420
LONG = 20_000
# Longer answers are not compared: sixty of them would hold the page up.
COMPARED = 6_000
# A trial that nobody has taken up after this long is worth a word.
PATIENCE = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class ScoreMark:
    """What one metric says of one answer: passed, failed, not measured, or a figure.

    ``label`` stands beside the symbol of ``tone``; ``words`` say the same to those who hear it.
    """

    tone: str
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class CellView:
    """One answer. ``more`` is the whole text where ``text`` is its beginning.

    ``difference`` leads to it from the answer of the column that the reader compares with;
    ``too_long`` says that one was asked for, and that the two are too long for it.
    """

    place: int
    label: str
    state: CellState
    text: str
    more: str
    length: int
    beyond: int
    problem: str
    marks: list[ScoreMark]
    figures: list[str]
    flags: list[str]
    difference: Difference | None = None
    too_long: bool = False

    @property
    def ended(self) -> bool:
        """Whether it will not change any more."""
        return self.state not in (CellState.WAITING, CellState.CALLING)


@dataclass(frozen=True, slots=True)
class RowView:
    """One input with its answers."""

    label: str
    kind: Kind | None
    given: list[Part]
    expected: list[Part]
    more: list[Part]
    cells: list[CellView]


@dataclass(slots=True)
class ColumnView:
    """A model with a prompt, and its counts over the inputs: never a rate, never a mean."""

    alias: str
    prompt: str
    planned: int = 0
    answered: int = 0
    errors: int = 0
    passed: dict[str, list[int]] = field(default_factory=dict)
    slowest_ms: float | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    cost_micro: int = 0

    @property
    def name(self) -> str:
        """How the column is called."""
        return f"{self.alias}, {self.prompt.lower()}"

    @property
    def cost(self) -> Decimal:
        """What the column cost so far."""
        return from_micro(self.cost_micro)

    @property
    def counts(self) -> list[tuple[str, int, int]]:
        """Metric, passed, of how many answers that it could judge."""
        return [(label, passed, n) for label, (passed, n) in self.passed.items()]


@dataclass(frozen=True, slots=True)
class TrialView:
    """A trial as its page shows it."""

    state: TrialState
    moving: bool
    unattended: bool
    planned: int
    ended: int
    facts: list[dict[str, str]]
    columns: list[ColumnView]
    rows: list[RowView]
    waiting: list[int]
    spent: Decimal
    cap: Decimal
    overrun: Decimal
    kept_days: int

    def cells(self, places: Sequence[int]) -> list[CellView]:
        """Return the cells at these places that have ended."""
        return [
            cell for row in self.rows for cell in row.cells if cell.place in places and cell.ended
        ]

    @property
    def budget_words(self) -> str:
        """What is spent of what may be, in words."""
        return self.facts[2]["value"] + " " + self.facts[2]["note"].split(",")[0]


def view_of(trial: Trial, *, against: int | None = None) -> TrialView:
    """Return how ``trial`` is shown now; three queries.

    With ``against`` every answer says how it differs from the one of that column.
    """
    plan = TrialPlan.from_json(trial.plan)
    inputs, cells = inputs_of(trial), cells_of(trial)
    columns = [ColumnView(one.pin.alias, plan.prompts[one.prompt].label) for one in plan.columns]
    for cell in cells:
        _count(columns[cell.column], cell)
    by_input: dict[Any, list[TrialCell]] = {}
    for cell in cells:
        by_input.setdefault(cell.input_id, []).append(cell)
    rows = [_row(trial, one, by_input.get(one.pk, []), columns, against) for one in inputs]
    ended = sum(column.answered + column.errors for column in columns)
    moving = trial.state in ACTIVE
    return TrialView(
        state=TrialState(trial.state),
        moving=moving,
        unattended=trial.state == TrialState.QUEUED and now() - trial.created_at > PATIENCE,
        planned=len(cells),
        ended=ended,
        facts=_facts(trial, columns, len(cells)),
        columns=columns,
        rows=rows,
        waiting=[
            cell.place for cell in cells if cell.state in (CellState.WAITING, CellState.CALLING)
        ],
        spent=from_micro(trial.spent_micro + trial.overrun_micro),
        cap=from_micro(trial.cap_micro),
        overrun=from_micro(trial.overrun_micro),
        kept_days=limits().kept.days,
    )


def _count(column: ColumnView, cell: TrialCell) -> None:
    column.planned += 1
    column.answered += cell.state == CellState.ANSWERED
    column.errors += cell.state == CellState.ERROR
    column.tokens_in += cell.tokens_in or 0
    column.tokens_out += cell.tokens_out or 0
    column.cost_micro += cell.cost_micro
    if cell.state == CellState.ANSWERED and cell.latency_ms is not None:
        column.slowest_ms = max(column.slowest_ms or 0.0, cell.latency_ms)
    for score in cell.scores:
        if score["passed"] is not None:
            found = column.passed.setdefault(_short(score["label"]), [0, 0])
            found[0] += bool(score["passed"])
            found[1] += 1


def _row(
    trial: Trial,
    row: TrialInput,
    cells: Sequence[TrialCell],
    columns: Sequence[ColumnView],
    against: int | None,
) -> RowView:
    answered = [one for one in cells if one.state == CellState.ANSWERED]
    base = next((one for one in answered if one.column == against), None)
    shown = [_cell(trial, row, one, columns[one.column], base) for one in cells]
    if row.revision is not None:
        line = example_line(row.revision)
        return RowView(row.label, line.kind, line.given, line.expected, line.more, shown)
    return RowView(row.label, None, typed_parts(row.typed), [], [], shown)


def _cell(
    trial: Trial, row: TrialInput, cell: TrialCell, column: ColumnView, base: TrialCell | None
) -> CellView:
    text = cell.output
    compared = base is not None and base.column != cell.column and cell.state == CellState.ANSWERED
    too_long = compared and max(len(text), len(base.output if base else "")) > COMPARED
    whole = text[:LONG] if len(text) > SHORT else ""
    figures = []
    if cell.latency_ms is not None:
        figures.append(duration(cell.latency_ms))
    if cell.tokens_in is not None and cell.tokens_out is not None:
        figures.append(f"{number(cell.tokens_in)} in, {number(cell.tokens_out)} out")
    if cell.state == CellState.ANSWERED or cell.cost_micro:
        figures.append(money(from_micro(cell.cost_micro), trial.currency))
    return CellView(
        place=cell.place,
        label=f"{row.label}, {column.name}",
        state=CellState(cell.state),
        text=text[:SHORT].rstrip() if whole else text,
        more=whole,
        length=len(text),
        beyond=max(0, len(text) - LONG),
        problem=_problem(cell),
        marks=_marks(cell.scores),
        figures=figures,
        flags=[flag.replace("_", " ") for flag in cell.flags],
        difference=compare(base.output, text) if base and compared and not too_long else None,
        too_long=too_long,
    )


def _problem(cell: TrialCell) -> str:
    if cell.state != CellState.ERROR:
        return ""
    label = ERROR_LABELS.get(cell.error_class, cell.error_class)
    return f"{label[:1].upper()}{label[1:]}. {cell.error_detail}"


def _short(label: str) -> str:
    """Return "category" of "Field accuracy: category"."""
    return label.partition(": ")[2] or label


def _mark(score: dict[str, Any]) -> ScoreMark:
    label = _short(score["label"])
    if score["outcome"] == "error":
        return ScoreMark("warn", label, "not measured")
    if score["passed"] is not None:
        passed = bool(score["passed"])
        return ScoreMark("pass" if passed else "fail", label, "passed" if passed else "failed")
    if score["value"] is not None:
        return ScoreMark("none", f"{label} {number(score['value'], 2)}", "")
    return ScoreMark("none", label, "nothing to measure")


def _marks(scores: Sequence[dict[str, Any]]) -> list[ScoreMark]:
    """Return what failed first: that is what a reader looks for."""
    order = ("fail", "warn", "pass", "none")
    return sorted((_mark(one) for one in scores), key=lambda mark: order.index(mark.tone))


def _facts(trial: Trial, columns: Sequence[ColumnView], planned: int) -> list[dict[str, str]]:
    answered = sum(one.answered for one in columns)
    errors = sum(one.errors for one in columns)
    spent = from_micro(trial.spent_micro + trial.overrun_micro)
    note = f"of at most {money(from_micro(trial.cap_micro), trial.currency)}"
    if trial.reserved_micro:
        note += f", {money(from_micro(trial.reserved_micro), trial.currency)} reserved"
    taken = trial.finished_at - trial.started_at if trial.finished_at and trial.started_at else None
    return [
        {"label": "Answered", "value": number(answered), "note": f"of {number(planned)} calls"},
        {
            "label": "No answer",
            "value": number(errors),
            "note": "errors are never left out",
            "tone": "warn" if errors else "",
        },
        {"label": "Spent", "value": money(spent, trial.currency), "note": note},
        {
            "label": "Took",
            "value": MISSING if taken is None else duration(taken),
            "note": TrialState(trial.state).label.lower().replace(" ", SPACE),
        },
    ]
