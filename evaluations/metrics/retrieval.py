"""Retrieval: did the right documents come, and how far up? Binary relevance.

A document that comes twice counts once, at its first rank. Precision divides by k even when fewer
came. Recall, average precision and nDCG are undefined where no document is relevant.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence

from evaluations.metrics.grounding import citations
from evaluations.metrics.structured import read_json
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
)

_MOST = 1_000
_K = {"k": {"type": "integer", "minimum": 1, "maximum": 100, "default": 5}}
_FROM = {
    "read_from": {
        "enum": ["citations", "json", "context"],
        "default": "citations",
        "description": (
            "where the ranking stands: [ids] cited in the answer, a list in a JSON answer, or the "
            "documents of the example in their order"
        ),
    },
    "path": {
        "type": "string",
        "maxLength": 200,
        "default": "documents",
        "description": "the list in a JSON answer; names parted by dots",
    },
}


def precision_at(retrieved: Sequence[str], relevant: Collection[str], k: int) -> float:
    """Share of the first k places that hold a relevant document."""
    return _hits(retrieved, relevant, k) / k


def recall_at(retrieved: Sequence[str], relevant: Collection[str], k: int) -> float | None:
    """Share of the relevant documents among the first k; None without relevant ones."""
    wanted = set(relevant)
    return _hits(retrieved, wanted, k) / len(wanted) if wanted else None


def hit_at(retrieved: Sequence[str], relevant: Collection[str], k: int) -> bool:
    """Whether a relevant document is among the first k."""
    return _hits(retrieved, relevant, k) > 0


def reciprocal_rank(retrieved: Sequence[str], relevant: Collection[str]) -> float:
    """1 / rank of the first relevant document; 0 when none came."""
    wanted = set(relevant)
    for rank, one in enumerate(_once(retrieved), start=1):
        if one in wanted:
            return 1.0 / rank
    return 0.0


def average_precision(retrieved: Sequence[str], relevant: Collection[str]) -> float | None:
    """Mean over the relevant documents of the precision at their rank; None without any."""
    wanted = set(relevant)
    hits, parts = 0, []
    for rank, one in enumerate(_once(retrieved), start=1):
        if one in wanted:
            hits += 1
            parts.append(hits / rank)
    return math.fsum(parts) / len(wanted) if wanted else None


def ndcg_at(retrieved: Sequence[str], relevant: Collection[str], k: int) -> float | None:
    """Discounted gain of the first k against the best order there is; None without relevant ones.

    Järvelin and Kekäläinen 2002, gain 1, discount 1 / log2(rank + 1).
    """
    wanted = set(relevant)
    if not wanted:
        return None
    gained = math.fsum(
        1.0 / math.log2(rank + 1)
        for rank, one in enumerate(_once(retrieved)[:k], start=1)
        if one in wanted
    )
    best = math.fsum(1.0 / math.log2(rank + 1) for rank in range(1, min(k, len(wanted)) + 1))
    return min(1.0, gained / best)


def _once(retrieved: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(retrieved))


def _hits(retrieved: Sequence[str], relevant: Collection[str], k: int) -> int:
    wanted = set(relevant)
    return sum(one in wanted for one in _once(retrieved)[:k])


def relevant_documents(example: ExampleView) -> tuple[str, ...]:
    """The ids in `expected.relevant_documents`, without repeats."""
    expected = example.expected
    listed = expected.get("relevant_documents") if isinstance(expected, Mapping) else None
    if not isinstance(listed, list | tuple):
        return ()
    return tuple(dict.fromkeys(str(one) for one in listed if isinstance(one, str | int)))


def _retrieved(example: ExampleView, answer: Answer, arguments: Arguments) -> list[str]:
    where = arguments["read_from"]
    if where == "citations":
        return list(citations(answer.text))[:_MOST]
    if where == "context":
        return [str(document["id"]) for document in example.context if "id" in document][:_MOST]
    value, _, _ = read_json(answer.text)
    for name in arguments["path"].split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(value, list):
        return []
    ids = [one.get("id") if isinstance(one, Mapping) else one for one in value[:_MOST]]
    return [str(one) for one in ids if isinstance(one, str | int)]


def _graded(
    measure: Callable[[Sequence[str], Sequence[str], int], float | None],
) -> Callable[[ExampleView, Answer, Arguments], Score]:
    def compute(example: ExampleView, answer: Answer, arguments: Arguments) -> Score:
        came, wanted = _retrieved(example, answer, arguments), relevant_documents(example)
        value = measure(came, wanted, arguments.get("k", 0))
        lacking = [one for one in wanted if one not in came]
        detail = f"did not come: {', '.join(lacking[:5])}" if lacking else ""
        return graded(0.0 if value is None else value, detail=detail)

    return compute


def _hit(example: ExampleView, answer: Answer, arguments: Arguments) -> Score:
    came = _retrieved(example, answer, arguments)
    return binary(hit_at(came, relevant_documents(example), arguments["k"]))


def _has_relevant(example: ExampleView, arguments: Arguments) -> bool:
    return bool(relevant_documents(example))


def _metric(
    name: str,
    label: str,
    definition: str,
    formula: str,
    compute: Callable[[ExampleView, Answer, Arguments], Score],
    *,
    source: str = "binary relevance; documents that come twice count once",
    with_k: bool = True,
    scale: Scale = Scale.GRADED,
    blind: str = "",
) -> Metric:
    return Metric(
        name=name,
        version=1,
        label=label,
        definition=definition,
        source=source,
        unit="share",
        scale=scale,
        direction="up",
        arguments=arguments_schema({**(_K if with_k else {}), **_FROM}),
        compute=compute,
        applies=_has_relevant,
        about=About(
            family=Family.RETRIEVAL,
            formula=formula,
            blind_spots=tuple(
                one
                for one in (
                    blind,
                    "It knows only the documents listed as relevant: another document that "
                    "answers as well counts as a miss.",
                    "It says nothing about what the answer made of the documents.",
                )
                if one
            ),
            agrees_with="preference_and_retrieval.json, retrieval: 10 rows; nDCG also scikit-learn",
        ),
    )


METRICS = (
    _metric(
        "precision_at_k",
        "Precision at k",
        "Share of the first k places that hold a relevant document, also when fewer came.",
        "relevant among the first k / k",
        _graded(precision_at),
        blind="With fewer than k relevant documents it cannot reach 1.",
    ),
    _metric(
        "recall_at_k",
        "Recall at k",
        "Share of the relevant documents that are among the first k.",
        "relevant among the first k / relevant",
        _graded(recall_at),
        blind="It does not mind what else came: fetching everything gives 1.",
    ),
    _metric(
        "hit_at_k",
        "Hit at k",
        "A relevant document is among the first k.",
        "1 if one of the first k is relevant, else 0",
        _hit,
        scale=Scale.BINARY,
        blind="One of five relevant documents is enough.",
    ),
    _metric(
        "reciprocal_rank",
        "Reciprocal rank",
        "1 / rank of the first relevant document, 0 when none came.",
        "1 / rank of the first relevant one",
        _graded(lambda came, wanted, k: reciprocal_rank(came, wanted)),
        with_k=False,
        blind="What comes after the first relevant document does not count.",
    ),
    _metric(
        "average_precision",
        "Average precision",
        "Precision at the rank of each relevant document, averaged over all relevant ones.",
        "sum of precision at each relevant rank / relevant",
        _graded(lambda came, wanted, k: average_precision(came, wanted)),
        with_k=False,
    ),
    _metric(
        "ndcg_at_k",
        "nDCG at k",
        "Gain of the first k, discounted by rank, against the best order there is.",
        "sum of 1 / log2(rank + 1) over the relevant of the first k / the same in the best order",
        _graded(ndcg_at),
        source="Järvelin and Kekäläinen 2002, gains 0 and 1",
    ),
)
