"""Components say in words what they show in colour, and refuse what they cannot say."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from portal.common.choices import ToneChoices
from portal.shell.plots import interval_plot, sparkline


class Verdict(ToneChoices):
    SHOWN = "shown", "Shown"
    OPEN = "open", "Not shown"
    ODD = "odd", "Odd"

    __tones__: ClassVar[dict[str, str]] = {"shown": "pass"}
    __symbols__: ClassVar[dict[str, str]] = {"odd": "§"}


def draw(source: str, **context: object) -> str:
    return Template("{% load assay %}" + source).render(Context(context))


def test_a_chip_takes_its_words_and_tone_from_the_enum() -> None:
    html = draw("{% chip verdict %}", verdict=Verdict.SHOWN)
    assert 'class="chip pass"' in html
    assert "Shown" in html
    assert "<svg" in html
    assert "§" in draw("{% chip verdict %}", verdict=Verdict.ODD)


@pytest.mark.parametrize("source", ['{% chip "shown" %}', '{% chip "pass" %}'])
def test_a_chip_without_meaning_or_words_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="chip"):
        draw(source)


def test_checks_say_state_reason_who_and_where() -> None:
    @dataclass
    class Check:
        state: str
        label: str
        detail: str = ""
        link: str = ""
        who: str = ""

    html = draw(
        "{% checks items %}",
        items=[
            Check("fail", "Latency limit", "It is empty.", "/briefs/1/", "The owner can"),
            Check("pass", "One KPI"),
        ],
    )
    assert "does not pass" in html
    assert 'href="/briefs/1/"' in html
    assert "Fix this" in html
    assert "The owner can" in html
    assert html.count("<a ") == 1
    with pytest.raises(ValueError, match="unknown state"):
        draw("{% checks items %}", items=[Check("green", "?")])


def test_the_rail_marks_the_present_step_and_says_each_state() -> None:
    html = draw(
        "{% rail phases %}",
        phases=[
            {"number": 1, "label": "Scoping", "state": "passed", "url": "/a/"},
            {"number": 2, "label": "Prompts", "state": "stale", "url": "/b/", "current": True},
            {"number": 3, "label": "Build", "state": "open"},
        ],
    )
    assert html.count('aria-current="step"') == 1
    assert all(words in html for words in ("passed", "to reconfirm", "not started"))
    assert html.count("<a ") == 2


@pytest.mark.parametrize(
    ("low", "high", "relation", "words"),
    [
        (0.85, 0.95, "above", "whole interval is at or above"),
        (0.80, 0.95, "above", "whole interval is at or above"),
        (0.70, 0.90, "across", "reaches across"),
        (0.60, 0.79, "below", "whole interval is below"),
    ],
)
def test_an_interval_is_told_against_its_floor(
    low: float, high: float, relation: str, words: str
) -> None:
    plot = interval_plot(0.8, low, high, floor=0.8, label="eu-large-2")
    assert plot.relation == relation
    assert words in plot.words
    assert plot.words.startswith(f"eu-large-2: 0.80, 95 % interval {low:.2f} to {high:.2f}")


def test_an_interval_plot_stays_on_its_track_and_needs_a_scale() -> None:
    plot = interval_plot(1.4, -2, 9)
    assert (plot.start, plot.point, plot.end) == ("6.0", "106.0", "106.0")
    with pytest.raises(ValueError, match="scale"):
        interval_plot(0.5, 0.4, 0.6, lo=1, hi=1)


def test_plots_without_figures_are_a_dash_not_a_zero() -> None:
    assert "<svg" not in draw("{% interval_plot None None None %}")
    assert "<svg" not in draw("{% sparkline values %}", values=[0.5, None])
    assert "–" in draw("{% sparkline values %}", values=[])


def test_a_gap_in_a_course_is_a_gap_in_the_line() -> None:
    spark = sparkline([0.1, 0.2, None, 0.3], label="Correct")
    assert spark is not None
    assert spark.path.count("M") == 2
    assert spark.words == "Correct: 3 values from 0.1 to 0.3, lowest 0.1, highest 0.3"


def test_pages_keep_the_other_parameters_of_the_address() -> None:
    request = RequestFactory().get("/list/", {"q": "a&b", "cursor": "old"})
    html = draw("{% pager cursor %}", cursor="n=1", request=request)
    assert 'href="?q=a%26b&amp;cursor=n%3D1"' in html
    assert 'href="?q=a%26b"' in html
    first = RequestFactory().get("/list/")
    assert "<nav" not in draw("{% pager cursor %}", cursor="", request=first)
