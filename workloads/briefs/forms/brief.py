"""The answers as a form: made from the questions, filled from a brief or from what was posted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from workloads.briefs.answers import in_words, shown
from workloads.briefs.forms.answers import AnswerField, Typed
from workloads.briefs.models import Brief
from workloads.briefs.questions import QUESTIONS, SECTIONS, SUCCESS, Kind, Question
from workloads.briefs.selectors import assessment_of, needed
from workloads.briefs.selectors import shown as is_shown
from workloads.briefs.widgets import posted_tools, rows_of_text, tools_data


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
