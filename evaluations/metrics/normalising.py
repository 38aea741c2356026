"""Text normalisers. The name of the one that was used is an argument, stored with every score."""

import re
import string
import unicodedata
from collections.abc import Callable, Mapping

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_ASCII_PUNCTUATION = frozenset(string.punctuation)
_LOOKALIKES = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u2039\u203a\u00b4\u0060", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    }
)


def squad(text: str) -> str:
    """Lower case, no ASCII punctuation, no a/an/the, single spaces (SQuAD 2.0, Rajpurkar 2018)."""
    bare = "".join(c for c in text.lower() if c not in _ASCII_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def fold(text: str) -> str:
    """NFKC, no invisible format characters, plain quotes and dashes, case folded."""
    if text.isascii():
        # What the normal forms and the invisible characters are about is not in there.
        return text.translate(_LOOKALIKES).casefold()
    visible = "".join(
        c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf"
    )
    return unicodedata.normalize("NFKC", visible.translate(_LOOKALIKES).casefold())


def unicode(text: str) -> str:
    """As `squad` after `fold`, with punctuation of every script removed.

    Composed and decomposed accents, curly quotes, zero-width characters and full-width digits
    agree.
    """
    bare = "".join(
        c for c in fold(text) if c not in _ASCII_PUNCTUATION and unicodedata.category(c)[0] != "P"
    )
    return " ".join(_ARTICLES.sub(" ", bare).split())


NORMALISERS: Mapping[str, Callable[[str], str]] = {"squad": squad, "unicode": unicode}
