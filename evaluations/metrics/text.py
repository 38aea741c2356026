"""Metrics that compare the answer's text with references; of several the best one counts."""

import re
from collections import Counter
from collections.abc import Callable

from rapidfuzz.distance import LCSseq, Levenshtein

from evaluations.metrics.expected import has_references, references
from evaluations.metrics.normalising import NORMALISERS
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
    no_arguments,
)

_NORMALISER = {
    "normaliser": {
        "enum": sorted(NORMALISERS),
        "default": "squad",
        "description": "squad: ASCII rules of the SQuAD script; unicode: for every script",
    }
}
_ROUGE_TOKEN = re.compile(r"[a-z0-9]+")
_CHRF_ORDER = 6
_CHRF_BETA = 2.0


def exact_match(prediction: str, reference: str, normaliser: str = "squad") -> bool:
    """Whether both texts are equal after normalising."""
    normalise = NORMALISERS[normaliser]
    return normalise(prediction) == normalise(reference)


def f1_of_tokens(prediction: str, reference: str, normaliser: str = "squad") -> float:
    """Token F1 (SQuAD): overlap of the bags of normalised tokens; both empty 1, one empty 0."""
    normalise = NORMALISERS[normaliser]
    predicted, wanted = normalise(prediction).split(), normalise(reference).split()
    if not predicted or not wanted:
        return float(predicted == wanted)
    shared = (Counter(predicted) & Counter(wanted)).total()
    return 2.0 * shared / (len(predicted) + len(wanted))


def contains_folded(prediction: str, reference: str) -> bool:
    """Whether the reference occurs in the prediction, both case folded."""
    return reference.casefold() in prediction.casefold()


def similarity_of_edits(prediction: str, reference: str) -> float:
    """1 - Levenshtein distance / length of the longer text; two empty texts are equal."""
    return Levenshtein.normalized_similarity(prediction, reference)


def rouge_l_f1(prediction: str, reference: str) -> float:
    """F1 of the longest common subsequence of [a-z0-9]+ tokens (Lin 2004, no stemming)."""
    predicted = _ROUGE_TOKEN.findall(prediction.lower())
    wanted = _ROUGE_TOKEN.findall(reference.lower())
    if not predicted or not wanted:
        return 0.0
    return 2.0 * LCSseq.similarity(predicted, wanted) / (len(predicted) + len(wanted))


def chrf_f2(prediction: str, reference: str) -> float:
    """Character n-gram F2 in 0..1, orders 1 to 6 without spaces (Popovic 2015, sacrebleu)."""
    predicted, wanted = "".join(prediction.split()), "".join(reference.split())
    precision = recall = 0.0
    orders = 0
    for order in range(1, _CHRF_ORDER + 1):
        in_prediction, in_reference = _ngrams(predicted, order), _ngrams(wanted, order)
        if not in_prediction or not in_reference:
            continue
        shared = (in_prediction & in_reference).total()
        precision += shared / in_prediction.total()
        recall += shared / in_reference.total()
        orders += 1
    if not orders or precision + recall == 0.0:
        return 0.0
    precision, recall, factor = precision / orders, recall / orders, _CHRF_BETA**2
    return (1.0 + factor) * precision * recall / (factor * precision + recall)


def _ngrams(text: str, order: int) -> Counter[str]:
    return Counter(text[i : i + order] for i in range(len(text) - order + 1))


def _nothing_left(prediction: str, reference: str, normaliser: str) -> bool:
    """Whether the prediction normalises to nothing although the reference says something.

    SQuAD calls "the" and "a", or "..." and "!!!", equal; here that is wrong unless the raw texts
    agree.
    """
    return (
        not NORMALISERS[normaliser](prediction)
        and bool(reference.strip())
        and prediction.strip().casefold() != reference.strip().casefold()
    )


def _strict_match(example: ExampleView, answer: Answer, arguments: Arguments) -> Score:
    return binary(answer.text in references(example))


def _normalised_match(example: ExampleView, answer: Answer, arguments: Arguments) -> Score:
    name = arguments["normaliser"]
    return binary(
        any(
            exact_match(answer.text, reference, name)
            and not _nothing_left(answer.text, reference, name)
            for reference in references(example)
        )
    )


def _contains(example: ExampleView, answer: Answer, arguments: Arguments) -> Score:
    said = [reference for reference in references(example) if reference.strip()]
    if not said:
        return binary(
            not answer.text.strip(), "the reference is empty: only an empty answer is right"
        )
    return binary(any(contains_folded(answer.text, reference) for reference in said))


def _token_f1(example: ExampleView, answer: Answer, arguments: Arguments) -> Score:
    name = arguments["normaliser"]
    return graded(
        max(
            0.0
            if _nothing_left(answer.text, reference, name)
            else f1_of_tokens(answer.text, reference, name)
            for reference in references(example)
        )
    )


def _best(
    measure: Callable[[str, str], float],
) -> Callable[[ExampleView, Answer, Arguments], Score]:
    def compute(example: ExampleView, answer: Answer, arguments: Arguments) -> Score:
        return graded(max(measure(answer.text, reference) for reference in references(example)))

    return compute


