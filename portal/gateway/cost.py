"""Tokens into money, in Decimal throughout.

Formula: ``((input - cached) * price_in + cached * price_cached + output * price_out) / 1,000,000``;
cached tokens are part of the input tokens, as in OpenAI's
``usage.prompt_tokens_details.cached_tokens``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal

from portal.gateway.types import Message

MILLION = Decimal(1_000_000)
MICRO = Decimal("0.000001")

# Measured rules of thumb for byte-pair vocabularies: English prose has about 4 characters a token,
# code and JSON about 3, text outside ASCII between 2 and 3 bytes a token. The figures below lie
# under those, so that the estimate lies over.
ASCII_CHARACTERS_PER_TOKEN = 2.5
OTHER_BYTES_PER_TOKEN = 2
TOKENS_AROUND_MESSAGE = 8


@dataclass(frozen=True, slots=True)
class Price:
    """Prices per million tokens. ``price_cached`` of ``None`` means that cached tokens cost as much
    as others.

    Raises ``ValueError`` for a price that is negative, NaN or infinite.
    """

    price_in: Decimal
    price_out: Decimal
    price_cached: Decimal | None = None
    currency: str = "USD"

    def __post_init__(self) -> None:
        for name in ("price_in", "price_out", "price_cached"):
            value: Decimal | None = getattr(self, name)
            if value is not None and (not value.is_finite() or value < 0):
                raise ValueError(f"{name} must be a finite amount of zero or more")


def cost(tokens_in: int, tokens_cached: int, tokens_out: int, price: Price) -> Decimal:
    """The list price of one call, exact: nothing is rounded here (``six_places`` rounds for
    display).

    Takes all input tokens, those of them that were cached, and the output tokens. Raises
    ``ValueError`` for a negative count and for more cached tokens than input tokens.
    """
    if min(tokens_in, tokens_cached, tokens_out) < 0:
        raise ValueError("token counts must be zero or more")
    if tokens_cached > tokens_in:
        raise ValueError("cached tokens are part of the input tokens and cannot exceed them")
    price_cached = price.price_in if price.price_cached is None else price.price_cached
    total = (
        (tokens_in - tokens_cached) * price.price_in
        + tokens_cached * price_cached
        + tokens_out * price.price_out
    )
    return total / MILLION


def worst_case(prompt_tokens_estimate: int, max_tokens: int, price: Price) -> Decimal:
    """What one call can cost at most, given the estimate of its prompt: nothing cached, every
    output token used.

    Rounded up to a millionth, so that a sum of reservations never lies under what it stands for.
    """
    dearest_input = max(price.price_in, price.price_cached or Decimal(0))
    exact = cost(
        prompt_tokens_estimate,
        0,
        max_tokens,
        Price(dearest_input, price.price_out, None, price.currency),
    )
    return exact.quantize(MICRO, rounding=ROUND_UP)


def charged(reported: Decimal | None, listed: Decimal) -> Decimal:
    """The cost that is booked: the larger of what the gateway reports and the list price.

    A gateway that reports too little, or nothing, cannot make a run look cheaper than its price
    list.
    """
    return listed if reported is None else max(reported, listed)


def six_places(amount: Decimal) -> Decimal:
    """The amount rounded half up to six decimals, as shown on pages and in exports."""
    return amount.quantize(MICRO, rounding=ROUND_HALF_UP)


def estimate_tokens(text: str) -> int:
    """About how many tokens a text has, leaning up: an estimate for reservations and for replies
    without usage.

    Not a bound: long random strings (keys, base64) can have more tokens than this. The bound is one
    token a byte.
    """
    if text.isascii():
        return -int(-len(text) // ASCII_CHARACTERS_PER_TOKEN)
    plain = len(text.encode("ascii", "ignore"))
    other = len(text.encode("utf-8", "replace")) - plain
    return -int(-plain // ASCII_CHARACTERS_PER_TOKEN) - (-other // OTHER_BYTES_PER_TOKEN)


def estimate_prompt_tokens(messages: Iterable[Message]) -> int:
    """``estimate_tokens`` over a conversation, with what its format adds to each message."""
    return sum(estimate_tokens(message["content"]) + TOKENS_AROUND_MESSAGE for message in messages)
