from hypothesis import given
from hypothesis import strategies as st

from workloads.lifecycle.manifests import difference, manifest_digest, restored, stored
from workloads.lifecycle.phases import EvidenceItem

items = st.lists(
    st.builds(
        EvidenceItem,
        st.sampled_from(["brief", "prompt"]),
        st.sampled_from(["a", "b"]),
        st.sampled_from(["1", "2"]),
        st.sampled_from(["sha256:x", "sha256:y"]),
    ),
    max_size=6,
)


def test_a_diff_says_what_was_added_changed_and_taken_out() -> None:
    before = [EvidenceItem("brief", "B", "1", "x"), EvidenceItem("tier", "T", "2", "t")]
    after = [EvidenceItem("brief", "B", "2", "y"), EvidenceItem("prompt", "P", "1", "p")]

    found = difference(before, after)

    assert [(one.change.value, one.item.kind) for one in found] == [
        ("changed", "brief"), ("added", "prompt"), ("gone", "tier"),
    ]  # fmt: skip


@given(items)
def test_order_and_repetition_do_not_change_a_digest(some: list[EvidenceItem]) -> None:
    assert manifest_digest(some) == manifest_digest([*reversed(some), *some])
    assert restored(stored(some)) == sorted(set(some))


@given(items, items)
def test_a_diff_is_empty_exactly_when_the_digests_are_equal(
    before: list[EvidenceItem], after: list[EvidenceItem]
) -> None:
    same = manifest_digest(before) == manifest_digest(after)

    assert (difference(before, after) == []) is same
    assert len(difference(before, after)) == len(difference(after, before))
