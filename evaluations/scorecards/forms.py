"""The forms of phase 4: what to run, and who wins."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms

from evaluations.judges.enums import Standing
from evaluations.judges.models import JudgeVersion
from evaluations.judges.presentation import may_be_used
from evaluations.scorecards.options import JudgeOption, MetricOption
from portal.shell.forms import set_unit

_WEIGHT = "weight-"


class RunForm(forms.Form):
    """Which metrics, for how much money, how many calls at once."""

    metrics = forms.MultipleChoiceField(
        label="What shall be measured?",
        widget=forms.CheckboxSelectMultiple,
        help_text="Metrics that at least one example can be scored by. Floors of the brief are"
        " always measured.",
        error_messages={"required": "Choose at least three metrics."},
    )
    judges = forms.MultipleChoiceField(
        label="Who shall judge the answers?",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Asked when all answers are in. An advisory one is shown and decides nothing.",
    )
    judging_cap = forms.DecimalField(
        label="Judging may spend",
        required=False,
        max_digits=9,
        decimal_places=4,
        min_value=Decimal("0.0001"),
        help_text="For all judges together, beside what the candidates may spend. Proposed: the"
        " most that all of them can cost when each example is asked once; left so, or empty, it"
        " covers every time that one is asked.",
    )
    reference = forms.ChoiceField(
        label="Compare every candidate with",
        required=False,
        help_text="The one in use today, or the first of the shortlist.",
    )
    cap = forms.DecimalField(
        label="Spend at most",
        max_digits=9,
        decimal_places=4,
        min_value=Decimal("0.0001"),
        help_text="Reserved before each call; the run stops before it would go over.",
    )
    concurrency = forms.IntegerField(
        label="Calls at once",
        min_value=1,
        max_value=256,
        help_text="For all candidates together. More than the gateway stands make answers wait,"
        " and waiting counts as latency.",
    )
    repeats = forms.IntegerField(
        label="Times each example is asked",
        min_value=1,
        max_value=10,
        initial=1,
        help_text="More than once shows how much answers vary by themselves.",
    )
    reason = forms.CharField(
        label="Why again?",
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="This very comparison is complete already. At least 20 characters; both runs"
        " stay on record.",
    )

    def __init__(
        self,
        options: Sequence[MetricOption],
        candidates: Sequence[str],
        currency: str,
        data: Mapping[str, Any] | None = None,
        *,
        judges: Sequence[JudgeOption] = (),
        **more: Any,
    ) -> None:
        super().__init__(data, **more)
        judged = self.fields["judges"]
        assert isinstance(judged, forms.MultipleChoiceField)
        judged.choices = [(str(one.version.pk), one.label) for one in judges]
        set_unit(self.fields["judging_cap"], currency)
        metrics, reference = self.fields["metrics"], self.fields["reference"]
        assert isinstance(metrics, forms.MultipleChoiceField)
        assert isinstance(reference, forms.ChoiceField)
        metrics.choices = [(one.token, f"{one.label} ({one.applies} examples)") for one in options]
        reference.choices = [(name, name) for name in candidates]
        set_unit(self.fields["cap"], currency)
        self._weighed = {_WEIGHT + one.token: one for one in options if one.scored}
        for name, one in self._weighed.items():
            self.fields[name] = forms.DecimalField(
                label=one.label, min_value=Decimal(0), max_value=Decimal(100), max_digits=5,
                decimal_places=2, required=False,
            )  # fmt: skip

    @property
    def weight_fields(self) -> list[forms.BoundField]:
        """The fields of the weights, one for each score that can be chosen."""
        return [self[name] for name in self._weighed]

    @property
    def weighing(self) -> bool:
        """Whether a weight was typed or is wrong: then they are shown unfolded."""
        return self.is_bound and any(self[name].data or self[name].errors for name in self._weighed)

    def clean(self) -> dict[str, Any]:
        """Refuse a weight of a metric that is not chosen: it would silently count for nothing."""
        data = super().clean() or {}
        ticked = set(data.get("metrics") or ())
        for name, one in self._weighed.items():
            if data.get(name) and ticked and one.token not in ticked:
                self.add_error(name, f"Choose {one.label} above too, or leave its weight empty.")
        return data

    def weights(self) -> dict[str, float]:
        """Return the weights above 0 by the key of their measure; call it when valid."""
        return {
            one.choice.key: float(self.cleaned_data[name])
            for name, one in self._weighed.items()
            if self.cleaned_data.get(name)
        }


class PairsForm(forms.Form):
    """Which two candidates of a run a judge compares, and what that may cost."""

    judge = forms.ChoiceField(
        label="Judge", help_text="Judges that compare two answers. An advisory one says less."
    )
    first = forms.ChoiceField(label="Candidate")
    second = forms.ChoiceField(label="Against")
    cap = forms.DecimalField(
        label="It may spend",
        required=False,
        max_digits=9,
        decimal_places=4,
        min_value=Decimal("0.0001"),
        help_text="With the judge's checks. Left empty: the most that it can cost.",
    )

    def __init__(
        self,
        judges: Sequence[tuple[JudgeVersion, Standing]],
        candidates: Sequence[str],
        currency: str,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial={"first": "0", "second": "1"})
        self._judges = {str(one.pk): one for one, _ in judges}
        places = [(str(place), name) for place, name in enumerate(candidates)]
        labels = [(str(one.pk), f"{one}: {may_be_used(one, standing)}") for one, standing in judges]
        for name, choices in (("judge", labels), ("first", places), ("second", places)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices
        set_unit(self.fields["cap"], currency)

    def version(self) -> JudgeVersion:
        """Return the chosen judge, of a valid form."""
        return self._judges[self.cleaned_data["judge"]]


class WinnerForm(forms.Form):
    """Who wins, and why."""

    entry = forms.ChoiceField(
        label="Winner",
        widget=forms.RadioSelect,
        help_text="Candidates that meet every floor and keep within the limits of the brief.",
        error_messages={"required": "Choose the winner."},
    )
    rationale = forms.CharField(
        label="Why this one?",
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="At least 50 characters: what decided, and what speaks for the runner-up.",
        error_messages={"required": "Write why, in at least 50 characters."},
    )

    def __init__(
        self, aliases: Sequence[str], data: Mapping[str, Any] | None = None, **more: Any
    ) -> None:
        super().__init__(data, **more)
        entry = self.fields["entry"]
        assert isinstance(entry, forms.ChoiceField)
        entry.choices = [(alias, alias) for alias in aliases]


class OutsideForm(forms.Form):
    """A file of another tool."""

    file = forms.FileField(
        label="File",
        help_text="promptfoo's results (promptfoo eval -o results.json) or an Inspect log as JSON,"
        " at most 5 MB.",
        error_messages={
            "empty": "There is nothing to read: the file is empty.",
            "required": "Choose the file.",
        },
    )
    note = forms.CharField(
        label="What it is about",
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Such as: the security team's own set, run on the winner before the gate.",
    )
