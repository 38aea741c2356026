"""Makes characters visible that hide or reorder what a reader sees.

Text from models, datasets and feedback may carry control characters, bidirectional overrides
("Trojan source", CVE-2021-42574) and zero-width characters. Shown as they are they would let the
text on the screen differ from the text that was measured.
"""

import re

# Line feed and tab lay text out and stay as they are.
_HIDDEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 controls
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, bidi, separators
    "\u2800\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\ud800-\udfff"  # lone surrogates
    "\U000e0000-\U000e0fff"  # tags and supplementary variation selectors
    "]"
)


def _mark(match: re.Match[str]) -> str:
    # By number, not by the control pictures (␀): few fonts can draw those.
    return f"⟨U+{ord(match[0]):04X}⟩"


def visible(text: str) -> str:
    """Return ``text`` with every hidden character replaced by a mark such as ⟨U+202E⟩.

    The answer is plain text that templates escape, also when ``text`` was marked safe. A carriage
    return before a line feed is a line end, not a hidden character.
    """
    # str.replace answers a plain str for a SafeString too, so the mark "safe" does not survive.
    return _HIDDEN.sub(_mark, text.replace("\r\n", "\n"))
