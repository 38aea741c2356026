"""What the figures of a study say, in sentences; pure."""

from collections.abc import Mapping
from typing import Any

from portal.shell.formats import percent


def comparison_words(one: Mapping[str, Any], needs: Mapping[str, int]) -> str:
    """Return what one comparison shows, in a sentence or two."""
    if not one["verdicts"]:
        return "Nobody rated a pair of these two."
    if not one["enough"]:
        return (
            f"Cannot tell: {one['complete_pairs']} pairs have {needs['raters_min']} verdicts, and"
            f" {needs['pairs_min']} are needed."
        )
    first, second = one["first"], one["second"]
    preferred = f"{first} was preferred in {percent(one['rate'])} of the verdicts, ties half"
    if one["verdict"] == "better":
        return f"People prefer {first} to {second}: {preferred}."
    if one["verdict"] == "worse":
        return f"People prefer {second} to {first}: {preferred}."
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
