"""What the prompt asks for: labels with their descriptions, the fields of a schema, limits,
forbidden topics."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from portal.gateway.sandbox.traits import JsonObject

_UPPER_LABEL = re.compile(r"\b[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+\b")
_DESCRIBED = re.compile(
    r"^[ \t]*(?:(?P<bullet>[-*•]"
    r"|\d+[.)])[ \t]*)?[`\"'*]*(?P<label>[A-Za-z][\w /-]{0,40}?)[`\"'*]*[ \t]*(?::|–|—|=| - "
    r"| means )[ \t]*(?P<text>\S.*)$",
    re.MULTILINE,
)
_ONE_OF = re.compile(
    r"(?:(?:as\s+)?one\s+of(?:\s+(?:these|the\s+following|the))?(?:\s+\w+){0,2}|labels?|categories|classes|choose\s+(?:between|from)|either|as)\s*(?:are|is)?\s*:?\s+(?P<list>[^.\n]{3,300})",
    re.IGNORECASE,
)
_ASKS_LABEL = re.compile(
    r"\b(?:categor|label|class|choose|one\s+of|intent|topic|sentiment|route|sort)", re.IGNORECASE
)
_KEY = re.compile(r"\"\w+\"\s*:")
_BRACE = re.compile(r"[{}]")
_MOST_OBJECTS = 50
_SKETCH_KEY = re.compile(
    r"\"(?P<key>\w+)\"\s*:\s*(?P<value>\"[^\"]*\"(?:\s*\|[^,}\n]+)?|\[[^\]]*\]|[^,}\n]+)"
)
_WORD_LIMIT = re.compile(
    r"(?:at\s+most|no\s+more\s+than|not\s+more\s+than|up\s+to|under|within|maximum(?:\s+of)?|max\.?|in)\s+(\d{1,4})\s+words",
    re.IGNORECASE,
)
_SENTENCE_LIMIT = re.compile(
    r"(?:at\s+most|no\s+more\s+than|up\s+to|in|within|maximum(?:\s+of)?)\s+(one|two|three|four|five|\d{1,2})(?:\s+(?:or|to)\s+(one|two|three|four|five|\d{1,2}))?\s+(?:short\s+)?sentences?",
    re.IGNORECASE,
)
_NOT_FOUND_TEXT = re.compile(
    r"(?:do(?:es)?\s+not|don't|doesn't|cannot|can't|isn't|is\s+not|not)\b[^.\n]{0,80}(?:reply|say|answer|respond|write)(?:\s+(?:only|exactly))?(?:\s+with)?\s*:?\s*[\"“](?P<text>[^\"”]{3,200})[\"”]",
    re.IGNORECASE,
)
_REFUSAL_TEXT = re.compile(
    r"(?:refus\w*|declin\w*)\b[^.\n\"“]{0,60}(?:text|with|say\w*|reply|answer)\b"
    r"(?:[^\"“\n:]{0,30}:?[ \t]*[\"“](?P<text>[^\"”]{3,200})[\"”]"
    r"|[ \t]*:[ \t]*(?P<line>[^\"“\n]{3,200}))",
    re.IGNORECASE,
)
_FORBIDDEN = re.compile(
    r"(?:\brefuse|\bdecline|\bnever\s+(?:give|discuss|reveal|disclose|answer|help)|\bdo\s+not\s+(?:give|discuss|reveal|disclose|help|advise)|\bdon't\s+(?:give|discuss|reveal|help))\b[^.\n]{3,200}",
    re.IGNORECASE,
)
_TYPE_NAMES = frozenset({"string", "text", "null", "date", "list", "array", "object"})
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}


@dataclass(frozen=True, slots=True)
class Label:
    """A label to choose and what the prompt says about it."""

    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Instructions:
    """What a prompt asks for, read from its text and its response format."""

    text: str
    labels: tuple[Label, ...]
    schema: JsonObject | None
    wants_summary: bool
    wants_json: bool
    cites: bool
    word_limit: int | None
    sentence_limit: int | None
    not_found_text: str
    refusal_text: str
    forbidden: tuple[str, ...]

    def describe(self, name: str) -> str:
        """What the prompt's text says about a label, field or value, or nothing."""
        return _descriptions(self.text).get(name.lower(), "")


@lru_cache(maxsize=256)
def read_instructions(text: str, response_format: str) -> Instructions:
    """Read the instructions of a prompt; ``response_format`` is the request's, as JSON text (""
    for none)."""
    schema, wants_json = _schema(text, response_format)
    not_found = _NOT_FOUND_TEXT.search(text)
    refusal = _REFUSAL_TEXT.search(text)
    sentences = _SENTENCE_LIMIT.search(text)
    words = _WORD_LIMIT.search(text)
    return Instructions(
        text=text,
        labels=_labels(text),
        schema=schema,
        wants_summary=re.search(
            r"\bsummar(?:y|i[sz]e|ies)\b|\btl;?dr\b|\bshorten\b", text, re.IGNORECASE
        )
        is not None,
        wants_json=wants_json,
        cites=re.search(
            r"\bcit(?:e|es|ation|ations)\b|\bsource\s+ids?\b|\bdocument\s+ids?\b",
            text,
            re.IGNORECASE,
        )
        is not None,
        word_limit=int(words.group(1)) if words else None,
        sentence_limit=_number(sentences.group(2) or sentences.group(1)) if sentences else None,
        not_found_text=not_found.group("text")
        if not_found
        else "I cannot find this in the documents.",
        refusal_text=_refusal_text(refusal),
        forbidden=tuple(found.group().strip() for found in _FORBIDDEN.finditer(text)),
    )


