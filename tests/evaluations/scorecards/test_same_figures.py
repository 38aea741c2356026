"""The cheap way to a figure gives the figure of the plain way, to the last digit."""

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.metrics import registry
from evaluations.scorecards.document.estimates import by_example, by_slice, cells_of, estimate
from evaluations.scorecards.document.measures import measures_of
from evaluations.statistics.bootstrap import cluster_bootstrap
from tests.evaluations.scorecards.rows import drawn, examples, pin

FEW = settings(max_examples=20, deadline=None)
_labels = st.sampled_from(["a", "b", "c", "(unparsed)"])


@FEW
@given(counts=st.dictionaries(st.tuples(_labels, _labels), st.integers(1, 30), min_size=1))
def test_figures_without_tables_are_those_of_the_summary(
    counts: dict[tuple[str, str], int],
) -> None:
    metric, arguments = registry.get("classification"), pin("classification").arguments
    whole = registry.summarise(metric, counts, arguments)
    assert registry.figures(metric, counts, arguments) == whole.figures


def test_a_slice_has_the_figures_that_its_examples_have_alone() -> None:
    shown = examples(40)
    table = {(row.example, row.repeat): row for row in drawn({0: 0.7}, 40, random.Random(5))}
    for measure in measures_of((pin("contains"), pin("token_f1")), {}, "USD"):
        cells = cells_of(measure, shown, table, 1)
        kinds = by_slice(cells, [(one.kind,) for one in shown], ("typical", "edge"))
        for kind, part in kinds.items():
            alone = cells_of(measure, shown, table, 1, kind)
            assert estimate(measure, part, by_example(measure, cells)) == estimate(measure, alone)


def test_a_bootstrap_draws_what_it_always_drew() -> None:
    clusters = [("a", "b")] * 5 + [("b", "b")] * 9 + [("c", "a")] * 3
    seen: list[dict[tuple[str, str], int]] = []
    cluster_bootstrap(clusters, lambda drawn: seen.append(dict(drawn)) or {}, 11, 100)  # type: ignore[func-returns-value]
    draw = random.Random(11).choices
    assert seen == [dict(Counter(draw(clusters, k=len(clusters)))) for _ in range(100)]
