"""The editor keeps every typed word, renders what the model gets, and never breaks."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import lives, people
from tests.factories import prompts as factory
from workloads.lifecycle.models import Workload
from workloads.prompts.content import EMPTY
from workloads.prompts.models import PromptVersion
from workloads.prompts.selectors import draft_content, prompt_of

pytestmark = pytest.mark.django_db

TYPED: dict[str, Any] = {
    "row_version": "0",
    "persona": "You sort tickets.",
    "instructions": "Name the queue of {{ plan }}.",
    "user_template": "{{ subject }}",
    "output_format": "json",
    "output_schema": '{"type": "object"}',
    "temperature": "0.5",
    "max_tokens": "64",
    "stop": "END\n###",
    "variables-name": ["subject", ""],
    "variables-source": ["user", "user"],
    "variables-need": ["optional", "required"],
    "variables-sample": ["Money back", ""],
    "guardrails-kind": ["pii", "scope"],
    "guardrails-text": ["No names.", ""],
    "few_shot-input": ['{"subject": "Hi", "plan": "pro"}', ""],
    "few_shot-output": ['{"queue": "sales"}', ""],
}


@pytest.fixture
def workload() -> Workload:
    return lives.draft()


@pytest.fixture
def page(client: Client, workload: Workload) -> Client:
    client.force_login(workload.owner)
    return client


def _url(workload: Workload) -> str:
    return reverse("prompts:prompts", args=[workload.ref])


def test_a_draft_comes_back_as_it_was_typed(page: Client, workload: Workload) -> None:
    # when a draft is saved
    saved = page.post(_url(workload), TYPED)

    # then every part of it is kept, a variable that a text uses is declared, and the page shows it
    content = draft_content(prompt_of(workload))
    shown = page.get(_url(workload)).content.decode()
    assert saved.status_code == 302
    assert [v["name"] for v in content["variables"]] == ["subject", "plan"]
    assert content["variables"][0]["required"] is False
    assert content["guardrails"] == [{"kind": "pii", "text": "No names."}]
    assert content["few_shot"] == [
        {"input": {"subject": "Hi", "plan": "pro"}, "output": '{"queue": "sales"}'}
    ]
    assert content["params"]["stop"] == ["END", "###"]
    for words in ("You sort tickets.", "Money back", "No names.", "###"):
        assert words in shown


def test_what_the_page_does_not_ask_for_survives_a_save(page: Client, workload: Workload) -> None:
    variable = {"name": "subject", "source": "user", "max_length": 500, "default": "none"}
    factory.draft(workload, variables=[variable])

    page.post(_url(workload), {**TYPED, "row_version": "1"})

    kept = draft_content(prompt_of(workload))["variables"][0]
    assert (kept["max_length"], kept["default"], kept["sample"]) == (500, "none", "Money back")


def test_committing_from_the_page(page: Client, workload: Workload) -> None:
    answer = page.post(_url(workload), {**TYPED, "commit": "1"}, follow=True)

    assert PromptVersion.objects.get().content["persona"] == "You sort tickets."
    assert "Prompt version 1 committed" in answer.content.decode()


def test_a_refused_commit_keeps_the_draft_and_says_why(page: Client, workload: Workload) -> None:
    answer = page.post(_url(workload), {**TYPED, "persona": " ", "commit": "1"})

    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Say who the model is" in text
    assert draft_content(prompt_of(workload))["user_template"] == "{{ subject }}"
    assert 'name="row_version" value="1"' in text


def test_a_conflict_keeps_the_typed_words_and_stays_a_conflict(
    page: Client, workload: Workload
) -> None:
    # given a draft that somebody else saved meanwhile
    factory.draft(workload, persona="Somebody else's words")

    # when the page that was opened before is sent, and sent again
    first = page.post(_url(workload), {**TYPED, "persona": "My own words"})
    again = page.post(_url(workload), {**TYPED, "persona": "My own words"})

    # then the typed words are on the page, and the other's are kept
    for answer in (first, again):
        assert answer.status_code == 409
        assert "My own words" in answer.content.decode()
        assert 'name="row_version" value="0"' in answer.content.decode()
    assert draft_content(prompt_of(workload))["persona"] == "Somebody else's words"


BAD: list[dict[str, Any]] = [
    {"persona": "a\x00b"},
    {"output_schema": "{"},
    {"output_schema": "[" * 100_000},
    {"output_schema": '{"a": 1, "a": 2}'},
    {"output_schema": '{"a": NaN}'},
    {"temperature": "hot"},
    {"temperature": "1e999"},
    {"max_tokens": "9" * 400},
    {"seed": "-1"},
    {"output_format": "yaml"},
    {"variables-sample": ["a\x00b", ""]},
    {"variables-name": ["", ""]},
    {"guardrails-text": ["\x00", ""]},
    {"persona": "x" * 20_001},
]


@pytest.mark.parametrize("change", BAD, ids=lambda change: next(iter(change)))
def test_bad_input_is_a_sentence_with_the_form(
    page: Client, workload: Workload, change: dict[str, Any]
) -> None:
    answer = page.post(_url(workload), {**TYPED, **change})

    assert answer.status_code == 422
    assert "No names." in answer.content.decode() or "guardrails-text" in change
    assert prompt_of(workload) is None


ODD: list[dict[str, Any]] = [
    {"row_version": "9" * 5_000},
    {"row_version": "²"},
    {"row_version": ""},
    {"variables-source": ["elsewhere"]},
    {"variables-source": []},
    {"guardrails-kind": ["manners", "x", "y"]},
    {"few_shot-input": ["{broken", "[1]"]},
    {"note": "a\x00b", "commit": "1"},
]


@pytest.mark.parametrize("change", ODD, ids=str)
def test_forged_fields_never_break_the_page(
    page: Client, workload: Workload, change: dict[str, Any]
) -> None:
    answer = page.post(_url(workload), {**TYPED, **change})

    assert answer.status_code in (302, 409, 422)


def test_nothing_posted_at_all_is_a_conflict_or_a_draft(page: Client, workload: Workload) -> None:
    assert page.post(_url(workload), {}).status_code == 409
    assert page.post(_url(workload), {"row_version": "0"}).status_code == 302
    assert (
        draft_content(prompt_of(workload))["params"]["max_tokens"] == EMPTY["params"]["max_tokens"]
    )


def test_the_preview_shows_the_messages_and_keeps_nothing(page: Client, workload: Workload) -> None:
    answer = page.post(reverse("prompts:preview", args=[workload.ref]), TYPED)

    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Money back" in text
    assert "No names." in text
    assert prompt_of(workload) is None


def test_more_rows_than_a_prompt_holds_are_refused_before_they_are_looked_at(
    page: Client, workload: Workload
) -> None:
    # given 201 typed variables
    typed = {**TYPED, "variables-name": [f"v{number}" for number in range(201)]}

    # when they are previewed, and saved
    preview = page.post(reverse("prompts:preview", args=[workload.ref]), typed)
    saved = page.post(reverse("prompts:prompts", args=[workload.ref]), typed)

    # then both say what is allowed
    assert saved.status_code == 422
    for answer in (preview, saved):
        assert "A prompt has at most 200 variables; this has 201." in answer.content.decode()


def test_the_preview_says_what_is_wrong(page: Client, workload: Workload) -> None:
    url = reverse("prompts:preview", args=[workload.ref])

    broken = page.post(url, {**TYPED, "user_template": "{{ subject"}).content.decode()
    schema = page.post(url, {**TYPED, "output_schema": "{"}).content.decode()

    assert "after {{ comes a name" in broken
    assert "not valid JSON" in schema


def test_text_of_people_is_text(page: Client, workload: Workload) -> None:
    factory.commit(workload, persona="<script>alert(1)</script> \u202e evil")

    for url in (_url(workload), reverse("prompts:version", args=[workload.ref, 1])):
        text = page.get(url).content.decode()
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text
        assert "\u202e" not in text or "⟨U+202E⟩" in text


def test_the_difference_of_two_versions(page: Client, workload: Workload) -> None:
    factory.commit(workload)
    factory.commit(workload, instructions="Name the queue of the e-mail.")
    url = reverse("prompts:diff", args=[workload.ref])

    text = page.get(url, {"a": 1, "b": 2}).content.decode()

    assert "<del>ticket</del>" in text
    assert "<ins>e-mail</ins>" in text or "<ins>e</ins>" in text


@pytest.mark.parametrize(
    "query", [{}, {"a": "1"}, {"a": "x", "b": "1"}, {"a": "9" * 5_000, "b": 1}]
)
def test_a_difference_of_nothing_is_400(
    page: Client, workload: Workload, query: dict[str, Any]
) -> None:
    assert page.get(reverse("prompts:diff", args=[workload.ref]), query).status_code == 400


@pytest.mark.parametrize("number", [2, 99_999_999, 10**30])
def test_a_version_that_is_not_there_is_404(page: Client, workload: Workload, number: int) -> None:
    factory.commit(workload)

    url = reverse("prompts:version", args=[workload.ref, 1]).replace("/1/", f"/{number}/")
    assert page.get(url).status_code == 404


def test_choosing_an_earlier_version(page: Client, workload: Workload) -> None:
    factory.commit(workload)
    factory.commit(workload, tone="Calm.")

    first = page.post(reverse("prompts:use", args=[workload.ref, 1]), follow=True)
    again = page.post(reverse("prompts:use", args=[workload.ref, 1]))

    assert "Version 1 is the candidate" in first.content.decode()
    assert again.status_code == 409


def test_a_reader_sees_no_form(client: Client, workload: Workload) -> None:
    factory.commit(workload)
    client.force_login(people.auditor())

    text = client.get(_url(workload)).content.decode()

    assert "Name the queue of the ticket." in text
    assert 'name="commit"' not in text


def test_the_editor_asks_few_questions_of_the_database(
    page: Client, workload: Workload, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        factory.commit(workload, tone=f"Tone {number}.")
    page.get(_url(workload))

    with django_assert_max_num_queries(90):
        page.get(_url(workload))
