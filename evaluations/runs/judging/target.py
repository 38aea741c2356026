"""A judge as the engine sees it: the third kind of target beside a model and a build."""

from dataclasses import dataclass, field, replace
from typing import ClassVar
from uuid import UUID

from evaluations.datasets.versioned import VersionedExample
from evaluations.judges.enums import Levels
from evaluations.judges.prompting import (
    NONCE_LENGTH,
    Content,
    again,
    messages,
    nonce_of,
    response_format,
)
from evaluations.judges.verdicts import shape_problem
from evaluations.runs.judging.cases import Cases
from evaluations.runs.plan import CandidatePin
from evaluations.runs.targets import HeldBack, Reply
from portal.gateway.cost import estimate_prompt_tokens, estimate_tokens
from portal.gateway.types import Completion, CompletionRequest

NOTHING = HeldBack("nothing_to_judge", "There is no answer here, or nothing to compare it with.")


@dataclass(frozen=True, slots=True)
class JudgeTarget:
    """One judge version on the answers of one candidate, or on examples that bring their answer.

    It has no tools, is never told whose answer it sees, and is asked once more when its output
    cannot be read.
    """

    calls_at_most: ClassVar[int] = 2

    pin: CandidatePin
    content: Content
    cases: Cases
    repeats: int
    timeout_seconds: float
    secret: str = field(repr=False)
    _tokens: dict[UUID, int] = field(default_factory=dict)

    def request(
        self, example: VersionedExample, *, key: str = "", repeat: int = 1
    ) -> CompletionRequest | HeldBack:
        """Render the case with the nonce of this item; held back where there is nothing to judge.

        ``key`` names run and item, so the nonce is the same when the item is asked again.
        """
        case = self.cases.of(example, repeat)
        if case is None:
            return NOTHING
        return CompletionRequest(
            model=self.pin.alias,
            messages=messages(self.content, case, nonce_of(self.secret, key)),
            max_tokens=int(self.pin.params["max_tokens"]),
            temperature=0.0,
            response_format=response_format(self.content.levels),
            idempotency_key=key,
            timeout_seconds=self.timeout_seconds,
            accept_models=self.pin.accept_models,
        )

    def once_more(
        self, request: CompletionRequest, completion: Completion
    ) -> CompletionRequest | None:
        """Return what to ask when the output is not the JSON asked for; None when it is."""
        if not shape_problem(completion.text, Levels(self.content.levels)):
            return None
        return replace(
            request,
            messages=(*request.messages, again()),
            idempotency_key=f"{request.idempotency_key}-again",
        )

    def prompt_tokens(self, example: VersionedExample) -> int:
        """Estimate the longest request about an example, over its repeats; 0 when none is made."""
        found = self._tokens.get(example.revision_id)
        if found is None:
            found = self._tokens[example.revision_id] = self._estimate(example)
        return found

    def _estimate(self, example: VersionedExample) -> int:
        sizes = [0]
        for repeat in range(1, self.repeats + 1):
            case = self.cases.of(example, repeat)
            if case is not None:
                sent = (*messages(self.content, case, "0" * NONCE_LENGTH), again())
                schema = str(response_format(self.content.levels))
                sizes.append(estimate_prompt_tokens(sent) + estimate_tokens(schema))
        return max(sizes)

    def reply(self, completion: Completion) -> Reply:
        """Return the output as it is; it is read as a verdict when all are in."""
        return Reply(completion.text, False, completion.finish_reason, completion.flags)
