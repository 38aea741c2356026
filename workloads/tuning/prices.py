"""By how much a model's price moved, and what that does to the cost of a request. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from portal.gateway.cost import Price, cost


@dataclass(frozen=True, slots=True)
class PriceMove:
    """One model whose price moved, with the tokens of a request to it."""

    alias: str
    before: Price
    after: Price
    tokens_in: int
    tokens_out: int

    def words(self) -> str:
        """Return the prices and the cost of a request, before and after."""
        was, now = (
            f"{_plain(one.price_in)} in and {_plain(one.price_out)} out"
            for one in (self.before, self.after)
        )
        each_was, each_now = (
            cost(self.tokens_in, 0, self.tokens_out, one) for one in (self.before, self.after)
        )
        share = ""
        if self.before.currency == self.after.currency and each_was:
            share = f" ({(each_now - each_was) / each_was:+.1%})"
        return (
            f"the price of {self.alias} went from {was} to {now} {self.after.currency} per million"
            f" tokens; a request of {self.tokens_in:,} in and {self.tokens_out:,} out costs"
            f" {_plain(each_now)} instead of {_plain(each_was)} {self.after.currency}{share}"
        )


def moved(before: Price | None, after: Price | None, most: float) -> bool:
    """Whether a price moved by more than the share ``most`` (0.1 is 10 %), up or down.

    Any of the prices per token counts, and another currency. A price that came or went does not:
    nothing was measured without one, and matching says that it is missing.
    """
    if before is None or after is None:
        return False
    if before.currency != after.currency:
        return True
    return any(
        abs(now - was) > Decimal(str(most)) * was
        for was, now in zip(_amounts(before), _amounts(after), strict=True)
    )


def _amounts(price: Price) -> tuple[Decimal, Decimal, Decimal]:
    cached = price.price_in if price.price_cached is None else price.price_cached
    return price.price_in, cached, price.price_out


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