def _refusal_text(found: re.Match[str] | None) -> str:
    if found is None:
        return "I'm sorry, but I can't help with that."
    return str(found.group("text") or found.group("line")).strip()


def _number(text: str) -> int:
    return _NUMBERS.get(text.lower()) or int(text)


@lru_cache(maxsize=256)
def _descriptions(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for line in _DESCRIBED.finditer(text):
        found.setdefault(line.group("label").strip().lower(), line.group("text").strip())
    return found


def _labels(text: str) -> tuple[Label, ...]:
    names = list(dict.fromkeys(_UPPER_LABEL.findall(text)))
    if len(names) < 2:
        names = _listed(text) or _bulleted(text)
    descriptions = _descriptions(text)
    return tuple(Label(name, descriptions.get(name.lower(), "")) for name in names)


def _listed(text: str) -> list[str]:
    for found in _ONE_OF.finditer(text):
        items = [
            item.strip(" `\"'*()[]")
            for item in re.split(r",|;|\||/|\bor\b|\band\b", found.group("list"))
        ]
        items = [item for item in items if item]
        if len(items) >= 2 and all(len(item.split()) <= 3 and len(item) <= 40 for item in items):
            return list(dict.fromkeys(items))
    return []


def _bulleted(text: str) -> list[str]:
    names: list[str] = []
    asked = False
    for line in text.splitlines():
        described = _DESCRIBED.match(line)
        if described and described.group("bullet") and asked:
            names.append(described.group("label").strip())
        elif line.strip():
            if len(names) >= 2:
                break
            names.clear()
            asked = _ASKS_LABEL.search(line) is not None
    return names if len(names) >= 2 else []


def _schema(text: str, response_format: str) -> tuple[JsonObject | None, bool]:
    wants_json = re.search(r"\bjson\b", text, re.IGNORECASE) is not None
    if response_format:
        given = json.loads(response_format)
        if given.get("type") == "json_schema":
            schema = given.get("json_schema", {}).get("schema")
            if isinstance(schema, dict):
                return schema, True
        wants_json = wants_json or given.get("type") == "json_object"
    for candidate in _json_objects(text):
        if isinstance(candidate.get("properties"), dict):
            return candidate, True
    return (_sketched(text), True) if wants_json else (None, False)


def _json_objects(text: str) -> Iterator[JsonObject]:
    for piece in _braced(text):
        try:
            value = json.loads(piece)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            yield value


def _braced(text: str) -> Iterator[str]:
    """The outermost pieces of a text in balanced braces, a limited number of them."""
    depth = start = found = 0
    for brace in _BRACE.finditer(text):
        if brace.group() == "{":
            if depth == 0:
                start = brace.start()
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                yield text[start : brace.end()]
                found += 1
                if found == _MOST_OBJECTS:
                    return


def _sketched(text: str) -> JsonObject | None:
    """A schema from an example object in the prompt, such as ``{"category": one of A or B,
    "amount": number or null}``."""
    found = next((one for one in _braced(text) if _KEY.search(one)), None)
    if found is None:
        return None
    descriptions = _descriptions(text)
    properties: JsonObject = {}
    for pair in _SKETCH_KEY.finditer(found):
        key, value = pair.group("key"), pair.group("value").strip()
        description = f"{descriptions.get(key.lower(), '')} {value}".strip(' "')
        properties[key] = {
            "type": _sketched_type(value),
            "description": description,
        } | _sketched_enum(value)
    return (
        {"type": "object", "properties": properties, "required": list(properties)}
        if properties
        else None
    )


def _sketched_type(value: str) -> list[str]:
    low = value.lower()
    if value.startswith("["):
        kind = "array"
    elif re.search(r"\b(?:true|false|bool)", low):
        kind = "boolean"
    elif re.search(r"\b(?:number|integer|float|decimal|amount)\b|^-?\d", low):
        kind = "number"
    else:
        kind = "string"
    return [kind, "null"] if "null" in low else [kind]


def _sketched_enum(value: str) -> JsonObject:
    items = [
        item.strip(" \"'`<>") for item in re.split(r"\||,|\bor\b|\bone\s+of\b:?", value.strip('"'))
    ]
    items = [item for item in items if item]
    if (
        len(set(items) - _TYPE_NAMES) >= 2
        and all(re.fullmatch(r"[\w-]+", item) for item in items)
        and _sketched_type(value)[0] not in ("boolean", "number")
    ):
        return {"enum": [None if item == "null" else item for item in items]}
    return {}
