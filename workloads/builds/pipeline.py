"""The managed pipeline, declarative and pure on both sides of the gateway call.

pre-steps → input guards → render → (gateway) → post-steps → output guards. The same two
functions serve the staging call, the campaign's run and the live endpoint, so that what is
tested is what is served.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workloads.builds.steps import INPUT_GUARDS, OUTPUT_GUARDS, POST_STEPS, PRE_STEPS
from workloads.prompts.rendering import messages, response_format, values_for


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that may go to the model; ``marks`` are what guards said without stopping it."""

    messages: tuple[dict[str, str], ...]
    params: Mapping[str, Any]
    response_format: Mapping[str, Any] | None
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blocked:
    """A request or answer that a guard stopped: which one, and its words."""

    guard: str
    words: str


@dataclass(frozen=True, slots=True)
class PipelineAnswer:
    """What the caller gets: the text, or the guard that held it back."""

    text: str
    blocked: Blocked | None
    marks: tuple[str, ...]


def _on(content: Mapping[str, Any], name: str) -> bool:
    return name in content["parts"]


def prepare(
    content: Mapping[str, Any],
    prompt: Mapping[str, Any],
    given: Any,
    documents: Sequence[Mapping[str, str]] = (),
) -> Prepared | Blocked:
    """Return the request for one input, or the guard that stopped it.

    ``content`` is the build's, ``prompt`` its prompt version's content; ``given`` is an object of
    variable values or one text. Raises RenderError when the input lacks a required variable.
    """
    values = values_for(prompt, given, documents)
    for step in PRE_STEPS:
        if _on(content, step.name) and step.step is not None:
            values = {name: step.step(text) for name, text in values.items()}
    marks: list[str] = []
    for guard in INPUT_GUARDS:
        if not _on(content, guard.name) or guard.guard is None:
            continue
        for text in values.values():
            found = guard.guard(text, None)
            if found is not None and found.stops:
                return Blocked(guard.name, found.words)
            if found is not None and guard.name not in marks:
                marks.append(guard.name)
    return Prepared(
        tuple(messages(prompt, values)), prompt["params"], response_format(prompt), tuple(marks)
    )


def finish(content: Mapping[str, Any], prompt: Mapping[str, Any], text: str) -> PipelineAnswer:
    """Return the answer for the model's ``text``: post-steps applied, output guards asked."""
    for step in POST_STEPS:
        if _on(content, step.name) and step.step is not None:
            text = step.step(text)
    marks: list[str] = []
    for guard in OUTPUT_GUARDS:
        if not _on(content, guard.name) or guard.guard is None:
            continue
        found = guard.guard(text, prompt["output_schema"])
        if found is not None and found.stops:
            return PipelineAnswer("", Blocked(guard.name, found.words), tuple(marks))
        if found is not None:
            marks.append(guard.name)
    return PipelineAnswer(text, None, tuple(marks))
