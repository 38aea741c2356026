"""Sentences of a scorecard: what the figures mean, in plain words."""

from collections.abc import Mapping
from typing import Any

from portal.shell.formats import SPACE, money

MINUS = "\N{MINUS SIGN}"


def figure(value: float, digits: int) -> str:
    """Return a figure with a true minus sign; one that rounds to zero has none."""
    text = f"{abs(value):.{digits}f}"
    return f"{MINUS}{text}" if value < 0 and float(text) else text


def signed(value: float, digits: int) -> str:
    """Return a figure that always shows its sign, except for zero."""
    text = figure(value, digits)
    return text if text.startswith(MINUS) or not float(text) else f"+{text}"


def amount(value: float, unit: str) -> str:
    """Return a figure in the measure's unit: a share to two digits, ms as a time, money."""
    if unit in ("share", "number"):
        return figure(value, 2)
    if unit == "ms":
        return f"{value / 1000:.2f} s" if value >= 1000 else f"{value:.0f} ms"
    if unit == "tokens/s":
        return f"{value:.0f} tokens/s"
    if _is_money(unit):
        return money(value, unit)
    digits = 2 if abs(value) >= 1 else 4 if abs(value) >= 0.01 else 6
    return f"{figure(value, digits)} {unit}"


def _is_money(unit: str) -> bool:
    """Whether a unit is an ISO 4217 code."""
    return len(unit) == 3 and unit.isascii() and unit.isupper()


def span(low: float, high: float, unit: str) -> str:
    """Return an interval with its unit once: "0.91 to 0.97", "280 to 288 ms", "1.22 to 1.90 s"."""
    if unit == "ms":
        if high >= 1000:
            return f"{low / 1000:.2f} to {high / 1000:.2f} s"
        return f"{low:.0f} to {high:.0f} ms"
    if _is_money(unit):
        # The sign once, in front of both.
        return f"{money(low, unit)} to {money(high, unit).rpartition(SPACE)[2]}"
    plain = [amount(one, unit).removesuffix(f" {unit}") for one in (low, high)]
    return " to ".join(plain)


def p_value(p: float) -> str:
    """Return a p value with its relation: "= 0.21", "< 0.001"."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}" if p < 0.1 else f"= {p:.2f}"


def comparison_words(pair: Mapping[str, Any], unit: str, share: bool) -> str:
    """Return what a paired comparison says up to its verdict."""
    who = f"{pair['a']} against {pair['b']}"
    if pair["difference"] is None:
        return f"{who}: no example has a value of both"
    if share:
        gap = f"{signed(pair['difference'] * 100, 1)} points"
        limits = [pair["low"], pair["high"]]
        shown = [signed(one * 100, 1) for one in limits if one is not None]
    else:
        gap = f"{amount(pair['difference'], unit)} apart"
        shown = [amount(one, unit) for one in (pair["low"], pair["high"]) if one is not None]
    interval = f", 95 % interval {shown[0]} to {shown[1]}" if len(shown) == 2 else ""
    p = pair["p_adjusted"]
    tested = f", Holm p {p_value(p)}" if p is not None else ""
    return f"{who}: {gap}{interval}{tested}"


def power_words(power: Mapping[str, Any]) -> str:
    """Return what a run of this size could have shown, and what would settle the gap."""
    n, smallest, needed = power["n"], power["smallest"], power["needed_n"]
    if smallest is None:
        shown = f"With n = {n} no difference could have shown: the two hardly ever differ."
    else:
        shown = f"With n = {n} a difference of about {points(smallest)} would have shown."
    if needed is None:
        return shown
    return f"{shown} To tell a gap as small as the one seen, about {needed:,} examples are needed."


def points(share: float) -> str:
    """Return a difference of shares as whole points, or with one digit below two."""
    value = share * 100
    text = f"{value:.1f}" if value < 2 else f"{value:.0f}"
    return f"{text} point{'' if text == '1' else 's'}"
