"""The brief as a form: made from the questions, filled from a brief or from what was posted."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from portal.shell.forms import set_example
from workloads.briefs import kpis
from workloads.briefs.answers import NotAnAnswer, in_words, parse, plain, shown
from workloads.briefs.enums import Direction, KpiSource, Tier, WritesOutside
from workloads.briefs.models import Brief, Kpi
from workloads.briefs.questions import BY_NAME, QUESTIONS, SECTIONS, SUCCESS, Kind, Question
from workloads.briefs.selectors import assessment_of, needed
from workloads.briefs.selectors import shown as is_shown
from workloads.briefs.trying import ASKED as TRIED
from workloads.briefs.trying import OUTSIDE
from workloads.briefs.widgets import ToolsWidget, posted_tools, rows_of_text, tools_data
from workloads.lifecycle.measures import Measure, measure, measures

Typed = MultiValueDict[str, str]
_BLANK = ("", "Choose …")
# The answer to an autosave never touches a control that stands on the page: what somebody typed
# after the save was sent is newer than what the answer knows.
_KEEP_TYPED = {"hx-morph-skip": True}


def _widget(question: Question) -> forms.Widget:
    choices = list(question.choices.choices) if question.choices is not None else []
    match question.kind:
        case Kind.TEXT:
            return forms.Textarea(attrs={"rows": question.rows})
        case Kind.TOOLS:
            return ToolsWidget()
        case Kind.LINK:
            return forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"})
        case Kind.CHOICE:
            return forms.Select(choices=[_BLANK, *choices])
        case Kind.CHOICES:
            return forms.CheckboxSelectMultiple(choices=choices)
        case Kind.WHOLE:
            return forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
        case Kind.SECONDS | Kind.RATE | Kind.MONEY:
            return forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        case Kind.LANGUAGES:
            return forms.TextInput()


class AnswerField(forms.Field):
    """One question. Never demands an answer: a draft saves loosely, the gate is strict."""

    def __init__(self, question: Question, *, required: bool) -> None:
        super().__init__(
            label=question.label, help_text=question.help, widget=_widget(question),
            required=required,
        )  # fmt: skip
        self.question = question
        self.example = question.example
        self.unit = question.unit
        self.width = question.width
        self.widget.attrs.update(_KEEP_TYPED)

    def clean(self, value: Any) -> Any:
        """Return the typed answer. Raises ValidationError saying what would be right."""
        try:
            return parse(self.question, value)
        except NotAnAnswer as wrong:
            raise forms.ValidationError(wrong.error.message, code=wrong.error.code) from wrong


@dataclass(frozen=True, slots=True)
class Section:
    """One panel of the page: its questions, and those whose usual answer is mostly right.

    ``usual_words`` says how the latter are answered now, ``open`` whether one of them is wrong.
    """

    title: str
    number: int
    fields: list[forms.BoundField]
    usual: list[forms.BoundField]
    usual_words: str
    open: bool


class BriefForm(forms.Form):
    """The answers. Bound to text always, so that what was typed is what is shown."""

    use_required_attribute = False

    def __init__(
        self, data: Typed, brief: Brief, examples: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(data=data)
        self.brief = brief
        assessment = assessment_of(brief)
        for question in QUESTIONS:
            if is_shown(question, brief, assessment):
                field = AnswerField(question, required=needed(question, brief, assessment))
                field.example = (examples or {}).get(question.name, question.example)
                self.fields[question.name] = field

    @classmethod
    def of(cls, brief: Brief, examples: Mapping[str, str] | None = None) -> "BriefForm":
        """Return the form filled with a brief, as it was typed where that was no answer."""
        return cls(stored_text(brief), brief, examples)

    @property
    def sections(self) -> list[Section]:
        """The panels before and after the KPIs, in their order."""
        shown_here = [q for q in QUESTIONS if q.name in self.fields]
        return [
            self._section(number, title, [q for q in shown_here if q.section == title])
            for number, title in enumerate(SECTIONS, start=1)
            if title != SUCCESS
        ]

    def _section(self, number: int, title: str, questions: Sequence[Question]) -> Section:
        usual = [question for question in questions if question.usual]
        return Section(
            title=title,
            number=number,
            fields=[self[question.name] for question in questions if not question.usual],
            usual=[self[question.name] for question in usual],
            usual_words=" · ".join(self._said(question) for question in usual),
            open=any(self[question.name].errors for question in usual),
        )

    def _said(self, question: Question) -> str:
        value = getattr(self.brief, question.name)
        if value in (None, "", []):
            return f"{question.short}: none"
        words = in_words(question.name, value)
        return f"{question.short}: {words if len(words) <= 60 else f'{words[:57]} …'}"


def stored_text(brief: Brief) -> Typed:
    """Return a brief as its form would post it."""
    data = MultiValueDict[str, str]()
    for question in QUESTIONS:
        value = getattr(brief, question.name)
        if question.kind is Kind.CHOICES:
            data.setlist(question.name, list(value))
        elif question.kind is Kind.TOOLS:
            kept = brief.unparsed.get(question.name)
            rows = tools_data(question.name, rows_of_text(kept) if kept else value)
            for key in rows:
                data.setlist(key, rows.getlist(key))
        else:
            data[question.name] = brief.unparsed.get(question.name) or shown(question, value)
    return data


def posted_answers(data: Mapping[str, str]) -> dict[str, Any]:
    """Return the raw answers in a posted form; a question that was not on the page is left out."""
    asked = set(_lists(data, "asked"))
    found: dict[str, Any] = {}
    for question in QUESTIONS:
        if question.kind is Kind.CHOICES:
            # Unticked boxes are not posted: "asked" says that the question was there.
            if question.name in asked or question.name in data:
                found[question.name] = _lists(data, question.name)
        elif question.kind is Kind.TOOLS:
            if question.name in asked:
                found[question.name] = posted_tools(data, question.name)
        elif question.name in data:
            found[question.name] = data[question.name]
    return found


def _lists(data: Mapping[str, str], name: str) -> list[str]:
    return list(data.getlist(name)) if isinstance(data, MultiValueDict) else []


class KpiForm(forms.Form):
    """One KPI row, under the row's own id: it keeps its fields when others come or go."""

    use_required_attribute = False

    name = forms.CharField(label="What is it called?", required=True)
    definition = forms.CharField(
        label="How is it counted?", widget=forms.Textarea(attrs={"rows": 2}), required=True
    )
    source = forms.CharField(
        label="Where does the figure come from?",
        widget=forms.Select(choices=KpiSource.choices), required=True,
    )  # fmt: skip
    measured_by = forms.CharField(label="By which metric?", widget=forms.Select, required=True)
    unit = forms.CharField(label="Unit", required=True, widget=forms.TextInput)
    direction = forms.CharField(
        label="Which way is better?", widget=forms.Select(choices=Direction.choices), required=True
    )
    baseline = forms.CharField(label="Today", required=False)
    target = forms.CharField(label="Target", required=True)
    floor = forms.CharField(label="Floor", required=True)
    owner = forms.CharField(label="Who owns it?", widget=forms.Select, required=True)
    before_launch = forms.BooleanField(
        label="Must hold before launch: go / no-go tests it", required=False
    )
    delete = forms.BooleanField(label="Take this KPI out", required=False)

    def __init__(
        self,
        data: Typed,
        key: str,
        owners: Sequence[tuple[str, str]],
        brief: Brief,
        offered: Sequence[Measure],
        *,
        stored: bool,
    ) -> None:
        super().__init__(data=data, prefix=f"kpi-{key}")
        self.key = key
        self.stored = stored
        self.workload = brief.cycle.workload_id
        rows = {str(kpi.pk): kpi.measured_by for kpi in brief.kpi_rows()}
        self.before = rows.get(key, "")
        metrics = [(one.name, f"{one.label} ({one.unit})") for one in offered]
        kept = measure(self.before)
        if kept is not None and self.before not in dict(metrics):
            metrics.append((kept.name, f"{kept.label} ({kept.unit})"))
        self._choices("measured_by", [_BLANK, *metrics])
        self._choices("owner", list(owners))
        for field in self.fields.values():
            field.widget.attrs.update(_KEEP_TYPED)
        for name in kpis.FIGURES:
            self.fields[name].widget.attrs.update(inputmode="decimal", autocomplete="off")
        helps = {
            "name": ("As people will say it.", "Routed to the right queue"),
            "definition": (
                "What is counted, over what.",
                "Tickets whose first queue is the one that closed them, of all tickets.",
            ),
            "unit": ("Behind each figure.", "%, share, s, USD"),
            "floor": ("Below it fails.", "90: fewer is no improvement worth its price"),
            "target": ("What you want.", "96"),
            "baseline": ("As it is now.", "86, counted over last month"),
            "source": (
                "Who or what counts it.",
                "An evaluation metric is run on the golden dataset, before launch and after.",
            ),
            "measured_by": ("On the golden dataset.", "Field accuracy, for a ticket's queue"),
            "direction": ("For this figure.", "Higher for accuracy, lower for time or complaints"),
            "owner": ("Who answers for it.", "The lead of the service desk"),
        }
        for name, (words, example) in helps.items():
            self.fields[name].help_text = words
            set_example(self.fields[name], example)

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        widget = self.fields[name].widget
        if isinstance(widget, forms.Select):
            widget.choices = choices

    @property
    def is_measured(self) -> bool:
        """Whether a run measures it, so that it names a metric and can hold before launch."""
        source = self.data.get(self.add_prefix("source"), KpiSource.EVALUATION.value)
        return bool(source == KpiSource.EVALUATION)

    @property
    def is_finished(self) -> bool:
        """Whether nothing is missing or wrong in it, so that it may be folded."""
        return self.stored and not self.errors and not kpis.gaps(self.cleaned_data, self.workload)

    @property
    def words(self) -> str:
        """The row on one line."""
        return kpis.in_words(self.cleaned_data) if self.is_valid() else ""

    @property
    def holds_before_launch(self) -> bool:
        """Whether go / no-go will ask for a criterion that holds it."""
        return self.is_finished and self.is_measured and bool(self.cleaned_data["before_launch"])

    def raw(self) -> dict[str, Any]:
        """Return the row as the service takes it; what its source does not ask for is left out."""
        found: dict[str, Any] = {
            name: self.data.get(self.add_prefix(name), "")
            for name in (*kpis.FIELDS, "owner")
            if name != "before_launch"
        }
        found["id"] = self.key
        found["before_launch"] = self.add_prefix("before_launch") in self.data
        if not self.is_measured:
            found["measured_by"], found["before_launch"] = "", False
        found["delete"] = self.add_prefix("delete") in self.data
        return found

    def full_clean(self) -> None:
        """Judge the row as the service does; an empty field of a draft is no error."""
        super().full_clean()
        self._errors = forms.utils.ErrorDict()
        values, problems = kpis.parse(self.raw())
        no = kpis.refused(values["measured_by"], self.workload, self.before)
        if no is not None:
            values, problems = {**values, "measured_by": ""}, {**problems, "measured_by": no}
        for name, wrong in problems.items():
            self.add_error(name, forms.ValidationError(wrong.message, code=wrong.code))
        self.cleaned_data = values


