"""What the components are made of: records of any shape become rows that templates can show.

A component takes dataclasses, model instances, mappings or tuples alike, so that no area has to
import a type of the shell to be shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.forms import BaseForm
from django.forms.boundfield import BoundField

from portal.shell.icons import SIGNS, TONES

CHECK_STATES = {
    "pass": ("check", "passes"),
    "fail": ("cross", "does not pass"),
    "wait": ("clock", "waits"),
    "waived": ("half", "waived"),
    "unknown": ("warn", "not known"),
}
RAIL_STATES = {
    "passed": "passed",
    "now": "in progress",
    "open": "not started",
    "reopened": "reopened, to be done again",
    "stale": "to reconfirm",
    "in_review": "in review",
}
RAIL_SIGNS = {"passed": "check", "reopened": "warn", "stale": "again", "in_review": "half"}
DIFF_OPS = {
    "=": "equal", "equal": "equal",
    "+": "insert", "insert": "insert",
    "-": "delete", "delete": "delete",
}  # fmt: skip


def part(item: Any, name: str, default: Any = "") -> Any:
    """Return ``item[name]`` or ``item.name``; ``default`` when it is missing or None."""
    found = item.get(name) if isinstance(item, Mapping) else getattr(item, name, None)
    return default if found is None else found


def safe_href(url: Any) -> str:
    """Return ``url`` when it leads to a page of ours or to the web, else an empty text.

    A link may have been made from what a person or model wrote: ``javascript:`` and
    ``//elsewhere`` never become one.
    """
    text = str(url)
    if text.startswith(("https://", "http://", "#", "?")):
        return text
    return text if text.startswith("/") and not text.startswith(("//", "/\\")) else ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A status: tone for the colour, icon or sign for the eye, label for everybody."""

    tone: str
    label: str
    icon: str
    sign: str


