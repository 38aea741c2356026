"""Text by models, datasets and people is shown as text: nothing hides in it, nothing runs."""

import pytest
from django.template import Context, Template
from django.utils.safestring import SafeString

from portal.shell.marks import visible


def draw(source: str, **context: object) -> str:
    return Template("{% load assay %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("re\u202etxt.exe", "re⟨U+202E⟩txt.exe"),
        ("zero\u200bwidth", "zero⟨U+200B⟩width"),
        ("a\x00b", "a⟨U+0000⟩b"),
        ("\x1b[31mred", "⟨U+001B⟩[31mred"),
        ("tag\U000e0041", "tag⟨U+E0041⟩"),
        ("over\rwritten", "over⟨U+000D⟩written"),
        ("line\r\nnext\ttab", "line\nnext\ttab"),
        ("größer, 日本語, 👍", "größer, 日本語, 👍"),
    ],
)
def test_hidden_characters_become_marks(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("filter_name", ["visible", "json_pretty"])
def test_markup_is_escaped_even_when_somebody_called_it_safe(filter_name: str) -> None:
    html = draw("{{ text|" + filter_name + " }}", text=SafeString("<img src=x onerror=alert(1)>"))
    assert "<img" not in html
    assert "&lt;img" in html


def test_quoted_text_is_escaped_and_out_of_reach_of_htmx() -> None:
    html = draw('{% quoted text "Answer" %}', text='<div hx-get="/"></div>\u202e')
    assert "<div" not in html
    assert "⟨U+202E⟩" in html
    assert "hx-ignore" in html
    assert 'aria-label="Answer"' in html


def test_a_difference_shows_both_sides_escaped() -> None:
    html = draw("{% diff parts %}", parts=[("=", "a "), ("-", "<b>"), ("+", "c\u200b")])
    assert "<del>&lt;b&gt;</del>" in html
    assert "<ins>c⟨U+200B⟩</ins>" in html


@pytest.mark.parametrize("source", [
    '{% panel text end=text %}{{ text }}{% endpanel %}',
    '{% callout "info" text %}{{ text }}{% endcallout %}',
    '{% empty_state text %}{{ text }}{% endempty_state %}',
    '{% scroll text %}{{ text }}{% endscroll %}',
    '{% chip "pass" text %}',
    '{% seal text text %}',
    '{% progress 1 2 text text %}',
    '{% interval_plot 0.5 0.4 0.6 label=text %}',
    '{% checks rows %}', '{% facts rows %}', '{% definitions rows %}', '{% rail steps %}',
    '{% tabs rows "Pages" %}', '{% bars rows text %}',
])  # fmt: skip
def test_no_component_lets_markup_through(source: str) -> None:
    text = '"><script>alert(1)</script>'
    row = {"label": text, "detail": text, "who": text, "note": text, "value": text, "state": "fail"}
    html = draw(
        source,
        text=text,
        rows=[{**row, "value": 1} if "bars" in source else row],
        steps=[{"number": 1, "label": text, "state": "now", "note": text}],
    )
    assert "<script" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//evil.example", "/\\evil", "data:text/html,x"]
)
def test_a_link_never_leads_where_a_browser_would_run_it(url: str) -> None:
    html = draw(
        "{% checks rows %}{% facts facts %}",
        rows=[{"state": "fail", "label": "KPI", "link": url}],
        facts=[{"label": "Prompt", "value": "7", "url": url}],
    )
    assert "href" not in html
