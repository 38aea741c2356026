"""The brief as a Markdown file: what people wrote stays text, whatever it looks like."""

import html
import re

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from portal.shell.marks import visible
from tests.factories import briefs
from workloads.briefs import services
from workloads.briefs.export import as_text

RENDERER = MarkdownIt("gfm-like", {"html": True, "linkify": False})
SIGNS = "\\`*_{}[]()<>#+-.!|~&:=@$^'\"/ \n\t019ahtpsw"


def rendered(text: str) -> str:
    """The words that a reader sees; fails for any element but paragraphs and line breaks."""
    page = RENDERER.render(as_text(text))
    assert set(re.findall(r"<(/?[a-z0-9]+)", page)) <= {"p", "/p", "br"}, page
    return html.unescape(re.sub(r"<[^>]*>", "", page)).strip()


def words(text: str) -> str:
    return "\n".join(line for raw in visible(text).split("\n") if (line := " ".join(raw.split())))


@given(st.text(alphabet=SIGNS, max_size=60) | st.text(max_size=60))
def test_text_renders_to_exactly_what_was_written(text: str) -> None:
    assert rendered(text) == words(text)


@pytest.mark.parametrize(
    "text",
    [
        "# no heading", "- no list", "1. no list", "> no quote", "[no](https://link.example)",
        "<script>alert(1)</script>", "![no](image.png)", "no | cell | here", "--- ", "===",
        "https://example.com and www.example.com and a@example.com", "&lt;b&gt;", "~~no~~",
        "    no code", "```\nno fence\n```", "[x]: https://example.com", "a\\\nb", "*a* _b_ `c`",
    ],
)  # fmt: skip
def test_what_looks_like_markdown_stays_text(text: str) -> None:
    assert rendered(text) == words(text)


@pytest.mark.parametrize(
    "text", ["https://a.example", "www.a.example", "a@b.example", "HTTP://A.example"]
)
def test_no_renderer_makes_a_link_of_it(text: str) -> None:
    assert text not in as_text(text)


@pytest.mark.django_db
def test_the_file_names_version_digest_figures_and_units(client: Client) -> None:
    owner, workload, brief = briefs.scene()
    services.submit_brief(actor=owner, workload=workload)
    client.force_login(owner)
    answer = client.get(f"/workloads/{workload.ref}/brief/versions/1/brief.md")
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert f'filename="{workload.ref}-brief-1.md"' in answer["Content-Disposition"]
    text = answer.content.decode()
    assert f"`{brief.digest()}`" in text
    assert "- Version: 1\n" in text
    assert "2 seconds" in text
    assert "\\$ 1 200.00" in text
    assert "| Routed to the right queue |" in text
    assert "≥ 96 %" in text


@pytest.mark.django_db
def test_the_draft_says_that_it_is_one(client: Client) -> None:
    owner, workload, brief = briefs.scene()
    services.submit_brief(actor=owner, workload=workload)
    briefs.edit(brief, users="*All* of them")
    client.force_login(owner)
    answer = client.get(f"/workloads/{workload.ref}/brief/versions/2/brief.md")
    assert f'filename="{workload.ref}-brief-2-draft.md"' in answer["Content-Disposition"]
    assert "- Version: 2 (draft)\n" in answer.content.decode()
    assert "\\*All\\* of them" in answer.content.decode()
    assert client.get(f"/workloads/{workload.ref}/brief/versions/3/brief.md").status_code == 404
