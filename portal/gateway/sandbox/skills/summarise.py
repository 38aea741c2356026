"""Summarise by picking sentences: the lead and those with the facts, within the limit of the
prompt."""

import math
import re
from collections import Counter

from portal.gateway.sandbox.hidden_orders import is_order, unfold
from portal.gateway.sandbox.traits import Traits
from portal.gateway.sandbox.words import content_stems, split_sentences

_FACT = re.compile(
    r"\d|\b(?:January|February|March|April|June|July|August|September|October|November|December|Monday|Tuesday|Wednesday|Thursday|Friday)\b"
)
_RULE = re.compile(
    r"\b(?:must|may|has\s+to|have\s+to|need|needs|from\s+now|as\s+of|starts?|begins?|ends?|until|by|decided|applies|closed|closes|change|changes|valid|replaced|instead|continues)\b",
    re.IGNORECASE,
)
_BACKGROUND = re.compile(
    r"\b(?:last\s+year|last\s+month|until\s+now|used\s+to|previous|thank|thanks|sorry|regret|apologi[sz]es?|survey|estimated|fortunately|rumours|questions\s+go|as\s+the\s+statistics|was|were)\b",
    re.IGNORECASE,
)
_DEFAULT_WORDS = 60


def summarise(
    text: str, traits: Traits, *, word_limit: int | None = None, sentence_limit: int | None = None
) -> str:
    """The most telling sentences of a text in their own order, within ``word_limit`` words and
    ``sentence_limit`` sentences.

    A text whose first sentence is longer than the limit is cut at the limit. An empty text gives
    an empty summary.
    """
    limit = word_limit or _DEFAULT_WORDS
    sentences = [
        piece
        for piece in split_sentences(
            re.sub(
                r"^\s*(?:note|text|document|input)\s*:\s*", "", unfold(text), flags=re.IGNORECASE
            )
        )
        if not (traits.obedience == "robust" and is_order(piece))
    ]
    if not sentences:
        return ""
    most = min(sentence_limit or len(sentences), len(sentences))
    order = list(range(len(sentences)))
    if traits.ranks_facts:
        counts = Counter(stem for piece in sentences for stem in set(content_stems(piece)))
        order.sort(key=lambda place: (-_score(place, sentences[place], counts), place))
    chosen: list[int] = []
    used = 0
    for place in order:
        length = len(sentences[place].split())
        if len(chosen) < most and used + length <= limit:
            chosen.append(place)
            used += length
        elif not traits.ranks_facts:
            break
    if not chosen:
        return " ".join(sentences[order[0]].split()[:limit])
    return " ".join(sentences[place] for place in sorted(chosen))


def _score(place: int, piece: str, counts: Counter[str]) -> float:
    stems = set(content_stems(piece))
    score = 2.0 if place == 0 else 0.0
    score += 1.2 * math.sqrt(min(len(_FACT.findall(piece)), 3))
    score += 0.9 * min(len(_RULE.findall(piece)), 2)
    score -= 0.9 * min(len(_BACKGROUND.findall(piece)), 2)
    score += 0.3 * sum(counts[one] > 1 for one in stems)
    return score / (1 + 0.02 * len(piece.split()))
