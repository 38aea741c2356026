"""Amounts of money: Decimal with six places and an ISO 4217 code."""

from decimal import ROUND_HALF_EVEN, Decimal

MICRO = Decimal("0.000001")


def to_micro(amount: Decimal) -> int:
    """Return ``amount`` in millionths, rounded half to even (what conditional UPDATEs add up)."""
    return int(amount.quantize(MICRO, rounding=ROUND_HALF_EVEN).scaleb(6))


def from_micro(micro: int) -> Decimal:
    """Return millionths as an amount with six places."""
    return Decimal(micro).scaleb(-6).quantize(MICRO)
