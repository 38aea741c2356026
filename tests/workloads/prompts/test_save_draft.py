"""A draft keeps what is typed, however unfinished, and nobody's words are overwritten unseen."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.audit.models import AuditEvent
from portal.common.errors import Conflict, DomainError, Forbidden, Invalid
from tests.factories import lives, people, phase_four
from tests.factories import prompts as factory
from workloads.lifecycle.models import Cycle, Workload
from workloads.prompts import services
from workloads.prompts.content import checked
from workloads.prompts.models import Prompt
from workloads.prompts.selectors import draft_content, prompt_of


def _save(workload: Workload, row_version: int | None = 0, **content: Any) -> Prompt:
    return services.save_draft(
        actor=workload.owner, workload=workload, content=content, row_version=row_version
    )


@pytest.mark.django_db
def test_an_unfinished_draft_is_kept() -> None:
    workload = lives.draft()

    saved = _save(workload, persona="You sort", user_template="{{ not finis")

    kept = draft_content(prompt_of(workload))
    assert (kept["persona"], kept["user_template"]) == ("You sort", "{{ not finis")
    assert saved.row_version == 1


@pytest.mark.django_db
def test_what_is_left_out_stays_as_it_is() -> None:
    workload = lives.draft()
    _save(workload, persona="You sort tickets.")

    _save(workload, 1, instructions="Name the queue.")

    assert draft_content(prompt_of(workload))["persona"] == "You sort tickets."


@pytest.mark.django_db
@pytest.mark.parametrize("seen", [0, 1, 3, -1])
def test_a_draft_that_moved_on_is_not_overwritten(seen: int) -> None:
    # given a draft that was saved twice
    workload = lives.draft()
    _save(workload, persona="first")
    _save(workload, 1, persona="second")

    # when somebody saves what they began from another state
    with pytest.raises(Conflict) as refused:
        _save(workload, seen, persona="third")

    # then nothing of it is kept
    assert refused.value.code == "version_conflict"
    assert draft_content(prompt_of(workload))["persona"] == "second"


@pytest.mark.django_db
def test_each_save_leaves_one_event_and_its_author() -> None:
    workload = lives.draft()
    other = phase_four.contributor(workload)
    factory.draft(workload)
    factory.draft(workload, other, persona="You sort e-mails.")

    events = AuditEvent.objects.filter(action="prompt.draft_saved", workload_ref=workload.ref)
    assert list(events.order_by("seq").values_list("actor_id", flat=True)) == [
        workload.owner_id,
        other.pk,
    ]
    prompt = prompt_of(workload)
    assert prompt is not None
    assert set(prompt.draft_authors) == {workload.owner_id, other.pk}


@pytest.mark.django_db
def test_strangers_and_reviewers_do_not_write() -> None:
    workload = lives.draft()

    for person in (people.stranger(), people.reviewer("risk"), people.auditor()):
        with pytest.raises(Forbidden):
            services.save_draft(actor=person, workload=workload, content={"persona": "mine"})

    assert prompt_of(workload) is None


@pytest.mark.django_db
def test_a_closed_cycle_takes_no_draft() -> None:
    workload = lives.draft()
    Cycle.objects.filter(workload=workload).update(state="released")

    with pytest.raises(Forbidden) as refused:
        _save(workload, persona="late")

    assert refused.value.code == "cycle_closed"


@pytest.mark.parametrize(
    ("content", "field", "code"),
    [
        ({"mood": "happy"}, "mood", "unknown_field"),
        ({"persona": 7}, "persona", "invalid"),
        ({"persona": "a\x00b"}, "persona", "null_character"),
        ({"persona": "\ud800"}, "persona", "surrogate"),
        ({"variables": "subject"}, "variables", "invalid"),
        ({"variables": [{"source": "user"}]}, "variables[0]", "invalid"),
        ({"variables": [{"name": "a", "required": "yes"}]}, "variables[0]", "invalid"),
        ({"variables": [{"name": "a", "sample": "\x00"}]}, "variables[0].sample", "null_character"),
        ({"guardrails": [{"text": "x"}]}, "guardrails[0]", "invalid"),
        ({"few_shot": [{"input": 1, "output": "x"}]}, "few_shot[0]", "invalid"),
        (
            {"few_shot": [{"input": {"a\x00": 1}, "output": ""}]},
            "few_shot[0].input",
            "null_character",
        ),
        ({"params": {"temperature": "hot"}}, "params.temperature", "invalid"),
        ({"params": {"temperature": True}}, "params.temperature", "invalid"),
        ({"params": {"temperature": float("nan")}}, "params.temperature", "invalid"),
        ({"params": {"logit_bias": 1}}, "params.logit_bias", "unknown_field"),
        ({"params": {"stop": ["a", 1]}}, "params.stop", "invalid"),
        ({"params": {"stop": [date(2026, 1, 1)]}}, "params.stop", "invalid"),
        ({"params": {"seed": 2**53}}, "params.seed", "out_of_range"),
        (
            {"variables": [{"name": "a", "max_length": -(2**53)}]},
            "variables[0].max_length",
            "out_of_range",
        ),
        (
            {"few_shot": [{"input": {"a": [10**5_000]}, "output": ""}]},
            "few_shot[0].input.a[0]",
            "out_of_range",
        ),
        ({"output_schema": date(2026, 1, 1)}, "output_schema", "invalid"),
        ({"output_schema": {"a": float("inf")}}, "output_schema.a", "invalid"),
        ({"instructions": "x" * 600_001}, "instructions", "max_length"),
    ],
)
def test_what_cannot_be_kept_is_named(content: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(content)

    assert (field, code) in [(e.field, e.code) for e in refused.value.errors]


ROWS: list[tuple[str, dict[str, str], int]] = [
    ("variables", {"name": "a"}, 200),
    ("guardrails", {"kind": "scope", "text": "a"}, 200),
    ("few_shot", {"input": "a", "output": "b"}, 100),
]


@pytest.mark.parametrize(("part", "row", "most"), ROWS)
def test_a_draft_holds_so_many_rows_and_no_more(part: str, row: dict[str, str], most: int) -> None:
    # given as many rows as are allowed
    assert len(checked({part: [row] * most})[part]) == most

    # when there is one more
    with pytest.raises(Invalid) as refused:
        checked({part: [row] * (most + 1)})

    # then the answer names the part, what is allowed and how many there are
    (error,) = refused.value.errors
    assert (error.field, error.code) == (part, "max_length")
    assert f"at most {most} " in error.message
    assert f"has {most + 1}" in error.message


def test_integers_that_every_reader_of_json_keeps_are_kept() -> None:
    content = {"params": {"seed": 2**53 - 1}, "output_schema": {"minimum": -(2**53) + 1}}

    assert checked(content) == content


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "text", "kind", "input", "output", "x"]), inner)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["persona", "variables", "few_shot", "params", "z"]), _values)
)
def test_any_data_is_kept_or_refused_with_a_sentence(content: dict[str, Any]) -> None:
    try:
        assert checked(content) == content
    except DomainError as refused:
        assert refused.message
