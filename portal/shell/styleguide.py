"""Sample data for the style guide: each component in each of its states."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django import forms

from portal.common.choices import ToneChoices
from portal.common.clock import now
from portal.shell.forms import set_example, set_unit


class SampleVerdict(ToneChoices):
    """A status with all tones."""

    PASS = "pass", "Meets floors"
    FAIL = "fail", "Correctness"
    WARN = "warn", "Out of date"
    WINNER = "winner", "Winner"
    UNKNOWN = "unknown", "Cannot tell"

    __tones__: ClassVar[dict[str, str]] = {
        "pass": "pass",
        "fail": "fail",
        "warn": "warn",
        "winner": "info",
    }
    __symbols__: ClassVar[dict[str, str]] = {"winner": "★", "warn": "↻"}


class SampleForm(forms.Form):
    """One field of every kind."""

    problem = forms.CharField(
        label="Business problem",
        help_text="What goes wrong today, for whom, how often?",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    kind = forms.ChoiceField(
        label="Workload type",
        help_text="By the problem, not by what is new",
        choices=[
            ("", "Choose"),
            ("classification", "Classification"),
            ("extraction", "Extraction"),
        ],
    )
    latency = forms.DecimalField(
        label="Slowest acceptable answer",
        help_text="95 of 100 requests",
        error_messages={"invalid": "Enter a number of seconds, for example 2 or 0.8."},
    )
    budget = forms.DecimalField(
        label="Budget a month", help_text="All calls together", required=False
    )
    audience = forms.ChoiceField(
        label="Who sees the output",
        help_text="The widest audience",
        widget=forms.RadioSelect,
        choices=[("internal", "Internal: people of the company"), ("public", "Everybody")],
    )
    data_seen = forms.MultipleChoiceField(
        label="Data it will see",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("contact", "Contact data"), ("health", "Health data"), ("code", "Source code")],
    )
    evidence = forms.FileField(
        label="Evidence", help_text="PDF or text, at most 20 MB", required=False
    )
    confirmed = forms.BooleanField(label="I have checked this with the owner of the data")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_unit(self.fields["latency"], "seconds")
        set_unit(self.fields["budget"], "€")
        set_example(
            self.fields["problem"],
            "Agents read 900 tickets a day to pick a queue. One in seven lands in the wrong one "
            "and waits two days longer.",
        )


def _form(prefix: str) -> SampleForm:
    data = {
        f"{prefix}-problem": "Agents read 900 tickets a day to pick a queue.",
        f"{prefix}-kind": "classification",
        f"{prefix}-latency": "abc",
        f"{prefix}-budget": "1200",
        f"{prefix}-data_seen": ["contact"],
    }
    return SampleForm(data, prefix=prefix)


CANDIDATES = [
    {
        "name": "eu-large-2", "where": "EU cloud tenant", "value": 0.93, "low": 0.88, "high": 0.96,
        "grounded": 0.91, "refused": 0.006, "latency": 1420, "cost": Decimal("3.10"),
        "verdict": SampleVerdict.WINNER,
    },
    {
        "name": "gpt-mini-4", "where": "provider hosted", "value": 0.89, "low": 0.83, "high": 0.93,
        "grounded": 0.86, "refused": 0.0, "latency": 810, "cost": Decimal("0.62"),
        "verdict": SampleVerdict.PASS,
    },
    {
        "name": "llama-70b-eu", "where": "own infrastructure", "value": 0.85, "low": 0.78,
        "high": 0.90, "grounded": 0.84, "refused": 0.011, "latency": 1120, "cost": Decimal("0.74"),
        "verdict": SampleVerdict.UNKNOWN,
    },
    {
        "name": "smollm2-135m", "where": "local", "value": 0.61, "low": 0.52, "high": 0.69,
        "grounded": 0.58, "refused": 0.094, "latency": 640, "cost": Decimal("0.0042"),
        "verdict": SampleVerdict.FAIL,
    },
]  # fmt: skip

PHASES = [
    {"number": 1, "label": "Scoping", "state": "passed", "note": "approved 3 Nov", "url": "#"},
    {"number": 2, "label": "Model selection", "state": "passed", "note": "4 of 31 fit", "url": "#"},
    {"number": 3, "label": "Prompts", "state": "stale", "note": "brief changed", "url": "#"},
    {
        "number": 4, "label": "Evaluation", "state": "now", "note": "scorecard 3 published",
        "url": "#", "current": True,
    },
    {"number": 5, "label": "Tuning", "state": "in_review", "note": "1 of 2 votes", "url": "#"},
    {"number": 6, "label": "Build", "state": "open", "url": "#"},
    {"number": 7, "label": "Go / no-go", "state": "open"},
    {"number": 8, "label": "Operations", "state": "open"},
]  # fmt: skip

CHECKS = [
    {
        "state": "pass", "label": "Golden dataset committed",
        "detail": "120 examples, 72 typical, 30 edge, 18 adversarial",
    },
    {
        "state": "fail", "label": "Winner chosen with a reason",
        "detail": "Write why, at least 50 characters.", "link": "#", "link_label": "Choose winner",
    },
    {
        "state": "wait", "label": "Approval: risk", "detail": "Opens once the checks pass.",
        "who": "Two risk reviewers can approve",
    },
    {"state": "waived", "label": "Judge fit for use", "detail": "Waived until 1 Dec by risk."},
    {"state": "unknown", "label": "Latency under load", "detail": "No load test has run yet."},
]  # fmt: skip

HOSTILE = (
    'Ignore the rules.\n<img src=x onerror="alert(1)"> {{7*7}} <div hx-get="/">\n'
    "re\u202etxt.exe zero\u200bwidth bell\x07 escape\x1b[31m"
)


def specimens() -> dict[str, Any]:
    """Return everything that the style guide shows."""
    at = now()
    return {
        "themes": [("light", _form("light")), ("dark", _form("dark"))],
        "phases": PHASES,
        "checks_items": CHECKS,
        "candidates": CANDIDATES,
        "verdicts": list(SampleVerdict),
        "facts_items": [
            ("Correctness target", "≥ 0.90"),
            ("p95 latency limit", "2.0 s"),
            {"label": "Spent", "value": "€ 3.84", "note": "of € 1 200 a month", "tone": "pass"},
            {"label": "Missing", "value": "4 of 480", "tone": "fail"},
        ],
        "definition_items": [
            ("Owner", "Service desk lead"),
            ("Data class", "Confidential, personal data", "decides which models may be used"),
            {"label": "Prompt", "value": "Version 7", "url": "#"},
        ],
        "bar_items": [
            {"label": "Typical", "value": 72, "tone": "brand"},
            {"label": "Edge", "value": 30, "tone": "brand"},
            {"label": "Adversarial", "value": 18, "tone": "fail", "text": "18, too few"},
        ],
        "course": [0.81, 0.84, 0.83, None, 0.88, 0.91, 0.9, 0.93],
        "diff_items": [
            ("=", "Answer with the name of the queue"),
            ("-", " and a reason"),
            ("+", " only. Refuse legal advice"),
            ("=", "."),
        ],
        "tab_items": [
            {"label": "Examples", "url": "#", "current": True, "count": 120},
            {"label": "Slices", "url": "#", "count": 6},
            {"label": "Raters", "url": "#"},
        ],
        "digest": "sha256:4be077d291aa" + "0" * 48 + "5c1e",
        "hostile": HOSTILE,
        "sample_json": {"queue": "billing", "confidence": 0.93, "note": "zero\u200bwidth"},
        "amount": Decimal("1234.5"),
        "tiny": Decimal("0.0042"),
        "moments": [at, at - timedelta(minutes=12), at - timedelta(days=3)],
        "ratio": 0.9342,
        "difference": -0.031,
    }
