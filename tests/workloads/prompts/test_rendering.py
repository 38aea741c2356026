"""Rendering puts values in, once, and nothing else happens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads.prompts.content import EMPTY
from workloads.prompts.rendering import (
    MAX_RESULT,
    RenderError,
    joined,
    message_pieces,
    messages,
    names_in,
    pieces,
    render,
    response_format,
    values_for,
)

_names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
_texts = st.text(max_size=40)


def _content(**more: object) -> dict[str, object]:
    subject = {"name": "subject", "source": "user", "required": True}
    return {**EMPTY, "user_template": "Ticket: {{ subject }}", "variables": [subject], **more}


@given(st.dictionaries(_names, _texts, min_size=1, max_size=4))
def test_values_are_never_scanned_again(values: dict[str, str]) -> None:
    template = "|".join(f"{{{{ {name} }}}}" for name in values)
    hostile = {name: f"{text}{{{{ {next(iter(values))} }}}}" for name, text in values.items()}

    assert render(template, hostile) == "|".join(hostile.values())


@given(st.text(alphabet="{}% $#\\ax_.()[]'\"", max_size=40))
def test_any_text_renders_or_is_refused_with_a_sentence(template: str) -> None:
    try:
        assert isinstance(render(template, dict.fromkeys(names_in(template), "v")), str)
    except RenderError as problem:
        assert "{{" in str(problem)


@given(_texts.filter(lambda t: "{{" not in t))
def test_text_without_variables_stays_as_it_is(template: str) -> None:
    assert render(template, {}) == template


@pytest.mark.parametrize(
    "template",
    [
        "{{ 7*7 }}",
        "{{ o.secret }}",
        "{{ o|upper }}",
        "{{ }}",
        "{{ x",
        "{{ x['y'] }}",
        "{{ " + "a" * 65 + " }}",
    ],
)
def test_anything_but_a_name_is_refused(template: str) -> None:
    with pytest.raises(RenderError, match="comes a name"):
        render(template, {"o": "x", "x": "y"})


@pytest.mark.parametrize("text", ["{% load x %}", "{# note #}", "${HOME}", "{0.secret}", "%(x)s"])
def test_other_template_languages_are_plain_text(text: str) -> None:
    assert render(text, {}) == text


def test_escaped_braces_are_literal() -> None:
    assert render(r"\{{ name }} is {{ name }}", {"name": "Ada"}) == "{{ name }} is Ada"


def test_a_missing_value_names_the_variable() -> None:
    with pytest.raises(RenderError, match="no value for {{ plan }}"):
        render("{{ plan }}", {"subject": "x"})


def test_a_bomb_is_stopped_before_it_is_put_together() -> None:
    with pytest.raises(RenderError, match="longer than 200,000"):
        render("{{ x }}" * 3, {"x": "y" * (MAX_RESULT // 2)})


def test_an_input_that_lacks_a_variable_says_which() -> None:
    with pytest.raises(RenderError, match="no value for subject"):
        values_for(_content(), {"body": "x"})


def test_a_plain_text_goes_to_the_one_variable_of_the_user() -> None:
    assert values_for(_content(), "Help!") == {"subject": "Help!"}


def test_documents_fill_the_retrieved_variable() -> None:
    docs = {"name": "documents", "source": "retrieved", "required": True}
    content = _content(variables=[docs], user_template="{{ documents }}")

    found = values_for(content, {}, [{"id": "hb-1", "title": "Leave", "text": "25 days."}])

    assert found["documents"] == "[hb-1] Leave\n25 days."


def test_few_shot_examples_stand_between_system_and_input() -> None:
    content = _content(
        persona="You sort tickets.",
        instructions="Name the queue.",
        few_shot=[{"input": {"subject": "Crash"}, "output": "APP_BUG"}],
    )

    found = messages(content, {"subject": "Refund"})

    assert [(m["role"], m["content"]) for m in found] == [
        ("system", "You sort tickets.\n\nName the queue."),
        ("user", "Ticket: Crash"),
        ("assistant", "APP_BUG"),
        ("user", "Ticket: Refund"),
    ]


def test_a_schema_is_asked_for_by_the_request_as_well() -> None:
    schema = {"type": "object"}
    content = _content(output_format="json", output_schema=schema)

    assert response_format(content)["json_schema"]["schema"] == schema  # type: ignore[index]
    assert response_format(_content()) is None


@given(st.dictionaries(_names, _texts, min_size=1, max_size=3), st.data())
def test_each_value_is_one_piece_with_its_name(values: dict[str, str], data: st.DataObject) -> None:
    # given a template in which our own words and values alternate
    names = data.draw(st.lists(st.sampled_from(sorted(values)), max_size=5))
    template = "".join(f"[{{{{ {name} }}}}]" for name in names)

    found = pieces(template, values)

    assert [(one.variable, one.text) for one in found if one.variable] == [
        (name, values[name]) for name in names
    ]
    assert joined(found) == render(template, values)


def test_the_pieces_are_the_messages() -> None:
    content = _content(
        persona="You sort {{ subject }}.",
        instructions="Name it.",
        tone="Calm.",
        refusal_text="No.",
        guardrails=[{"kind": "scope", "text": "Only {{ subject }}."}],
        few_shot=[{"input": {"subject": "a"}, "output": "b"}, {"input": "c", "output": "d"}],
    )
    values = {"subject": "{{ subject }}"}

    sent = messages(content, values)

    assert sent == [
        {"role": role, "content": joined(found)} for role, found in message_pieces(content, values)
    ]
    assert sent[0]["content"] == (
        "You sort {{ subject }}.\n\nName it.\n\nTone: Calm.\n\nRules:\n- Only {{ subject }}."
        "\n\nWhen you must refuse, say: No."
    )
    assert [message["content"] for message in sent[1:]] == [
        "Ticket: a", "b", "c", "d", "Ticket: {{ subject }}",
    ]  # fmt: skip