METRICS = (
    Metric(
        name="strict_match",
        version=1,
        label="Exact match",
        definition="The answer equals a reference, character by character.",
        source="none needed",
        unit="share",
        scale=Scale.BINARY,
        direction="up",
        arguments=no_arguments(),
        compute=_strict_match,
        applies=has_references,
        about=About(
            family=Family.TEXT,
            formula="1 if answer = a reference, else 0",
            blind_spots=("A trailing space or another spelling of an accent is wrong.",),
            agrees_with="text_metrics.json: 32 rows",
        ),
    ),
    Metric(
        name="normalised_match",
        version=1,
        label="Normalised match",
        definition=(
            "The answer equals a reference after lower-casing and dropping punctuation, articles "
            "and extra spaces. An answer of which nothing is left is wrong unless the reference "
            "is empty too."
        ),
        source="SQuAD evaluation script, Rajpurkar 2016 and 2018; unicode: NFKC before it",
        unit="share",
        scale=Scale.BINARY,
        direction="up",
        arguments=arguments_schema(_NORMALISER),
        compute=_normalised_match,
        applies=has_references,
        about=About(
            family=Family.TEXT,
            formula="1 if normalise(answer) = normalise(reference), else 0",
            blind_spots=(
                "With squad, composed and decomposed accents, curly quotes, zero-width "
                "characters and full-width digits differ; unicode folds them.",
                "1,250.00 and 1250.00 are equal, but so are 1,25 and 125: use a number within"
                " a tolerance for amounts.",
                '"not" is a word like any other: it matches only as a whole.',
            ),
            agrees_with=(
                "text_metrics.json: 32 rows and 10 with several references, SQuAD port of "
                "transformers 4.46; one row differs on purpose (an answer of which nothing is "
                "left)"
            ),
        ),
    ),
    Metric(
        name="contains",
        version=1,
        label="Contains the reference",
        definition="A reference occurs in the answer, upper and lower case alike.",
        source="as `includes` of inspect-ai, with Unicode case folding",
        unit="share",
        scale=Scale.BINARY,
        direction="up",
        arguments=no_arguments(),
        compute=_contains,
        applies=has_references,
        about=About(
            family=Family.TEXT,
            formula="1 if a reference is a substring of the answer, else 0",
            blind_spots=(
                '"It is not 42" contains 42.',
                'A short reference occurs in other words: "no" in "know".',
            ),
            agrees_with="text_metrics.json: 32 rows",
        ),
    ),
    Metric(
        name="token_f1",
        version=1,
        label="Token F1",
        definition=(
            "Harmonic mean of token precision and recall after the normaliser, best reference. "
            "SQuAD's rule: no rounding, hyphens are dropped and do not split."
        ),
        source="SQuAD evaluation script, Rajpurkar 2016 and 2018",
        unit="share",
        scale=Scale.GRADED,
        direction="up",
        arguments=arguments_schema(_NORMALISER),
        compute=_token_f1,
        applies=has_references,
        about=About(
            family=Family.TEXT,
            formula="2·shared / (tokens of the answer + tokens of the reference)",
            blind_spots=(
                "Word order does not count.",
                "A long right answer loses to a short wrong one that shares words.",
                "Other tools that say token F1 round it, split at hyphens or call empty "
                "against empty 0: 12 of 32 rows differ from inspect-ai.",
            ),
            agrees_with="text_metrics.json: 32 rows and 10 with several references",
        ),
    ),
    Metric(
        name="edit_similarity",
        version=1,
        label="Edit similarity",
        definition="1 - Levenshtein distance / length of the longer text, best reference.",
        source="Levenshtein 1966; rapidfuzz",
        unit="share",
        scale=Scale.GRADED,
        direction="up",
        arguments=no_arguments(),
        compute=_best(similarity_of_edits),
        applies=has_references,
        about=About(
            family=Family.TEXT,
            formula="1 - Levenshtein(answer, reference) / length of the longer",
            blind_spots=("It counts characters: 100 and 900 are close.",),
            agrees_with="text_metrics.json: 32 rows of rapidfuzz 3.14",
        ),
    ),
    Metric(
        name="rouge_l",
        version=1,
        label="ROUGE-L",
        definition=(
            "F1 of the longest common subsequence of tokens, best reference. Reads only a-z and "
            "0-9: identical text in another script scores 0, use chrF there."
        ),
        source="Lin 2004; agrees with rouge-score 0.1.2 without stemming",
        unit="share",
        scale=Scale.GRADED,
        direction="up",
        arguments=no_arguments(),
        compute=_best(rouge_l_f1),
        applies=has_references,
        about=About(
            family=Family.TEXT,
            formula="2·LCS / (tokens of the answer + tokens of the reference)",
            blind_spots=(
                "Identical Chinese, Cyrillic or Arabic text scores 0.",
                "It is for following a trend; a paraphrase scores low.",
            ),
            agrees_with=(
                "text_metrics.json: 32 rows and 10 with several references, rouge-score 0.1.2"
            ),
        ),
    ),
    Metric(
        name="chrf",
        version=1,
        label="chrF",
        definition="F2 over character 1- to 6-grams, best reference; works in every script.",
        source="Popovic 2015; agrees with chrF2 of sacrebleu 2.6.0 (there 0..100)",
        unit="share",
        scale=Scale.GRADED,
        direction="up",
        arguments=no_arguments(),
        compute=_best(chrf_f2),
        applies=has_references,
        about=About(
            family=Family.TEXT,
            formula="(1 + 4)·P·R / (4·P + R), P and R averaged over character 1- to 6-grams",
            blind_spots=("A wrong number in a long right sentence costs little.",),
            agrees_with="text_metrics.json: 32 rows of sacrebleu 2.6.0",
        ),
    ),
)
