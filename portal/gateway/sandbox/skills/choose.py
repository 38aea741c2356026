"""Choose among labels that the prompt names, by what the text is about."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from portal.gateway.sandbox.data_text import DataText, Part
from portal.gateway.sandbox.hidden_orders import wanted_text
from portal.gateway.sandbox.instructions import Label
from portal.gateway.sandbox.lexicon import Hit, concept_of, cue_book
from portal.gateway.sandbox.traits import Traits
from portal.gateway.sandbox.words import STOP_WORDS, content_stems, stem, words

_NEGATORS = frozenset(
    ["not", "don't", "dont", "doesn't", "never", "didn't", "isn't", "without", "no"]
)
_BETWEEN_TEXT = """
    want need wish ask asking look looking for request requesting try trying plan planning to a an
    the any about my this is me please really even another going intend saying it do i have
    haven't expect care writing report reporting get
"""
_BETWEEN = frozenset(_BETWEEN_TEXT.split())
_CATCH_ALL = frozenset(
    ["other", "others", "none", "unknown", "misc", "general", "unclear", "else", "undetermined"]
)
_OWN_WORD = 0.4
_DESCRIPTION_WORD = 0.45
_LITERAL = 2.5


@dataclass(frozen=True, slots=True)
class Choice:
    """The label chosen, its lead over the next one, and all scores in the order of the labels."""

    label: str
    margin: float
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Profile:
    concepts: frozenset[str]
    own: frozenset[str]
    described: frozenset[str]
    literal: tuple[str, ...]


def choose(labels: Sequence[Label], data: DataText, traits: Traits, chance: str) -> Choice:
    """The label that fits the data best, as well as a model with these traits can tell.

    ``chance`` is any text that stands for the request and its seed: it decides close calls of a
    model that wobbles,
    always in the same way. Raises ValueError without labels.
    """
    if not labels:
        raise ValueError("no labels to choose from")
    if traits.obedience == "obedient" and data.orders:
        ordered = _ordered(labels, data.orders)
        if ordered is not None:
            return Choice(ordered, 10.0, tuple(0.0 for _ in labels))
    profiles = _profiles(tuple(labels))
    if not traits.structure and not traits.phrases:
        scores = _first_come(profiles, data, traits)
    else:
        scores = _weighed(profiles, data, traits)
    ranked = sorted(range(len(labels)), key=lambda place: (-scores[place], place))
    best = ranked[0]
    margin = scores[best] - (scores[ranked[1]] if len(ranked) > 1 else 0.0)
    if scores[best] <= 0:
        best = _fallback(labels, best)
    elif len(ranked) > 1 and traits.wobble and margin < traits.wobble * _share(chance):
        best = ranked[1]
    return Choice(labels[best].name, margin, tuple(scores))


def _ordered(labels: Sequence[Label], orders: Sequence[str]) -> str | None:
    told = " ".join(orders)
    for label in labels:
        if label.name.lower() in told.lower():
            return label.name
    return wanted_text(list(orders)) if len(labels) == 1 else None


def _fallback(labels: Sequence[Label], otherwise: int) -> int:
    for place, label in enumerate(labels):
        if set(words(label.name.replace("_", " "))) & _CATCH_ALL:
            return place
    return otherwise


def _share(chance: str) -> float:
    digest = hashlib.blake2b(chance.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**32


@lru_cache(maxsize=512)
def _profiles(labels: tuple[Label, ...]) -> tuple[_Profile, ...]:
    described = [frozenset(content_stems(label.description)) for label in labels]
    profiles: list[_Profile] = []
    for place, label in enumerate(labels):
        name_words = [
            word
            for word in words(label.name.replace("_", " ").replace("-", " "))
            if word not in STOP_WORDS
        ]
        concepts = {concept for word in name_words if (concept := concept_of(word))}
        if not concepts:
            concepts = {
                concept for word in words(label.description) if (concept := concept_of(word))
            }
        shared = frozenset[str]().union(
            *(other for at, other in enumerate(described) if at != place)
        )
        own = frozenset(
            stem(word) for word in name_words if not concepts or concept_of(word) is None
        )
        profiles.append(
            _Profile(
                frozenset(concepts),
                own,
                described[place] - shared,
                tuple(words(label.name.replace("_", " "))),
            )
        )
    return tuple(profiles)


def _first_come(profiles: Sequence[_Profile], data: DataText, traits: Traits) -> list[float]:
    """The manner of the weakest readers: whatever keyword comes first, decides."""
    book = cue_book(traits.stems, traits.phrases, traits.languages, traits.typos)
    scores = [0.0] * len(profiles)
    strength = 1.0
    for part in data.parts:
        for hit in book.find(part.sentence):
            for place, profile in enumerate(profiles):
                if hit.concept in profile.concepts:
                    scores[place] += strength
                    strength *= 0.5
        for place, profile in enumerate(profiles):
            if profile.own & set(part.sentence.words):
                scores[place] += strength * 0.3
    return scores


def _weighed(profiles: Sequence[_Profile], data: DataText, traits: Traits) -> list[float]:
    book = cue_book(traits.stems, traits.phrases, traits.languages, traits.typos)
    peaks = [[0.0] for _ in profiles]
    for part in data.parts:
        hits = book.find(part.sentence)
        present = set(part.sentence.stems)
        for place, profile in enumerate(profiles):
            value = sum(
                _worth(hit, part, traits) for hit in hits if hit.concept in profile.concepts
            )
            value += (
                _DESCRIPTION_WORD
                * len(profile.described & present)
                * (0.6 if profile.concepts else 2.0)
            )
            value += _OWN_WORD * len(profile.own & present) * (0.3 if profile.concepts else 3.0)
            if len(profile.literal) > 1 and _contains(part.sentence.words, profile.literal):
                value += _LITERAL
            peaks[place].append(value * part.weight)
    if not traits.structure:
        return [sum(values) for values in peaks]
    totals = []
    for values in peaks:
        ordered = sorted(values, reverse=True)
        totals.append(ordered[0] + 0.35 * min(sum(ordered[1:]), 8.0) + 0.5 * min(0.0, ordered[-1]))
    return totals


def _worth(hit: Hit, part: Part, traits: Traits) -> float:
    if not traits.negation:
        return hit.weight
    before = part.sentence.words[max(0, hit.start - 7) : hit.start]
    for place in range(len(before) - 1, -1, -1):
        if before[place] in _NEGATORS:
            return -0.6 * hit.weight
        if before[place] not in _BETWEEN:
            break
    return hit.weight


def _contains(all_words: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    size = len(wanted)
    return wanted[0] in all_words and any(
        all_words[place : place + size] == wanted for place in range(len(all_words) - size + 1)
    )
