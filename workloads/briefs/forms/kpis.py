"""The KPIs of a brief: a form for each row."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from portal.shell.forms import set_example
from workloads.briefs import kpis
from workloads.briefs.answers import plain
from workloads.briefs.enums import Direction, KpiSource
from workloads.briefs.forms.answers import BLANK, KEEP_TYPED, Typed
from workloads.briefs.models import Brief, Kpi
from workloads.lifecycle.measures import Measure, measure, measures


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
        self._choices("measured_by", [BLANK, *metrics])
        self._choices("owner", list(owners))
        for field in self.fields.values():
            field.widget.attrs.update(KEEP_TYPED)
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
