"""What a run puts its examples to: a model with a prompt version, or a build. One protocol."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from evaluations.datasets.selectors import VersionedExample
from evaluations.runs.plan import CandidatePin
from portal.gateway.cost import estimate_prompt_tokens, estimate_tokens
from portal.gateway.types import Completion, CompletionRequest, Message
from workloads.builds.pipeline import Blocked, finish, prepare
from workloads.prompts.rendering import RenderError, messages, response_format, values_for

__all__ = ["BuildTarget", "HeldBack", "ModelTarget", "Reply", "Target", "Unrenderable"]


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


class Target(Protocol):
    """One candidate as the engine sees it. Pure on both sides of the call."""

    def request(self, example: VersionedExample) -> CompletionRequest | HeldBack:
        """Return what is to be sent for one example. Raises Unrenderable."""

    def reply(self, completion: Completion) -> Reply:
        """Return what the answer is."""

    def prompt_tokens(self, example: VersionedExample) -> int:
        """Return an upper-leaning estimate of the tokens sent; 0 when nothing would be sent."""


@dataclass(frozen=True, slots=True)
class _Base:
    pin: CandidatePin
    prompt: Mapping[str, Any]
    timeout_seconds: float
    seed: int | None

    def request(self, example: VersionedExample) -> CompletionRequest | HeldBack:
        raise NotImplementedError

    def prompt_tokens(self, example: VersionedExample) -> int:
        """Estimate the tokens of the messages and of the schema that goes with them."""
        try:
            request = self.request(example)
        except Unrenderable:
            return 0
        if isinstance(request, HeldBack):
            return 0
        schema = json.dumps(request.response_format) if request.response_format else ""
        return estimate_prompt_tokens(request.messages) + estimate_tokens(schema)

    def _request(
        self, sent: list[dict[str, str]], form: Mapping[str, Any] | None
    ) -> CompletionRequest:
        params = self.pin.params
        seed = self.seed if self.seed is not None else params.get("seed")
        return CompletionRequest(
            model=self.pin.alias,
            messages=tuple(cast(Message, one) for one in sent),
            max_tokens=int(params["max_tokens"]),
            temperature=params.get("temperature"),
            top_p=params.get("top_p"),
            stop=tuple(params.get("stop") or ()),
            seed=seed,
            response_format=form,
            timeout_seconds=self.timeout_seconds,
            accept_models=self.pin.accept_models,
        )


@dataclass(frozen=True, slots=True)
class ModelTarget(_Base):
    """A catalog entry with a prompt version: what phase 4 compares."""

    def request(self, example: VersionedExample) -> CompletionRequest:
        """Render the prompt with the example's values. Raises Unrenderable."""
        try:
            values = values_for(self.prompt, example.given, example.view.context)
            sent = messages(self.prompt, values)
        except RenderError as problem:
            raise Unrenderable(str(problem)) from problem
        return self._request(sent, response_format(self.prompt))

    def reply(self, completion: Completion) -> Reply:
        """Return the completion's text as it is."""
        return Reply(completion.text, completion.refused, completion.finish_reason, completion.flags)


@dataclass(frozen=True, slots=True)
class BuildTarget(_Base):
    """A build: its steps and guards around the locked model and prompt."""

    content: Mapping[str, Any]

    def request(self, example: VersionedExample) -> CompletionRequest | HeldBack:
        """Run pre-steps and input guards, then render. Raises Unrenderable."""
        try:
            ready = prepare(self.content, self.prompt, example.given, example.view.context)
        except RenderError as problem:
            raise Unrenderable(str(problem)) from problem
        if isinstance(ready, Blocked):
            return HeldBack(ready.guard, ready.words)
        return self._request(list(ready.messages), ready.response_format)

    def reply(self, completion: Completion) -> Reply:
        """Run post-steps and output guards; a blocked answer counts as a refusal."""
        answer = finish(self.content, self.prompt, completion.text)
        flags = (*completion.flags, *(f"marked_{mark}"[:40] for mark in answer.marks))
        if answer.blocked is not None:
            return Reply("", True, "blocked", (*flags, f"blocked_{answer.blocked.guard}"[:40]))
        return Reply(answer.text, completion.refused, completion.finish_reason, flags)
