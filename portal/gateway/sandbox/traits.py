"""What a simulated model is (its card) and what it can do (its traits)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

JsonObject = dict[str, object]

Obedience = Literal["robust", "distracted", "obedient"]
"""How a model treats orders hidden in the data: ignores them, reads them like any other text, or
follows them."""


@dataclass(frozen=True, slots=True)
class Traits:
    """The abilities and manners of one simulated model. All of them act on the request text
    alone."""

    stems: bool = True
    """Knows word forms (cancelled, cancellation), not only the exact word."""
    phrases: bool = True
    """Knows cues of several words and the wider vocabulary, not only the most common words."""
    structure: bool = True
    """Weighs requests, the subject, conditions, things of the past and quoted mails differently."""
    negation: bool = True
    """Understands "not a refund"."""
    typos: bool = True
    """Reads through one slip in a word."""
    languages: bool = True
    """Knows a little German, French, Spanish, Italian and Dutch."""
    reading_limit: int | None = None
    """Reads only so many words of the data (None: everything)."""
    obedience: Obedience = "robust"
    exact_amounts: bool = True
    """Tells amounts of money from other numbers and notices when several are named."""
    literal_mentions: bool = False
    """Takes every occurrence of a name for a mention ("a basic question" becomes the plan
    Basic)."""
    synonyms: bool = True
    """Connects a question to documents that use other words for the same thing."""
    admits_unknown: bool = True
    """Says so when the documents do not hold the answer; otherwise it takes the wrong sentence or
    invents one."""
    caution: float = 0.56
    """Share of a question, by weight of its words, that the documents must speak about before it
    is answered."""
    answer_sentences: int = 2
    ranks_facts: bool = True
    """Picks the sentences with the facts for a summary; otherwise the first ones."""
    eager_refusal: bool = False
    """Refuses whatever sounds delicate, not only what it was told to refuse."""
    wraps: bool = False
    """Puts the answer into friendly prose and code fences."""
    wobble: float = 0.0
    """Share of close decisions, in points of score, that flip with the seed and the text."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Answer time in milliseconds: ``base`` plus ``per_token`` for each token out, give or take
    ``jitter``."""

    base: float
    per_token: float
    jitter: float


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    tokens_in: float
    tokens_out: float
    tokens_cached: float | None = None


@dataclass(frozen=True, slots=True)
class SimulatedModel:
    """One model of the sandbox: identity, the facts a catalog wants, and the traits."""

    name: str
    snapshot: str
    provider: str
    summary: str
    traits: Traits
    latency: Latency
    price: Price
    context_window: int
    max_output_tokens: int
    hosting: Literal["provider", "cloud tenant", "own infrastructure"]
    regions: tuple[str, ...]
    max_data_class: Literal["public", "internal", "confidential", "restricted"]
    trains_on_data: Literal["no", "opt-out", "yes"]
    provider_retention_days: int
    open_weights: bool
    licence: str
    known_issues: str
    capabilities: frozenset[str] = field(default_factory=frozenset)
    """Of: response_schema, function_calling, vision, prompt_caching, long_context, streaming."""
    deprecation_date: str | None = None

    def card(self) -> JsonObject:
        """The model as one row of LiteLLM's ``/model/info``, with the keys of our own beside
        LiteLLM's."""
        info: JsonObject = {
            "id": self.snapshot,
            "mode": "chat",
            "litellm_provider": self.provider,
            "max_tokens": self.max_output_tokens,
            "max_input_tokens": self.context_window,
            "max_output_tokens": self.max_output_tokens,
            "input_cost_per_token": _per_token(self.price.tokens_in),
            "output_cost_per_token": _per_token(self.price.tokens_out),
            "cache_read_input_token_cost": _per_token(self.price.tokens_cached),
            "supports_system_messages": True,
            "supports_response_schema": "response_schema" in self.capabilities,
            "supports_function_calling": "function_calling" in self.capabilities,
            "supports_vision": "vision" in self.capabilities,
            "supports_prompt_caching": "prompt_caching" in self.capabilities,
            "supports_native_streaming": "streaming" in self.capabilities,
            "simulated": True,
            "summary": self.summary,
            "snapshot": self.snapshot,
            "hosting": self.hosting,
            "regions": list(self.regions),
            "max_data_class": self.max_data_class,
            "trains_on_data": self.trains_on_data,
            "provider_retention_days": self.provider_retention_days,
            "open_weights": self.open_weights,
            "licence": self.licence,
            "known_issues": self.known_issues,
            "deprecation_date": self.deprecation_date,
        }
        return {
            "model_name": self.name,
            "litellm_params": {"model": f"{self.provider}/{self.snapshot}"},
            "model_info": info,
        }

    def cost(self, tokens_in: int, tokens_cached: int, tokens_out: int) -> float:
        """What a call costs in US dollars at the list price; cached tokens are a part of
        ``tokens_in``."""
        cached_price = (
            self.price.tokens_in if self.price.tokens_cached is None else self.price.tokens_cached
        )
        total = (
            (tokens_in - tokens_cached) * self.price.tokens_in
            + tokens_cached * cached_price
            + tokens_out * self.price.tokens_out
        )
        return total / 1_000_000


def _per_token(per_million: float | None) -> float | None:
    return None if per_million is None else round(per_million / 1_000_000, 12)


def by_name(models: tuple[SimulatedModel, ...]) -> Mapping[str, SimulatedModel]:
    """The models under their names, in the order given; a name given twice is an error."""
    named = {model.name: model for model in models}
    if len(named) != len(models):
        raise ValueError("two simulated models share a name")
    return named
