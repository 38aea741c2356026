"""What a run puts its examples to: a model with a prompt version, or a build. One protocol."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, cast
from uuid import UUID

from evaluations.datasets.versioned import VersionedExample
from evaluations.runs.plan import CandidatePin
from portal.gateway.cost import estimate_prompt_tokens, estimate_tokens
from portal.gateway.types import Completion, CompletionRequest, Message
from workloads.builds.pipeline import Blocked, finish, prepare
from workloads.prompts.rendering import RenderError, messages, response_format, values_for

__all__ = [
    "BuildTarget",
    "HeldBack",
    "ModelTarget",
    "Renderer",
    "Reply",
    "Target",
    "Unrenderable",
]


class Unrenderable(Exception):
    """The example lacks what the prompt needs; the message says what."""


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An input that a guard of the build stopped, so that no model is called."""

    guard: str
    words: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the workload's caller would have got from a completion."""

    text: str
    refused: bool
    finish_reason: str
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What one example becomes, whoever of the candidates is asked: rendered once, used by all.

    ``tokens`` is an upper-leaning estimate of what is sent; 0 when nothing is.
    """

    messages: tuple[Message, ...] = ()
    response_format: Mapping[str, Any] | None = None
    tokens: int = 0
    held_back: HeldBack | None = None
    problem: str = ""


class Renderer:
    """Renders examples for one prompt version, or one build. Pure; remembers the last few.

    The items of a run name the same example for one candidate after the other, and every item is
    needed twice: to know its worst case, and to be sent.
    """

    REMEMBERED = 256

    def __init__(self, prompt: Mapping[str, Any], build: Mapping[str, Any] | None = None) -> None:
        self.prompt = prompt
        self.build = build
        self._known: dict[UUID, Asked] = {}

    def ask(self, example: VersionedExample) -> Asked:
        """Return what ``example`` becomes."""
        found = self._known.get(example.revision_id)
        if found is None:
            if len(self._known) >= self.REMEMBERED:
                self._known.pop(next(iter(self._known)))
            found = self._known[example.revision_id] = self._render(example)
        return found

    def _render(self, example: VersionedExample) -> Asked:
        documents = example.view.context
        try:
            if self.build is not None:
                ready = prepare(self.build, self.prompt, example.given, documents)
                if isinstance(ready, Blocked):
                    return Asked(held_back=HeldBack(ready.guard, ready.words))
                sent, form = list(ready.messages), ready.response_format
            else:
                sent = messages(self.prompt, values_for(self.prompt, example.given, documents))
                form = response_format(self.prompt)
        except RenderError as problem:
            return Asked(problem=str(problem))
        typed = tuple(cast(Message, one) for one in sent)
        schema = estimate_tokens(json.dumps(form)) if form else 0
        return Asked(typed, form, estimate_prompt_tokens(typed) + schema)


class Target(Protocol):
    """One candidate as the engine sees it. Pure on both sides of the call.

    ``calls_at_most`` is how many calls one item may take when every one of them is answered.
    """

    calls_at_most: ClassVar[int]

    def request(
        self, example: VersionedExample, *, key: str = "", repeat: int = 1
    ) -> CompletionRequest | HeldBack:
        """Return what is to be sent for one example. Raises Unrenderable.

        ``key`` is the idempotency key of the item; ``repeat`` counts from 1.
        """

    def reply(self, completion: Completion) -> Reply:
        """Return what the answer is."""

    def once_more(
        self, request: CompletionRequest, completion: Completion
    ) -> CompletionRequest | None:
        """Return a second request where the answer cannot be used; None where it can."""

    def prompt_tokens(self, example: VersionedExample) -> int:
        """Return an upper-leaning estimate of the tokens sent; 0 when nothing would be sent."""


@dataclass(frozen=True, slots=True)
class ModelTarget:
    """A catalog entry with a prompt version: what phase 4 compares."""

    calls_at_most: ClassVar[int] = 1

    pin: CandidatePin
    renderer: Renderer
    timeout_seconds: float
    seed: int | None

    def request(
        self, example: VersionedExample, *, key: str = "", repeat: int = 1
    ) -> CompletionRequest | HeldBack:
        """Render the prompt with the example's values. Raises Unrenderable."""
        asked = self.renderer.ask(example)
        if asked.problem:
            raise Unrenderable(asked.problem)
        if asked.held_back is not None:
            return asked.held_back
        params = self.pin.params
        seed = self.seed if self.seed is not None else params.get("seed")
        return CompletionRequest(
            model=self.pin.alias,
            messages=asked.messages,
            max_tokens=int(params["max_tokens"]),
            temperature=params.get("temperature"),
            top_p=params.get("top_p"),
            stop=tuple(params.get("stop") or ()),
            # Repeats are there to show variation; with one seed they would all be the same.
            seed=None if seed is None else seed + repeat - 1,
            response_format=asked.response_format,
            idempotency_key=key,
            timeout_seconds=self.timeout_seconds,
            accept_models=self.pin.accept_models,
        )

    def once_more(
        self, request: CompletionRequest, completion: Completion
    ) -> CompletionRequest | None:
        """Never: what a candidate answers is its answer."""
        return None

    def prompt_tokens(self, example: VersionedExample) -> int:
        """Estimate the tokens of the messages and of the schema that goes with them."""
        return self.renderer.ask(example).tokens

    def reply(self, completion: Completion) -> Reply:
        """Return the completion's text as it is."""
        return Reply(
            completion.text, completion.refused, completion.finish_reason, completion.flags
        )


@dataclass(frozen=True, slots=True)
class BuildTarget(ModelTarget):
    """A build: its steps and guards around the locked model and prompt."""

    def reply(self, completion: Completion) -> Reply:
        """Run post-steps and output guards; a blocked answer counts as a refusal."""
        answer = finish(self.renderer.build or {}, self.renderer.prompt, completion.text)
        flags = (*completion.flags, *(f"marked_{mark}"[:40] for mark in answer.marks))
        if answer.blocked is not None:
            return Reply("", True, "blocked", (*flags, f"blocked_{answer.blocked.guard}"[:40]))
        return Reply(answer.text, completion.refused, completion.finish_reason, flags)
