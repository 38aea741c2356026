"""The portal's icons: strokes on a 16 by 16 square, drawn inline so that they take the colour."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Icon:
    """Path data of one icon: ``strokes`` are drawn as lines, ``solids`` are filled."""

    strokes: tuple[str, ...] = ()
    solids: tuple[str, ...] = ()


_CIRCLE = "M13.2 8A5.2 5.2 0 1 1 2.8 8a5.2 5.2 0 0 1 10.4 0z"

ICONS: dict[str, Icon] = {
    "check": Icon(("M3.2 8.6l3.1 3.1 6.5-7.2",)),
    "cross": Icon(("M4.2 4.2l7.6 7.6M11.8 4.2l-7.6 7.6",)),
    "warn": Icon(("M8 2.8v6.4M8 12.9v.2",)),
    "info": Icon(("M8 7.3v5.4M8 3.5v.2",)),
    "dash": Icon(("M3.8 8h8.4",)),
    "open": Icon((_CIRCLE,)),
    "half": Icon((_CIRCLE,), ("M8 2.8a5.2 5.2 0 0 1 0 10.4z",)),
    "star": Icon((), ("M8 1.6l1.9 4.2 4.6.5-3.4 3.1.9 4.5L8 11.6l-4 2.3.9-4.5L1.5 6.3l4.6-.5z",)),
    "again": Icon(("M12.9 6.2A5.2 5.2 0 1 0 13.2 8.8M13.3 2.7v3.6H9.7",)),
    "clock": Icon((_CIRCLE, "M8 5v3.2l2.1 1.4")),
    "lock": Icon(("M5 7.2V5.4a3 3 0 0 1 6 0v1.8M3.8 7.2h8.4v6H3.8z",)),
    "copy": Icon(("M6 6h7.2v7.2H6zM3.5 10H2.8V2.8H10v.7",)),
    "menu": Icon(("M2.5 4.5h11M2.5 8h11M2.5 11.5h11",)),
    "sun": Icon(
        (
            "M10.7 8a2.7 2.7 0 1 1-5.4 0 2.7 2.7 0 0 1 5.4 0z",
            "M8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1",
            "M3.4 3.4l.7.7M11.9 11.9l.7.7M12.6 3.4l-.7.7M4.1 11.9l-.7.7",
        )
    ),
    "moon": Icon(("M13.2 9.6A5.6 5.6 0 1 1 6.4 2.8a4.5 4.5 0 0 0 6.8 6.8z",)),
    "chevron": Icon(("M4.5 6.3L8 9.8l3.5-3.5",)),
    "arrow": Icon(("M3 8h10M9 4l4 4-4 4",)),
    "leave": Icon(("M6 2.8H2.8v10.4H6M6.5 8h7M10.5 5l3 3-3 3",)),
    "flask": Icon(
        ("M5.8 2.3h4.4M6.7 2.3v4L3.2 13a.5.5 0 0 0 .4.7h8.8a.5.5 0 0 0 .4-.7L9.3 6.3v-4M5 10h6",)
    ),
    "plus": Icon(("M8 3v10M3 8h10",)),
    "download": Icon(("M8 2.5v7.5M4.8 7L8 10.2 11.2 7M2.8 13.3h10.4",)),
    "talk": Icon(("M2.8 3.4h10.4v7.4H7.4l-2.9 2.5v-2.5H2.8z",)),
    "bell": Icon(
        (
            "M3.4 11.4c.9-.9 1.2-1.9 1.2-4a3.4 3.4 0 0 1 6.8 0c0 2.1.3 3.1 1.2 4z",
            "M6.7 13.4a1.4 1.4 0 0 0 2.6 0",
        )
    ),
    "inbox": Icon(("M2.5 9l2-5.7h7l2 5.7v4.2h-11zM2.5 9H6c.2 1.2.9 1.8 2 1.8S9.8 10.2 10 9h3.5",)),
}

# The signs that enums carry (portal.common.choices), drawn instead of left to the system's fonts.
SIGNS = {
    "✓": "check",
    "✕": "cross",
    "!": "warn",
    "•": "info",
    "–": "dash",
    "○": "open",
    "◐": "half",
    "★": "star",
    "↻": "again",
}
TONES = {"pass": "check", "fail": "cross", "warn": "warn", "info": "info", "none": "dash"}
