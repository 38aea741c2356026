from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from workloads.lifecycle.quorum import Ballot, assign, satisfied

REMITS = ("business", "risk", "security", "privacy")
requirements = st.lists(st.sets(st.sampled_from(REMITS), min_size=1).map(frozenset), max_size=4)
ballots = st.lists(
    st.builds(Ballot, st.integers(0, 5), st.sampled_from(REMITS)),
    max_size=6,
    unique_by=lambda b: b.voter,
)


def test_a_vote_moves_over_when_another_can_take_its_place() -> None:
    needed = [frozenset({"risk", "security"}), frozenset({"risk"})]

    filled = assign(needed, [Ballot("a", "risk"), Ballot("b", "security")])

    assert filled == [1, 0]


def test_one_person_fills_one_requirement() -> None:
    needed = [frozenset({"risk"}), frozenset({"business"})]

    assert not satisfied(needed, [Ballot("a", "risk"), Ballot("a", "business")])


def test_nothing_needed_is_satisfied_by_nobody() -> None:
    assert satisfied([], [])


@given(requirements, ballots)
def test_as_many_requirements_are_filled_as_any_order_could(
    needed: list[frozenset[str]], cast: list[Ballot]
) -> None:
    def greedy(order: tuple[int, ...]) -> int:
        free, count = list(range(len(cast))), 0
        for slot in order:
            taken = next((i for i in free if cast[i].remit in needed[slot]), None)
            if taken is not None:
                free.remove(taken)
                count += 1
        return count

    filled = assign(needed, cast)

    used = [index for index in filled if index is not None]
    assert len(used) == len(set(used))
    assert all(cast[i].remit in needed[slot] for slot, i in enumerate(filled) if i is not None)
    best = max(greedy(order) for order in permutations(range(len(needed))))
    assert len(used) >= best