def chip(value: Any, label: str = "", symbol: str = "") -> Chip:
    """Return the chip of an enum member (with tone, symbol and label) or of a tone and a label.

    Raises ValueError for a text that is no tone, such as a bare field value: hand over the enum
    member, which knows its own meaning.
    """
    tone = str(part(value, "tone")) if hasattr(value, "tone") else str(value)
    if tone not in TONES:
        raise ValueError(
            f"chip: {value!r} has no tone; give an enum member or one of {', '.join(TONES)}"
        )
    words = label or str(part(value, "label"))
    if not words:
        raise ValueError("chip: a status is said in words too; give a label")
    sign = symbol or str(part(value, "symbol"))
    icon = SIGNS.get(sign, "") if sign else TONES[tone]
    return Chip(tone, words, icon, "" if icon else sign)


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check of a gate: what, how it stands, why, where it is mended and who can act."""

    state: str
    icon: str
    state_words: str
    label: str
    detail: str
    url: str
    link_label: str
    who: str


def check_rows(items: Iterable[Any]) -> list[CheckRow]:
    """Return the rows of a list of checks. Raises ValueError for a state nobody has a sign for."""
    rows = []
    for item in items:
        state = str(getattr(part(item, "state"), "value", part(item, "state")))
        if state not in CHECK_STATES:
            raise ValueError(f"checks: unknown state {state!r}; use {', '.join(CHECK_STATES)}")
        icon, words = CHECK_STATES[state]
        rows.append(
            CheckRow(
                state=state,
                icon=icon,
                state_words=words,
                label=str(part(item, "label")),
                detail=str(part(item, "detail")),
                url=safe_href(part(item, "link")),
                link_label=str(part(item, "link_label"))
                or ("Open" if state in ("pass", "waived") else "Fix this"),
                who=str(part(item, "who")),
            )
        )
    return rows


@dataclass(frozen=True, slots=True)
class RailStep:
    """One phase on the rail."""

    number: int
    label: str
    state: str
    state_words: str
    icon: str
    note: str
    url: str
    current: bool


def rail_steps(phases: Iterable[Any]) -> list[RailStep]:
    """Return the steps of the rail. Raises ValueError for an unknown state."""
    steps = []
    for item in phases:
        state = str(getattr(part(item, "state"), "value", part(item, "state")))
        if state not in RAIL_STATES:
            raise ValueError(f"rail: unknown state {state!r}; use {', '.join(RAIL_STATES)}")
        steps.append(
            RailStep(
                number=int(part(item, "number", 0)),
                label=str(part(item, "label")),
                state=state,
                state_words=RAIL_STATES[state],
                icon=RAIL_SIGNS.get(state, ""),
                note=str(part(item, "note")),
                url=safe_href(part(item, "url")),
                current=bool(part(item, "current", False)),
            )
        )
    return steps


@dataclass(frozen=True, slots=True)
class Pair:
    """A label with its value, and a note under it; ``tone`` colours a value that has a meaning."""

    label: str
    value: Any
    note: str
    tone: str
    url: str


def pairs(items: Iterable[Any]) -> list[Pair]:
    """Return labels and values from tuples (label, value[, note]), mappings or objects."""
    rows = []
    for item in items:
        if isinstance(item, tuple):
            label, value, note = (*item, "")[:3]
            rows.append(Pair(str(label), value, str(note), "", ""))
        else:
            tone = str(part(item, "tone"))
            rows.append(
                Pair(
                    str(part(item, "label")),
                    part(item, "value", "–"),
                    str(part(item, "note")),
                    tone if tone in TONES else "",
                    safe_href(part(item, "url")),
                )
            )
    return rows


@dataclass(frozen=True, slots=True)
class Tab:
    """One page of several that belong together."""

    label: str
    url: str
    current: bool
    count: str


def tab_rows(items: Iterable[Any]) -> list[Tab]:
    """Return the tabs of ``items`` (label, url, current, count)."""
    return [
        Tab(
            str(part(item, "label")),
            safe_href(part(item, "url")),
            bool(part(item, "current", False)),
            str(part(item, "count")),
        )
        for item in items
    ]


def diff_parts(items: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return (equal | insert | delete, text) from pairs that may also say "=", "+" or "-"."""
    return [(DIFF_OPS[op], text) for op, text in items]


@dataclass(frozen=True, slots=True)
class FormProblem:
    """One thing wrong in a form; ``anchor`` is the id of the control it is about, if any."""

    label: str
    message: str
    anchor: str


def form_problems(form: BaseForm) -> list[FormProblem]:
    """Return what is wrong in a bound form, first what concerns the form as a whole."""
    found = [FormProblem("", str(message), "") for message in form.non_field_errors()]
    for field in form:
        anchor = field.id_for_label or field.auto_id
        found += [
            FormProblem(str(field.label), str(message), "" if field.is_hidden else str(anchor))
            for message in field.errors
        ]
    return found


def control_attributes(field: BoundField) -> dict[str, str | bool]:
    """Return the attributes that a form control needs to look right and to say what it means.

    The description lists help, unit and errors, in the order in which they stand on the page.
    """
    widget = field.field.widget
    kind = str(getattr(widget, "input_type", "textarea"))
    base = {
        "select": "form-select",
        "checkbox": "form-check-input",
        "radio": "form-check-input",
        "hidden": "",
    }.get(kind, "form-control")
    classes = [base, str(widget.attrs.get("class", "")), "is-invalid" if field.errors else ""]
    attributes: dict[str, str | bool] = {"class": " ".join(name for name in classes if name)}
    if field.auto_id and not field.use_fieldset and not field.is_hidden:
        described = [
            f"{field.auto_id}_{name}"
            for name, there in (
                ("helptext", field.help_text),
                ("unit", getattr(field.field, "unit", "")),
                ("error", field.errors),
            )
            if there
        ]
        if described and "aria-describedby" not in widget.attrs:
            attributes["aria-describedby"] = " ".join(described)
    return attributes
