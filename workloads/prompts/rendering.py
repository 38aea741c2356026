"""Turning a prompt and values into messages: one pass, no language, nothing evaluated.

Grammar: ``{{ name }}`` with a declared name is replaced, ``\\{{`` is a literal ``{{``; every other
character is text. Values are never scanned again, so a value cannot bring a variable in.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

MAX_RESULT = 200_000
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_TOKEN = re.compile(r"\\\{\{|\{\{\s*(" + NAME.pattern + r")\s*\}\}|\{\{")


class RenderError(ValueError):
    """The template or its values cannot be rendered; the message says where and why."""


def _tokens(template: str) -> Iterator[tuple[str, str]]:
    """Yield ("text", …) and ("name", …) in order. Raises RenderError for an open ``{{``."""
    end = 0
    for match in _TOKEN.finditer(template):
        yield "text", template[end : match.start()]
        end = match.end()
        if match.group() == "\\{{":
            yield "text", "{{"
        elif match.group(1):
            yield "name", match.group(1)
        else:
            line = template.count("\n", 0, match.start()) + 1
            raise RenderError(
                f"Line {line}: after {{{{ comes a name of letters, digits and _ and then }}}};"
                " write \\{{ for the characters themselves."
            )
    yield "text", template[end:]


def names_in(template: str) -> list[str]:
    """Return the variable names in ``template``, in order, repeats included."""
    return [text for kind, text in _tokens(template) if kind == "name"]


class Piece(NamedTuple):
    """A stretch of a rendered message; ``variable`` names whose value it is, "" for our words."""

    text: str
    variable: str = ""


def pieces(template: str, values: Mapping[str, str]) -> list[Piece]:
    """Return ``template`` in pieces, each ``{{ name }}`` as ``values[name]`` with its name.

    Raises RenderError for a name without a value and for a result over 200,000 characters
    (checked before it is put together).
    """
    found: list[Piece] = []
    length = 0
    for kind, text in _tokens(template):
        name = text if kind == "name" else ""
        if name and name not in values:
            raise RenderError(f"There is no value for {{{{ {name} }}}}.")
        piece = Piece(values[name], name) if name else Piece(text)
        length += len(piece.text)
        if length > MAX_RESULT:
            raise RenderError(f"The rendered prompt is longer than {MAX_RESULT:,} characters.")
        if piece.text or name:
            found.append(piece)
    return found


def joined(found: Iterable[Piece]) -> str:
    """Return the pieces as the text that the model gets."""
    return "".join(piece.text for piece in found)


def render(template: str, values: Mapping[str, str]) -> str:
    """Return ``template`` with each ``{{ name }}`` replaced by ``values[name]`` (see `pieces`)."""
    return joined(pieces(template, values))


def document_text(documents: Sequence[Mapping[str, str]]) -> str:
    """Return retrieved documents as the text that a prompt gets."""
    return "\n\n".join(
        f"[{doc.get('id', index + 1)}] {doc.get('title', '')}\n{doc.get('text', '')}"
        for index, doc in enumerate(documents)
    )


def values_for(
    content: Mapping[str, Any], given: Any, documents: Sequence[Mapping[str, str]] = ()
) -> dict[str, str]:
    """Return a value for every declared variable, as text, from one example's input.

    ``given`` is an object of values by name, or a plain text for the one variable that comes
    from the user. A variable whose source is "retrieved" takes the documents unless the input
    names it. Raises RenderError when a required variable has no value or one is too long.
    """
    variables = content["variables"]
    if isinstance(given, Mapping):
        named = {str(name): value for name, value in given.items()}
    else:
        own = [v["name"] for v in variables if v.get("source", "user") == "user"]
        if len(own) != 1:
            raise RenderError(
                f"The input is one text, but the prompt takes {len(own)} variables from the user."
            )
        named = {own[0]: given}
    found: dict[str, str] = {}
    for variable in variables:
        name = variable["name"]
        value = named.get(name)
        if value is None and variable.get("source") == "retrieved" and documents:
            value = document_text(documents)
        if value is None:
            value = variable.get("default") or None
        if value is None and variable.get("required", True):
            raise RenderError(f"The input has no value for {name}.")
        text = "" if value is None else _as_text(value)
        limit = variable.get("max_length") or MAX_RESULT
        if len(text) > limit:
            raise RenderError(
                f"The value of {name} has {len(text):,} characters, at most {limit:,}."
            )
        found[name] = text
    return found


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def system_pieces(content: Mapping[str, Any], values: Mapping[str, str]) -> list[Piece]:
    """Return the system message: the sections in their fixed order, each with its values."""
    parts = [pieces(content["persona"], values), pieces(content["instructions"], values)]
    if content["tone"]:
        parts.append([Piece("Tone: "), *pieces(content["tone"], values)])
    if content["output_schema"]:
        schema = json.dumps(content["output_schema"], ensure_ascii=False, indent=1)
        words = f"Answer with one JSON object that follows this JSON Schema:\n{schema}"
        parts.append([Piece(words)])
    elif content["output_format"] != "text":
        parts.append([Piece(f"Answer in {content['output_format']}.")])
    if content["guardrails"]:
        rules = [Piece("Rules:")]
        for rule in content["guardrails"]:
            rules += [Piece("\n- "), *pieces(rule["text"], values)]
        parts.append(rules)
    if content["refusal_text"]:
        words = "When you must refuse, say: "
        parts.append([Piece(words), *pieces(content["refusal_text"], values)])
    found: list[Piece] = []
    for part in parts:
        if joined(part).strip():
            found += [Piece("\n\n"), *part] if found else part
    return found


def system_text(content: Mapping[str, Any], values: Mapping[str, str]) -> str:
    """Return the system message as the model gets it."""
    return joined(system_pieces(content, values))


def message_pieces(
    content: Mapping[str, Any], values: Mapping[str, str]
) -> list[tuple[str, list[Piece]]]:
    """Return (role, pieces) of the chat messages of a prompt for one set of values.

    The system message, each few-shot example as a user and an assistant message, the user
    message. A few-shot input that is a text is the whole message; an object gives the values of
    the variables. Raises RenderError.
    """
    found = [("system", system_pieces(content, values))]
    for shot in content["few_shot"]:
        given = shot["input"]
        if isinstance(given, str):
            found.append(("user", [Piece(given)]))
        else:
            found.append(("user", pieces(content["user_template"], values_for(content, given))))
        found.append(("assistant", [Piece(str(shot["output"]))]))
    found.append(("user", pieces(content["user_template"], values)))
    return found


def messages(content: Mapping[str, Any], values: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the chat messages of a prompt as a request holds them. Raises RenderError."""
    return [
        {"role": role, "content": joined(found)} for role, found in message_pieces(content, values)
    ]


def response_format(content: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the ``response_format`` of a request, when the prompt names a JSON Schema."""
    if content["output_format"] != "json" or not content["output_schema"]:
        return None
    return {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": content["output_schema"]},
    }
