"""Reading English the simple way: words, stems, sentences, small typing slips."""

import re
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)\]}]*\s+|\n+")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|approx|no|mr|mrs|ms|dr|vs)\.$", re.IGNORECASE)

_STOP_TEXT = """
    a an the and or but if then so of to in on at by for from with without into over under about
    as is are was were be been being am do does did done have has had having i me my mine we us
    our you your he she it its they them their this that these those there here what which who
    whom whose when where why how can could will would shall should may might must not no nor only
    just also very too than such any some each every all both more most other own same up down out
    off again once because while during before after between through until s t don now get got
    please thanks thank hello hi dear regards need want make use many much long company employee
    handbook according policy say says does one far told gives dollars
"""
STOP_WORDS = frozenset(_STOP_TEXT.split())

_SUFFIXES = (
    ("izations", 4),
    ("ization", 4),
    ("ations", 4),
    ("ation", 4),
    ("ments", 4),
    ("ment", 4),
    ("ings", 3),
    ("ing", 3),
    ("edly", 4),
    ("ies", 3),
    ("ied", 3),
    ("ed", 3),
    ("ers", 4),
    ("er", 4),
    ("es", 3),
    ("al", 5),
    ("ly", 4),
    ("s", 3),
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: its text as written, its words in lower case, their stems."""

    text: str
    words: tuple[str, ...]
    stems: tuple[str, ...]


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The stem of one lower-case word: ``cancelled``, ``cancelling`` and ``cancellation`` become
    ``cancel``."""
    plain = word.replace("’", "'")
    if plain.endswith("'s"):
        plain = plain[:-2]
    if not plain.isascii() or "'" in plain or plain.endswith("ss"):
        return plain
    for suffix, shortest in _SUFFIXES:
        if plain.endswith(suffix) and len(plain) - len(suffix) >= shortest:
            plain = plain[: -len(suffix)]
            if suffix in ("ies", "ied"):
                plain += "y"
            break
    if len(plain) > 3 and plain[-1] == plain[-2] and plain[-1] not in "aeious":
        plain = plain[:-1]
    if len(plain) > 3 and plain.endswith("e"):
        plain = plain[:-1]
    if len(plain) > 4 and plain.endswith("y"):
        plain = plain[:-1] + "i"
    return plain


def words(text: str) -> list[str]:
    """The words of a text in lower case, with straight apostrophes."""
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def content_stems(text: str) -> list[str]:
    """The stems of the words that carry meaning, in order, repeated as in the text."""
    return [
        stem(word)
        for word in words(text)
        if word not in STOP_WORDS and (len(word) > 1 or word.isdigit())
    ]


def sentence(text: str) -> Sentence:
    """Read one sentence."""
    found = tuple(words(text))
    return Sentence(text=text.strip(), words=found, stems=tuple(stem(word) for word in found))


def split_sentences(text: str) -> list[str]:
    """The sentences of a text as written; lines end a sentence too, abbreviations do not."""
    result: list[str] = []
    for piece in _SENTENCE_END.split(text):
        piece = piece.strip()
        if not piece:
            continue
        if result and _ABBREVIATION.search(result[-1]):
            result[-1] = f"{result[-1]} {piece}"
        else:
            result.append(piece)
    return result


_LONGEST_SLIP = 20


class Speller:
    """Finds the known word that a slip of one letter (missing, doubled, swapped) was to be."""

    def __init__(self, known: frozenset[str], shortest: int = 6) -> None:
        self._known = known
        self._by_missing: dict[str, str] = {}
        for word in sorted(known):
            if len(word) >= shortest and word.isascii():
                for place in range(1, len(word)):
                    self._by_missing.setdefault(word[:place] + word[place + 1 :], word)
        self._shortest = shortest

    def correct(self, word: str) -> str:
        """The word meant, or the word itself. Exchanged letters are left alone: "change" is not
        "charge"."""
        if (
            word in self._known
            or not self._shortest - 1 <= len(word) <= _LONGEST_SLIP
            or not word.isascii()
            or "'" in word
        ):
            return word
        if word in self._by_missing:
            return self._by_missing[word]
        for place in range(len(word) - 1):
            swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
            if swapped in self._known:
                return swapped
        for place in range(1, len(word)):
            shorter = word[:place] + word[place + 1 :]
            if len(shorter) >= self._shortest and shorter in self._known:
                return shorter
        return word