def kpi_forms(brief: Brief, owners: Sequence[tuple[str, str]], *, blank: bool) -> list[KpiForm]:
    """Return a form for each KPI of the brief, and an empty one when asked for or none is there."""
    rows = brief.kpi_rows()
    offered = measures(brief.cycle.workload_id)
    found = [
        KpiForm(_kpi_text(kpi), str(kpi.pk), owners, brief, offered, stored=True) for kpi in rows
    ]
    if (blank or not rows) and len(rows) < kpis.MAX_KPIS:
        fresh = Kpi(id=_next_key(brief, rows), owner=brief.cycle.workload.owner)
        found.append(KpiForm(_kpi_text(fresh), str(fresh.pk), owners, brief, offered, stored=False))
    return found


def _next_key(brief: Brief, rows: Sequence[Kpi]) -> uuid.UUID:
    """The key of the empty row: the same at every render until it is saved.

    An autosave's answer that comes while somebody types into the empty row must find that row
    again; with a new key it would put another empty one in its place.
    """
    taken = {kpi.pk for kpi in rows}
    keys = (uuid.uuid5(brief.cycle_id, f"kpi {number}") for number in range(len(rows) + 1))
    return next(key for key in keys if key not in taken)


def posted_kpi_forms(data: Typed, owners: Sequence[tuple[str, str]], brief: Brief) -> list[KpiForm]:
    """Return the KPI rows as they were posted; a row's key that is no UUID is left out."""
    found = []
    offered = measures(brief.cycle.workload_id)
    for key in dict.fromkeys(data.getlist("kpi")[: kpis.MAX_KPIS + 1]):
        try:
            canonical = str(uuid.UUID(key))
        except ValueError:
            continue
        if canonical == key:
            found.append(KpiForm(data, key, owners, brief, offered, stored=True))
    return found


