"""What the figures of a study say, in sentences; pure."""

from collections.abc import Mapping
from typing import Any

from portal.shell.formats import percent

ALPHA = 0.05


def comparison_words(one: Mapping[str, Any], needs: Mapping[str, int]) -> str:
    """Return what one comparison shows, in a sentence or two."""
    if not one["verdicts"]:
        return "Nobody rated a pair of these two."
    if not one["enough"]:
        return (
            f"Cannot tell: {one['complete_pairs']} pairs have {needs['raters_min']} verdicts, and"
            f" {needs['pairs_min']} are needed."
        )
    first, second, raters = one["first"], one["second"], one["raters"]
    preferred = f"{first} was preferred in {percent(one['rate'])} of the verdicts, ties half"
    # Few raters speak for themselves: their verdicts say nothing about other people.
    who = "People" if raters >= needs["spread_raters"] else f"These {raters} raters"
    if one["verdict"] == "better":
        return f"{who} prefer {first} to {second}: {preferred}."
    if one["verdict"] == "worse":
        return f"{who} prefer {second} to {first}: {preferred}."
    p = one["decided"]["p_adjusted"]
    if one["method"] == "t over raters" and p is not None and p < ALPHA:
        return (
            f"Cannot tell: {preferred}, but the {raters} raters differ too much to speak for"
            " others. More raters would settle it, not more pairs."
        )
    more = (
        f" With the same shares, about {one['needed']} pairs would settle it."
        if one["needed"]
        else ""
    )
    return f"Cannot tell: {preferred}, which chance explains as well.{more}"


def position_words(one: Mapping[str, Any]) -> str:
    """Return what the sides of the screen did, in a sentence."""
    if one["share"] is None:
        return "No verdict preferred a side."
    said = f"A was preferred in {percent(one['share'])} of {one['a'] + one['b']} decided verdicts"
    if one["biased"]:
        side = "left" if one["share"] > 0.5 else "right"
        return (
            f"{said}: raters lean to the {side}. Each candidate stood there as often, so the win"
            " rates hold, but closer to one half than they are."
        )
    return f"{said}; chance explains that."
