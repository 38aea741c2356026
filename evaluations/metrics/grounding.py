"""What an answer must say, must not say, and may only say when its documents do."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evaluations.metrics.normalising import fold
from evaluations.metrics.numbers import numbers_in
from evaluations.metrics.types import (
    About,
    Answer,
    Arguments,
    ExampleView,
    Family,
    Metric,
    Scale,
    Score,
    arguments_schema,
    binary,
    graded,
    missing,
    no_arguments,
)

_CITATION = re.compile(r"\[([A-Za-z0-9][\w.:#/-]{0,199})\]")
_QUOTE = re.compile(r"\"([^\"\n]{3,500})\"|\u201c([^\u201c\u201d\n]{3,500})\u201d")
_WORD = re.compile(r"\w+")
_SHOWN = 5


def citations(text: str) -> tuple[str, ...]:
    """The document ids cited as [id], in order and without repeats."""
    return tuple(dict.fromkeys(_CITATION.findall(text)))


def unknown_citations(text: str, known: Iterable[str]) -> tuple[str, ...]:
    """The cited ids that are not among the known documents: a hard error, found without a judge."""
    ids = set(known)
    return tuple(cited for cited in citations(text) if cited not in ids)


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim of an answer: the document it cites, and whether a judge or a person found support.

    `supported` by any of the documents, `supported_by_cited` by the cited one.
    """

    cited: str | None
    supported: bool
    supported_by_cited: bool


def faithfulness(claims: Sequence[Claim]) -> float | None:
    """Share of the claims that a document supports (Es 2023); None without claims, never 1."""
    return sum(one.supported for one in claims) / len(claims) if claims else None


def citation_precision(claims: Sequence[Claim]) -> float | None:
    """Share of the claims with a citation that the cited document supports (after Gao 2023)."""
    cited = [one for one in claims if one.cited is not None]
    return sum(one.supported_by_cited for one in cited) / len(cited) if cited else None


def citation_recall(claims: Sequence[Claim]) -> float | None:
    """Share of the claims that have a supporting citation (after Gao 2023)."""
    right = sum(one.cited is not None and one.supported_by_cited for one in claims)
    return right / len(claims) if claims else None


def trigram_overlap(text: str, documents: Iterable[str]) -> float | None:
    """Share of the answer's word trigrams that occur in one of the documents.

    Citations are left out. None for an answer of fewer than three words.
    """
    said = _trigrams(_CITATION.sub(" ", text))
    if not said:
        return None
    known = {trigram for document in documents for trigram in _trigrams(document)}
    return sum(trigram in known for trigram in said) / len(said)


