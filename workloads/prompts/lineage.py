"""The descent of versions as a small drawing: time to the right, a lane for each branch."""

from collections.abc import Iterable
from dataclasses import dataclass, field

STEP = 46
LANE = 40
EDGE = 24


@dataclass(frozen=True, slots=True)
class Node:
    """One version in the drawing; ``x`` and ``y`` are the middle of its circle in pixels."""

    number: int
    parent: int | None
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Lineage:
    """The whole drawing: nodes by time, the paths between them, its size in pixels."""

    nodes: list[Node] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    width: int = 0
    height: int = 0
    lanes: int = 0


def lineage(versions: Iterable[tuple[int, int | None]]) -> Lineage:
    """Return the drawing of ``versions``, each (number, its parent's number or None).

    The first child of a version goes on in its lane, every further one begins a lane of its own.
    A parent that is not among the versions counts as none.
    """
    nodes: dict[int, Node] = {}
    paths: list[str] = []
    went_on: set[int] = set()
    lanes = 0
    for place, (number, parent) in enumerate(sorted(versions)):
        origin = nodes.get(parent) if parent is not None else None
        x = EDGE + place * STEP
        if origin is not None and origin.number not in went_on:
            went_on.add(origin.number)
            y = origin.y
        else:
            y = EDGE + lanes * LANE
            lanes += 1
        nodes[number] = Node(number, parent, x, y)
        if origin is not None:
            bend = origin.x + STEP // 2
            paths.append(
                f"M{origin.x} {origin.y}C{bend} {origin.y} {bend} {y} {origin.x + STEP} {y}H{x}"
            )
    return Lineage(
        nodes=list(nodes.values()),
        paths=paths,
        width=2 * EDGE + max(0, len(nodes) - 1) * STEP,
        height=2 * EDGE + max(0, lanes - 1) * LANE,
        lanes=lanes,
    )