def _kpi_text(kpi: Kpi) -> Typed:
    prefix = f"kpi-{kpi.pk}"
    data = MultiValueDict[str, str]()
    for name in kpis.FIELDS:
        value = getattr(kpi, name)
        if name == "before_launch":
            if value:
                data[f"{prefix}-{name}"] = "on"
            continue
        written = plain(value) if name in kpis.FIGURES and value is not None else str(value or "")
        data[f"{prefix}-{name}"] = kpi.unparsed.get(name) or written
    data[f"{prefix}-owner"] = str(kpi.owner_id or "")
    return data


class OverrideForm(forms.Form):
    """Another tier than the answers demand, and why."""

    tier = forms.ChoiceField(label="Which tier should count?", choices=Tier.choices)
    reason = forms.CharField(
        label="Why?",
        help_text="At least 50 characters; it stands on the brief and in every approval.",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2_000,
    )


class EndOverrideForm(forms.Form):
    """Why a decision on the tier ends."""

    reason = forms.CharField(
        label="Why does it end?", widget=forms.Textarea(attrs={"rows": 2}), max_length=2_000
    )


class OpenChoiceField(forms.ChoiceField):
    """One choice that may still be open, without counting as optional."""

    def validate(self, value: Any) -> None:
        """Refuse what is not offered; nothing is no error yet."""
        if value:
            super().validate(value)


class TryTierForm(forms.Form):
    """The eight questions that set the tier; each may be left open."""

    use_required_attribute = False

    def __init__(self, data: Any = None) -> None:
        super().__init__(data=data)
        for name in TRIED:
            if name == OUTSIDE:
                self.fields[name] = OpenChoiceField(
                    label="Can it change something in outside systems?",
                    help_text="Only an agent with tools can.",
                    choices=[_BLANK, *WritesOutside.choices],
                )
            else:
                self.fields[name] = AnswerField(BY_NAME[name], required=True)
