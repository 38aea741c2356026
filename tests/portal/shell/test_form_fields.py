"""A field gives label, help, unit, example and error, tied together for a screen reader."""

import re

from django import forms
from django.template import Context, Template

from portal.shell.forms import set_example, set_unit


class Brief(forms.Form):
    problem = forms.CharField(
        label="Business problem", help_text="What goes wrong?", widget=forms.Textarea
    )
    latency = forms.DecimalField(
        label="Slowest answer", error_messages={"invalid": "Enter seconds, for example 2 or 0.8."}
    )
    budget = forms.DecimalField(required=False)
    kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")])
    audience = forms.ChoiceField(
        widget=forms.RadioSelect, choices=[("in", "Inside")], help_text="The widest"
    )
    data = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, choices=[("x", "X")], required=False
    )
    sure = forms.BooleanField(label="I am sure")
    evidence = forms.FileField(required=False)
    token = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        set_unit(self.fields["latency"], "seconds")
        set_unit(self.fields["budget"], "€")
        set_example(self.fields["problem"], "Agents <read> 900 tickets.")


def tag(html: str, name: str) -> str:
    """Return the control of the field ``name``."""
    found = re.search(rf"<(?:input|textarea|select)[^>]*name=\"{name}\"[^>]*>", html)
    assert found, html
    return found[0]


def test_a_refused_figure_keeps_what_was_typed_and_says_what_is_right() -> None:
    html = str(Brief({"latency": "two"})["latency"].as_field_group())
    control = tag(html, "latency")
    assert 'value="two"' in control
    # A browser throws away "two" in a field of type number.
    assert 'type="text"' in control
    assert 'inputmode="decimal"' in control
    assert 'aria-invalid="true"' in control
    assert 'aria-describedby="id_latency_unit id_latency_error"' in control
    assert 'id="id_latency_unit">seconds<' in html
    assert 'id="id_latency_error"' in html
    assert "Enter seconds, for example 2 or 0.8." in html


def test_help_is_tied_to_its_control_and_the_example_waits_folded() -> None:
    html = str(Brief()["problem"].as_field_group())
    assert 'aria-describedby="id_problem_helptext"' in tag(html, "problem")
    assert 'id="id_problem_helptext"' in html
    assert "<details" in html
    assert "Agents &lt;read&gt; 900 tickets." in html
    assert '<label for="id_problem">' in html
    assert "optional" not in html


def test_money_stands_before_the_figure_and_what_is_optional_is_said() -> None:
    html = str(Brief()["budget"].as_field_group())
    assert html.index("€") < html.index("<input")
    assert "optional" in html


def test_every_kind_of_control_has_its_class() -> None:
    form = Brief({})
    classes = {
        name: re.search(r'class="([^"]*)"', tag(str(form[name].as_field_group()), name))
        for name in ("problem", "latency", "kind", "audience", "data", "sure", "evidence")
    }
    found = {name: match[1].split()[0] for name, match in classes.items() if match}
    assert found == {
        "problem": "form-control",
        "latency": "form-control",
        "kind": "form-select",
        "audience": "form-check-input",
        "data": "form-check-input",
        "sure": "form-check-input",
        "evidence": "form-control",
    }


def test_choices_are_a_group_with_a_legend_that_carries_help_and_error() -> None:
    html = str(Brief({})["audience"].as_field_group())
    assert '<fieldset aria-describedby="id_audience_helptext id_audience_error">' in html
    assert "<legend>Audience</legend>" in html
    assert '<label class="form-check-label" for="id_audience_0">' in html


def test_a_hidden_field_draws_nothing_to_see() -> None:
    html = str(Brief()["token"].as_field_group())
    assert "<label" not in html
    assert 'type="hidden"' in html


def test_the_summary_leads_to_each_wrong_field_and_is_silent_before_sending() -> None:
    template = Template("{% load assay %}{% error_summary form %}")
    form = Brief({"problem": "p", "kind": "a", "sure": "on", "latency": "two"})
    html = template.render(Context({"form": form}))
    assert "2 things to put right" in html
    assert 'href="#id_latency"' in html
    assert 'href="#id_audience"' in html
    assert 'id="id_audience"' in str(form["audience"])
    assert template.render(Context({"form": Brief()})).strip() == ""
