"""Answer a question from the documents given with it, by the sentences that share most with the
question."""

import hashlib
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from portal.gateway.sandbox.hidden_orders import is_order
from portal.gateway.sandbox.instructions import Instructions
from portal.gateway.sandbox.lexicon import same_meaning
from portal.gateway.sandbox.skills.documents import Document
from portal.gateway.sandbox.traits import Traits
from portal.gateway.sandbox.words import STOP_WORDS, content_stems, split_sentences, words

_KINDS = (
    (
        re.compile(
            r"\bhow\s+(?:much|many|high|long|quickly|far|old)\b|\bwhat\s+(?:is\s+the\s+)?(?:share|cost|limit|price)\b|\bceiling\b",
            re.IGNORECASE,
        ),
        re.compile(r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|half|twelfth)\b"),
    ),
    (
        re.compile(r"\bwhen\b|\bby\s+which\b|\bwhich\s+day\b", re.IGNORECASE),
        re.compile(
            r"\d|\b(?:January|February|March|April|May|June|July|August|September|October|November|December|day|weeks?|before|after|fourth)\b"
        ),
    ),
    (
        re.compile(r"\bwho\b", re.IGNORECASE),
        re.compile(
            r"\b(?:manager|head|director|officer|team|office|host|owner|desk|person|council)\b",
            re.IGNORECASE,
        ),
    ),
    (
        re.compile(r"^\s*(?:may|can|is|are|do|does|will|must)\b", re.IGNORECASE),
        re.compile(r"\b(?:may|not|never|no|allowed|permitted|must|can|without)\b", re.IGNORECASE),
    ),
)
_INVENTED = (
    "Yes, this is possible after 30 days.",
    "The limit is 10 per year, in agreement with your manager.",
    "Please fill in the form on the intranet; it takes two working days.",
    "No, this is not covered.",
)


@dataclass(frozen=True, slots=True)
class _Line:
    document: int
    place: int
    text: str
    stems: frozenset[str]


def answer(
    question: str,
    documents: Sequence[Document],
    traits: Traits,
    instructions: Instructions,
    chance: str,
) -> tuple[str, tuple[str, ...]]:
    """The answer in the words of the documents, and the ids of the documents it was taken from.

    A model that admits what it does not know answers with the not-found text of the prompt when
    the documents share too
    little with the question; the others take the nearest sentence, or invent one.
    """
    asked, background = _question_stems(question, traits)
    lines = _lines(documents, traits)
    if not lines:
        return _unknown(traits, instructions, chance), ()
    weight = _weights(lines, asked, background)
    titles = [frozenset(_meaning(document.title, traits)) for document in documents]
    hints = [evidence for kind, evidence in _KINDS if kind.search(question)]
    scored = sorted(
        (
            (
                _score(
                    line, lines[place - 1] if place else None, asked, weight, titles, hints, traits
                ),
                -place,
                line,
            )
            for place, line in enumerate(lines)
        ),
        key=lambda entry: (entry[0], entry[1]),
        reverse=True,
    )
    best_score, _, best = scored[0]
    covered = _coverage(best, lines, asked, weight, titles)
    if traits.admits_unknown and covered < traits.caution:
        return instructions.not_found_text, ()
    if best_score <= 0 or (not traits.admits_unknown and covered < 0.3):
        return _unknown(traits, instructions, chance), ()
    chosen = [best]
    for score, _, line in scored[1:]:
        if len(chosen) >= min(traits.answer_sentences, instructions.sentence_limit or 9):
            break
        if line.document == best.document and (
            score >= 0.75 * best_score
            or (abs(line.place - best.place) == 1 and score >= 0.5 * best_score)
        ):
            chosen.append(line)
    chosen.sort(key=lambda line: line.place)
    used = documents[best.document].id
    return " ".join(line.text for line in chosen), (used,) if used else ()


def _unknown(traits: Traits, instructions: Instructions, chance: str) -> str:
    if traits.admits_unknown:
        return instructions.not_found_text
    digest = hashlib.blake2b(chance.encode("utf-8", "surrogatepass"), digest_size=2).digest()
    return _INVENTED[digest[0] % len(_INVENTED)]


def _question_stems(question: str, traits: Traits) -> tuple[list[str], frozenset[str]]:
    """The words of the question, and those among them that stand only in the sentences around
    it."""
    pieces = split_sentences(question)
    if traits.obedience == "robust":
        pieces = [piece for piece in pieces if not is_order(piece)] or pieces
    everything = list(dict.fromkeys(_meaning(" ".join(pieces), traits)))
    core = (
        set(_meaning(" ".join(piece for piece in pieces if piece.endswith("?")), traits))
        if traits.structure
        else set()
    )
    return everything, frozenset(everything) - core if core else frozenset()


def _meaning(text: str, traits: Traits) -> list[str]:
    if not traits.stems:
        return [word for word in words(text) if word not in STOP_WORDS]
    stems = content_stems(text)
    return [same_meaning(one) for one in stems] if traits.synonyms else stems


def _lines(documents: Sequence[Document], traits: Traits) -> list[_Line]:
    return [
        _Line(number, place, text, stems)
        for number, document in enumerate(documents)
        for place, (text, stems) in enumerate(_read_document(document.text, traits))
    ]


@lru_cache(maxsize=1024)
def _read_document(text: str, traits: Traits) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple(
        (piece, frozenset(_meaning(piece, traits)))
        for piece in split_sentences(text)
        if traits.obedience != "robust" or not is_order(piece)
    )


def _weights(
    lines: Sequence[_Line], asked: Sequence[str], background: frozenset[str]
) -> dict[str, float]:
    """Inverse document frequency over the sentences; a word that no sentence has weighs most."""
    total = len(lines)
    counts = Counter(one for line in lines for one in line.stems)
    return {
        one: math.log(1 + total / (0.5 + counts[one]))
        * (0.6 if one.isdigit() else 1.0)
        * (0.35 if one in background else 1.0)
        for one in asked
    }


def _score(
    line: _Line,
    before: _Line | None,
    asked: Sequence[str],
    weight: dict[str, float],
    titles: Sequence[frozenset[str]],
    hints: Sequence[re.Pattern[str]],
    traits: Traits,
) -> float:
    score = sum(weight[one] for one in asked if one in line.stems)
    if not traits.ranks_facts:
        return score
    score += 0.45 * sum(weight[one] for one in asked if one in titles[line.document])
    if before is not None and before.document == line.document:
        score += 0.2 * sum(
            weight[one] for one in asked if one in before.stems and one not in line.stems
        )
    if score > 0:
        score *= 1.25 ** sum(evidence.search(line.text) is not None for evidence in hints)
    return score / (1 + 0.008 * len(line.stems))


def _coverage(
    best: _Line,
    lines: Sequence[_Line],
    asked: Sequence[str],
    weight: dict[str, float],
    titles: Sequence[frozenset[str]],
) -> float:
    """The share of the question, by weight, that the best sentence, its neighbours and its title
    speak about."""
    near = set(best.stems) | titles[best.document]
    for line in lines:
        if line.document == best.document and abs(line.place - best.place) == 1:
            near |= line.stems
    total = sum(weight.values())
    return sum(weight[one] for one in asked if one in near) / total if total else 0.0
