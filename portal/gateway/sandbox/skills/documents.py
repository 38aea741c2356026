"""Find the documents and the question in the text of a request."""

import json
import re
from dataclasses import dataclass
from functools import lru_cache

_TAGGED = re.compile(
    r"<(?:document|doc|source|context)\b(?P<attributes>[^>]*)>(?P<text>.*?)</(?:document|doc|source|context)>",
    re.IGNORECASE | re.DOTALL,
)
_OPENING = re.compile(r"<(?:document|doc|source|context)\b", re.IGNORECASE)
_MOST_TAGGED = 200
_ATTRIBUTE = re.compile(r"(\w+)\s*=\s*[\"']([^\"']*)[\"']")
_HEADER = re.compile(
    r"^[ \t]*(?:#{1,4}[ \t]*)?(?:\[(?P<a>[\w.:#/-]{1,80})\]|(?:document|doc"
    r"|source)[ \t]+(?P<b>[\w.:#/-]{1,80})[ \t]*(?::|-|–|—|$)|(?:id"
    r"|doc_id)[ \t]*:[ \t]*(?P<c>[\w.:#/-]{1,80}))[ \t]*[:–—-]?[ \t]*(?P<title>[^\n]*)$",
    re.IGNORECASE | re.MULTILINE,
)
_QUESTION = re.compile(
    r"^[ \t]*(?:the[ \t]+)?(?:user[ \t]+)?(?:question|frage|query|asked)[ \t]*:[ \t]*(?P<text>.+)",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_SECTION = re.compile(
    r"^[ \t]*(?:documents?|context|sources?|passages?)[ \t]*:[ \t]*$", re.IGNORECASE | re.MULTILINE
)
_NEXT_SECTION = re.compile(
    r"\n[ \t]*\n?[ \t]*(?:documents?|context|sources?|passages?|answer)[ \t]*:", re.IGNORECASE
)
_TITLE = re.compile(r"^\s*title\s*:\s*(?P<title>[^\n]+)\n", re.IGNORECASE)
_LABEL = re.compile(r"^\s*(?:text|content)\s*:\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Document:
    """One document of the context; ``id`` is "" when the request gives none."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the documents that came with it."""

    question: str
    documents: tuple[Document, ...]


@lru_cache(maxsize=64)
def read_question(text: str) -> Asked:
    """Tell question and documents apart; no documents are found when the text has none."""
    documents, rest = _documents(text)
    found = _QUESTION.search(rest) or _QUESTION.search(text)
    if found:
        question = _NEXT_SECTION.split(found.group("text"))[0].strip()
        if not documents and found.start() > 0:
            documents = _paragraphs(_SECTION.sub("", text[: found.start()]))
    else:
        asked = [line.strip() for line in rest.splitlines() if line.strip().endswith("?")]
        question = asked[-1] if asked else rest.strip()
        if not documents and _SECTION.search(text):
            documents = _paragraphs(_SECTION.sub("", text.replace(question, "")))
    return Asked(question=question, documents=tuple(documents))


def _documents(text: str) -> tuple[list[Document], str]:
    for reader in (_from_json, _from_tags, _from_headers):
        documents, rest = reader(text)
        if documents:
            return documents, rest
    return [], text


def _from_json(text: str) -> tuple[list[Document], str]:
    start = text.find("[{")
    if start < 0:
        start = text.find("[\n")
    if start < 0:
        return [], text
    try:
        value, length = json.JSONDecoder().raw_decode(text[start:])
    except (ValueError, RecursionError):
        return [], text
    documents = [
        Document(str(row.get("id", "")), str(row.get("title", "")), str(row["text"]))
        for row in value
        if isinstance(row, dict) and "text" in row
    ]
    return documents, text[:start] + "\n" + text[start + length :]


def _from_tags(text: str) -> tuple[list[Document], str]:
    documents: list[Document] = []
    if len(_OPENING.findall(text)) > _MOST_TAGGED:
        return [], text
    for found in _TAGGED.finditer(text):
        attributes = {
            key.lower(): value for key, value in _ATTRIBUTE.findall(found.group("attributes"))
        }
        documents.append(
            Document(
                attributes.get("id", ""), attributes.get("title", ""), found.group("text").strip()
            )
        )
    return documents, _TAGGED.sub("\n", text)


def _from_headers(text: str) -> tuple[list[Document], str]:
    question = _QUESTION.search(text)
    rest = ""
    if question:
        following = _NEXT_SECTION.search(text, question.start("text"))
        end = following.start() if following else len(text)
        rest, text = text[question.start() : end], text[: question.start()] + text[end:]
    headers = list(_HEADER.finditer(text))
    documents: list[Document] = []
    for place, header in enumerate(headers):
        end = headers[place + 1].start() if place + 1 < len(headers) else len(text)
        body = text[header.end() : end].strip()
        title = header.group("title").strip()
        named = _TITLE.match(body + "\n")
        if named:
            title, body = named.group("title").strip(), body[named.end() :].strip()
        body = _LABEL.sub("", body)
        if body or title:
            documents.append(
                Document(
                    header.group("a") or header.group("b") or header.group("c") or "",
                    title if body else "",
                    body or title,
                )
            )
    return documents, rest or (text[: headers[0].start()] if headers else text)


def _paragraphs(text: str) -> list[Document]:
    return [
        Document("", "", piece.strip())
        for piece in re.split(r"\n\s*\n", text)
        if len(piece.split()) >= 4
    ]