def _trigrams(text: str) -> list[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return list(zip(words, words[1:], words[2:], strict=False))


def _must_include(example: ExampleView, answer: Answer, arguments: Arguments) -> Score:
    said = fold(answer.text)
    lacking = [text for text in example.must_include if fold(text) not in said]
    forbidden = [text for text in example.must_not_include if fold(text) in said]
    parts = [f"lacks {json.dumps(text, ensure_ascii=False)}" for text in lacking]
    parts += [f"must not say {json.dumps(text, ensure_ascii=False)}" for text in forbidden]
    return binary(not parts, "; ".join(parts[:_SHOWN]))


def _has_clauses(example: ExampleView, arguments: Arguments) -> bool:
    return bool(example.must_include or example.must_not_include)


def _words_of(document: Mapping[str, str]) -> str:
    return "\n".join(str(text) for key, text in document.items() if key != "id")


def _groundedness_basic(example: ExampleView, answer: Answer, arguments: Arguments) -> Score:
    ids = [str(document["id"]) for document in example.context if "id" in document]
    strangers = unknown_citations(answer.text, ids) if ids else ()
    if strangers:
        return graded(0.0, False, f"cites unknown documents: {', '.join(strangers[:_SHOWN])}")
    # The question may be echoed: what the user said is not the answer's invention.
    asked = json.dumps(dict(example.input), ensure_ascii=False, default=str)
    source = "\n".join([*map(_words_of, example.context), asked])
    claims = _CITATION.sub(" ", answer.text)
    folded, known = " ".join(fold(source).split()), set(numbers_in(source))
    quotes = [one or other for one, other in _QUOTE.findall(claims)]
    checked = [(f'"{quote}"', " ".join(fold(quote).split()) in folded) for quote in quotes]
    checked += [(f"{number:g}", number in known) for number in numbers_in(_QUOTE.sub(" ", claims))]
    if not checked:
        return missing("nothing to check: the answer quotes nothing and names no number")
    unsupported = [shown for shown, there in checked if not there]
    share = 1.0 - len(unsupported) / len(checked)
    detail = f"not in the documents: {', '.join(unsupported[:_SHOWN])}" if unsupported else ""
    return graded(share, not unsupported, detail)


def _known_citations(example: ExampleView, answer: Answer, arguments: Arguments) -> Score:
    cited = citations(answer.text)
    if not cited:
        if arguments["required"]:
            return graded(0.0, False, "cites nothing")
        return missing("nothing to check: the answer cites nothing")
    ids = [str(document["id"]) for document in example.context if "id" in document]
    strangers = unknown_citations(answer.text, ids)
    detail = f"not among the documents: {', '.join(strangers[:_SHOWN])}" if strangers else ""
    return graded(1.0 - len(strangers) / len(cited), not strangers, detail)


def _context_overlap(example: ExampleView, answer: Answer, arguments: Arguments) -> Score:
    overlap = trigram_overlap(answer.text, map(_words_of, example.context))
    if overlap is None:
        return missing("nothing to check: the answer has fewer than three words")
    return graded(overlap)


def _has_context(example: ExampleView, arguments: Arguments) -> bool:
    return bool(example.context)


METRICS = (
    Metric(
        name="must_include",
        version=1,
        label="Says what it must",
        definition=(
            "Every text of must_include occurs in the answer and none of must_not_include does; "
            "case, quotes and invisible characters aside."
        ),
        source="none needed",
        unit="share",
        scale=Scale.BINARY,
        direction="up",
        arguments=no_arguments(),
        compute=_must_include,
        applies=_has_clauses,
        about=About(
            family=Family.TEXT,
            formula="1 if every text of must_include and none of must_not_include occurs, else 0",
            blind_spots=(
                "Another wording of the same thing is missing.",
                '"We never refund" includes "refund".',
            ),
        ),
    ),
    Metric(
        name="groundedness_basic",
        version=1,
        label="Quotes and numbers in the documents",
        definition=(
            "Share of the answer's quoted strings and numbers that occur in the documents or the "
            "question; 0 when it cites a document that was not given. Nothing to check is missing, "
            "never 1. It says nothing about claims in other words."
        ),
        source="deterministic part of faithfulness (Es 2023) and of citation checks (Gao 2023)",
        unit="share",
        scale=Scale.GRADED,
        direction="up",
        arguments=no_arguments(),
        compute=_groundedness_basic,
        applies=_has_context,
        about=About(
            family=Family.GROUNDING,
            formula=(
                "quotes and numbers found in the documents or the question / all of them; 0 with "
                "an unknown citation"
            ),
            blind_spots=(
                "Claims in other words are not checked: that needs a judge.",
                "A number may be in the documents and mean something else there.",
            ),
            agrees_with="judge_cost_groundedness.json, groundedness: 10 rows for citations",
        ),
    ),
    Metric(
        name="known_citations",
        version=1,
        label="Cites documents that were given",
        definition=(
            "Share of the cited [ids] that are among the documents of the example. An answer "
            "without a citation is missing, or wrong where citations are required."
        ),
        source="deterministic part of citation precision (Gao 2023)",
        unit="share",
        scale=Scale.GRADED,
        direction="up",
        arguments=arguments_schema(
            {
                "required": {
                    "type": "boolean",
                    "default": False,
                    "description": "an answer without any citation is wrong",
                }
            }
        ),
        compute=_known_citations,
        applies=_has_context,
        about=About(
            family=Family.GROUNDING,
            formula="cited ids among the documents / cited ids",
            blind_spots=(
                "The cited document may say something else: that needs a judge or a person.",
                "Only [id] in square brackets is read as a citation.",
            ),
            agrees_with="judge_cost_groundedness.json, groundedness: 10 rows",
        ),
    ),
    Metric(
        name="context_overlap",
        version=1,
        label="Overlap with the documents",
        definition=(
            "Share of the answer's word trigrams that occur in one of the documents; citations "
            "left out. An answer of fewer than three words is missing."
        ),
        source="trigram overlap, lower case",
        unit="share",
        scale=Scale.GRADED,
        direction="up",
        arguments=no_arguments(),
        compute=_context_overlap,
        applies=_has_context,
        about=About(
            family=Family.GROUNDING,
            formula="trigrams of the answer found in a document / trigrams of the answer",
            blind_spots=(
                "A right answer in its own words scores low; a copied sentence that answers "
                "another question scores 1.",
                "One changed number leaves most trigrams as they were.",
            ),
            agrees_with="judge_cost_groundedness.json, groundedness: 10 rows",
        ),
    ),
)
