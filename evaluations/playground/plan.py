"""What a trial asks, of whom, at what price: sealed when it starts. Plain frozen data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from evaluations.runs.plan import CandidatePin, MetricPin, candidate_from_json
from portal.common.canonical import digest, jsonable

DRAFT = "draft"
# A person waits for these answers; a call that takes longer than this is of no use to them.
TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Selection:
    """What somebody chose, by the names that people use.

    ``models`` are gateway aliases, ``prompts`` the word "draft" or version numbers, ``examples``
    keys of the newest version of ``dataset`` (its ref), ``typed`` values by variable, one mapping
    for each further input.
    """

    models: tuple[str, ...]
    prompts: tuple[str, ...]
    dataset: str = ""
    examples: tuple[str, ...] = ()
    typed: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class MetricUse:
    """A metric as it is applied to answers of one prompt, with its words for people."""

    pin: MetricPin
    label: str


@dataclass(frozen=True, slots=True)
class PromptPin:
    """A prompt with its whole text: a draft is not kept anywhere else."""

    label: str
    number: int | None
    digest: str
    content: Mapping[str, Any]
    metrics: tuple[MetricUse, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A model with the prompt of that place in the plan."""

    pin: CandidatePin
    prompt: int


@dataclass(frozen=True, slots=True)
class TrialPlan:
    """A whole trial but for its inputs, which stand in rows."""

    selection: Selection
    prompts: tuple[PromptPin, ...]
    columns: tuple[Column, ...]
    in_flight: int

    @property
    def currency(self) -> str:
        """The one currency of the prices."""
        return self.columns[0].pin.price.currency

    def as_json(self) -> dict[str, Any]:
        """Return the plan as the JSON that is stored and digested."""
        found: dict[str, Any] = jsonable(asdict(self))
        return found

    def digest(self) -> str:
        """Return the plan's identity."""
        return digest(self.as_json())

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "TrialPlan":
        """Return the plan that `as_json` wrote."""
        chosen = raw["selection"]
        return cls(
            selection=Selection(
                models=tuple(chosen["models"]),
                prompts=tuple(chosen["prompts"]),
                dataset=chosen["dataset"],
                examples=tuple(chosen["examples"]),
                typed=tuple(chosen["typed"]),
            ),
            prompts=tuple(_prompt(one) for one in raw["prompts"]),
            columns=tuple(
                Column(candidate_from_json(one["pin"]), one["prompt"]) for one in raw["columns"]
            ),
            in_flight=raw["in_flight"],
        )


def _prompt(raw: Mapping[str, Any]) -> PromptPin:
    metrics = tuple(MetricUse(MetricPin(**one["pin"]), one["label"]) for one in raw["metrics"])
    return PromptPin(raw["label"], raw["number"], raw["digest"], raw["content"], metrics)
