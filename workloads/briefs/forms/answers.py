"""One question of the brief as a field, and what all its forms share."""

from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from workloads.briefs.answers import NotAnAnswer, parse
from workloads.briefs.questions import Kind, Question
from workloads.briefs.widgets import ToolsWidget

Typed = MultiValueDict[str, str]
BLANK = ("", "Choose …")
# The answer to an autosave never touches a control that stands on the page: what somebody typed
# after the save was sent is newer than what the answer knows.
KEEP_TYPED = {"hx-morph-skip": True}


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
            return forms.Select(choices=[BLANK, *choices])
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
        self.widget.attrs.update(KEEP_TYPED)

    def clean(self, value: Any) -> Any:
        """Return the typed answer. Raises ValidationError saying what would be right."""
        try:
            return parse(self.question, value)
        except NotAnAnswer as wrong:
            raise forms.ValidationError(wrong.error.message, code=wrong.error.code) from wrong
