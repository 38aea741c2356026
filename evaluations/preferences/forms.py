"""Forms of the study pages; the rules themselves stand in the services."""

from collections.abc import Sequence
from typing import Any

from django import forms

from evaluations.preferences.limits import Limits
from evaluations.preferences.services.opening import QUESTION
from portal.accounts.models import User


class StudyForm(forms.Form):
    """What a new study asks, of whom."""

    question = forms.CharField(
        label="What raters are asked",
        max_length=280,
        initial=QUESTION,
        help_text="One question, the same for every pair",
    )
    candidates = forms.MultipleChoiceField(
        label="Candidates",
        widget=forms.CheckboxSelectMultiple,
        help_text="Two are compared directly; three or four in all pairs",
    )
    pairs = forms.IntegerField(
        label="Pairs per comparison",
        help_text="Drawn by chance, each kind of example in its share",
    )
    raters = forms.MultipleChoiceField(
        label="Raters",
        widget=forms.CheckboxSelectMultiple,
        help_text="Each sees every pair once, in an order and with sides of their own",
    )

    def __init__(
        self,
        names: Sequence[str],
        people: Sequence[User],
        most: Limits,
        data: Any = None,
        **more: Any,
    ) -> None:
        super().__init__(data, **more)
        self.people = people
        candidates, raters = self.fields["candidates"], self.fields["raters"]
        if isinstance(candidates, forms.MultipleChoiceField):
            candidates.choices = [(str(place), name) for place, name in enumerate(names)]
        if isinstance(raters, forms.MultipleChoiceField):
            raters.choices = [(str(one.pk), str(one)) for one in people]
        self.fields["pairs"].initial = most.pairs_min
        self.fields["pairs"].widget.attrs |= {"min": most.pairs_min, "max": most.pairs_max}


class InviteForm(forms.Form):
    """Who else is asked to rate."""

    raters = forms.MultipleChoiceField(label="Ask also", widget=forms.CheckboxSelectMultiple)

    def __init__(self, people: Sequence[User], data: Any = None) -> None:
        super().__init__(data, auto_id="invite_%s")
        raters = self.fields["raters"]
        if isinstance(raters, forms.MultipleChoiceField):
            raters.choices = [(str(one.pk), str(one)) for one in people]


class CloseForm(forms.Form):
    """Why a study is closed, where pairs still lack verdicts; ``complete`` ones need no reason."""

    reason = forms.CharField(
        label="Why close it now",
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="It stands in the result",
    )

    def __init__(self, data: Any = None, *, complete: bool) -> None:
        super().__init__(data)
        self.fields["reason"].required = not complete
