"""What the selection page was asked for: token sizes, other limits, and the picks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.http import QueryDict

from portal.common.errors import FieldError
from workloads.briefs.answers import NotAnAnswer, number, whole
from workloads.selection.models import Shortlist
from workloads.selection.selectors import Limits
from workloads.selection.services import TOKENS_MOST, Pick

CONTEXT_MOST = 100_000_000
COST_MOST = Decimal(1_000)
LATENCY_MOST = 3_600_000
LIMITS = ("context", "cost", "latency")
PICKS_READ = 50
_RAW_MOST = 40


@dataclass(slots=True)
class Typed:
    """What was typed, as it was typed and as it was understood, and what is wrong with it."""

    raw: dict[str, str] = field(default_factory=dict)
    tokens_in: int | None = None
    tokens_out: int | None = None
    limits: Limits = field(default_factory=Limits)
    picks: dict[str, Pick] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    not_taken_reason: str = ""
    errors: list[FieldError] = field(default_factory=list)

    def error(self, name: str) -> str:
        """Return what is wrong with one field, or nothing."""
        return next((one.message for one in self.errors if one.field == name), "")

    def not_taken(self) -> dict[str, str]:
        """Return what was typed beside the models that are not picked."""
        return {alias: words for alias, words in self.notes.items() if alias not in self.picks}

    def has_sizes(self) -> bool:
        """Whether token sizes were typed."""
        return self.tokens_in is not None or self.tokens_out is not None


def read_query(data: Mapping[str, Any]) -> Typed:
    """Return token sizes and other limits; what is no number is among the errors."""
    typed = Typed(raw={})
    for name in ("tokens_in", "tokens_out", *LIMITS):
        value = data.get(name, "")
        typed.raw[name] = str(value)[:_RAW_MOST]
    typed.tokens_in = _read(typed, "tokens_in", data)
    typed.tokens_out = _read(typed, "tokens_out", data)
    typed.limits = Limits(
        context=_read(typed, "context", data),
        cost=_read(typed, "cost", data),
        latency=_read(typed, "latency", data),
    )
    return typed


def _read(typed: Typed, name: str, data: Mapping[str, Any]) -> Any:
    raw = data.get(name, "")
    try:
        match name:
            case "cost":
                return number(name, raw, places=6, most=COST_MOST)
            case "context":
                return whole(name, raw, 1, CONTEXT_MOST)
            case "latency":
                return whole(name, raw, 1, LATENCY_MOST)
        return whole(name, raw, 1, TOKENS_MOST)
    except NotAnAnswer as wrong:
        typed.errors.append(wrong.error)
        return None


def read_choice(data: QueryDict) -> Typed:
    """Return what was posted: sizes, picks with their words, and why the others are not taken."""
    typed = read_query(data)
    typed.notes = {
        name.removeprefix("note-"): str(data.get(name, ""))
        for name in data
        if name.startswith("note-")
    }
    typed.picks = {
        alias: Pick(alias, typed.notes.get(alias, ""), data.get(f"reason-{alias}", ""))
        for alias in dict.fromkeys(data.getlist("candidate")[:PICKS_READ])
    }
    typed.not_taken_reason = data.get("not_taken_reason", "")
    return typed


def as_chosen(typed: Typed, found: Shortlist | None) -> None:
    """Put the picks and words of the present shortlist where nothing was typed yet."""
    if found is None:
        return
    for one in found.candidates.all():
        alias = one.entry.gateway_alias
        typed.picks[alias] = Pick(alias, one.note, one.reason)
        typed.notes[alias] = one.note
    reasons = set(found.not_taken.values())
    if len(reasons) == 1:
        typed.not_taken_reason = reasons.pop()
    else:
        typed.notes |= found.not_taken
