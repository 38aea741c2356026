"""The forms of a discussion: a comment, a suggestion, a reason. The service judges them."""

from typing import Any
from uuid import UUID

from django import forms

from workloads.briefs.forms.answers import AnswerField, Typed
from workloads.briefs.forms.brief import stored_text
from workloads.briefs.models import Brief
from workloads.briefs.questions import BY_NAME
from workloads.briefs.threads import KPIS, PART_LABELS, PARTS


class CommentForm(forms.Form):
    """What somebody says."""

    use_required_attribute = False
    text = forms.CharField(
        label="Comment", required=True, strip=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class ReasonForm(forms.Form):
    """Why a suggestion is declined."""

    use_required_attribute = False
    reason = forms.CharField(
        label="Why not?", required=True, strip=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class SuggestForm(forms.Form):
    """A new answer to one question, beginning with the present one, and the reason for it."""

    use_required_attribute = False

    def __init__(self, brief: Brief, name: str, data: Typed | None = None) -> None:
        super().__init__(data=data, auto_id="suggest_%s")
        if name == KPIS:
            rows = [(str(kpi.pk), str(kpi)) for kpi in brief.kpi_rows()]
            parts = [(part, PART_LABELS.get(part, part).capitalize()) for part in PARTS]
            self.fields["kpi"] = forms.CharField(
                label="Which KPI?", required=True, widget=forms.Select(choices=rows)
            )
            self.fields["part"] = forms.CharField(
                label="What of it?", required=True, widget=forms.Select(choices=parts)
            )
            self.fields["value"] = forms.CharField(label="New value", required=True, strip=False)
        else:
            field = AnswerField(BY_NAME[name], required=True)
            field.label, field.example = "New answer", ""
            self.fields["value"] = field
            stored = stored_text(brief)
            many = isinstance(field.widget, forms.CheckboxSelectMultiple)
            self.initial["value"] = stored.getlist(name) if many else stored.get(name, "")
        self.fields["reason"] = forms.CharField(
            label="Why?", help_text="What whoever decides has to know.", required=True,
            strip=False, widget=forms.Textarea(attrs={"rows": 2}),
        )  # fmt: skip

    def raw(self) -> dict[str, Any]:
        """Return what was posted as the service takes it."""
        return {
            "value": self._posted("value"),
            "reason": self._posted("reason") or "",
            "kpi": _uuid(self._posted("kpi")) if "kpi" in self.fields else None,
            "part": (self._posted("part") or "") if "part" in self.fields else "",
        }

    def _posted(self, name: str) -> Any:
        return self.fields[name].widget.value_from_datadict(self.data, self.files, name)


def _uuid(raw: Any) -> UUID | None:
    try:
        return UUID(str(raw))
    except ValueError:
        return None
