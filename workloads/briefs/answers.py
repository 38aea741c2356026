"""What was typed, or sent as JSON, becomes a typed answer, or one clear sentence why not.

Pure, and the one place where an answer is judged: the page, the API and commands all end here.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from portal.common.errors import FieldError, Invalid
from portal.common.text import clean_text
from workloads.briefs.enums import ToolAccess
from workloads.briefs.questions import BY_NAME, Kind, Question

# ASCII digits only, thousands in groups of three by comma or (thin) space.
_WHOLE = re.compile(r"-?(?:[0-9]+|[0-9]{1,3}(?:[,\u0020\u00a0\u202f\u2009][0-9]{3})+)")
_NUMBER = re.compile(
    r"-?(?:[0-9]+|[0-9]{1,3}(?:[,\u0020\u00a0\u202f\u2009][0-9]{3})+)(?:\.[0-9]+)?"
)
_SEPARATORS = str.maketrans("", "", ",\u0020\u00a0\u202f\u2009")
_LANGUAGE_CODE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
LANGUAGES = {
    "english": "en", "german": "de", "french": "fr", "spanish": "es", "italian": "it",
    "portuguese": "pt", "dutch": "nl", "polish": "pl", "swedish": "sv", "danish": "da",
    "norwegian": "no", "finnish": "fi", "czech": "cs", "greek": "el", "hungarian": "hu",
    "romanian": "ro", "bulgarian": "bg", "croatian": "hr", "turkish": "tr", "ukrainian": "uk",
    "arabic": "ar", "hebrew": "he", "hindi": "hi", "chinese": "zh", "japanese": "ja",
    "korean": "ko",
}  # fmt: skip
LANGUAGE_NAMES = {code: name.capitalize() for name, code in LANGUAGES.items()}
MOST = Decimal(1_000_000)
PLACES = 6
MAX_ITEMS = 50
_ACCESS = {
    "read": ToolAccess.READ, "reads": ToolAccess.READ, "write": ToolAccess.WRITE,
    "writes": ToolAccess.WRITE, "external": ToolAccess.EXTERNAL,
}  # fmt: skip


class NotAnAnswer(Exception):
    """The value is no answer to the question; ``error`` says what is wrong and what is right."""

    def __init__(self, error: FieldError) -> None:
        super().__init__(error.message)
        self.error = error


def parse(question: Question, raw: Any) -> Any:
    """Return the typed answer in ``raw``, text from a form or a JSON value; empty means none.

    Whole numbers and milliseconds are int, money and rates Decimal, choices text, several choices
    and languages lists of text, tools lists of objects. No answer is None, "" or []. A form's text
    for a time is in seconds, JSON's integer in milliseconds. Raises NotAnAnswer.
    """
    name = question.name
    match question.kind:
        case Kind.TEXT:
            return text(name, raw, question.maximum)
        case Kind.CHOICE:
            return choice(name, raw, _values(question))
        case Kind.CHOICES:
            return _choices(question, raw)
        case Kind.WHOLE:
            return whole(name, raw, question.minimum, question.maximum)
        case Kind.SECONDS:
            return _milliseconds(question, raw)
        case Kind.RATE:
            return number(name, raw, places=3, most=Decimal(question.maximum), above_zero=True)
        case Kind.MONEY:
            return number(name, raw, places=PLACES, most=MOST)
        case Kind.LANGUAGES:
            return _languages(name, raw)
        case Kind.TOOLS:
            return _tools(name, raw)
        case Kind.LINK:
            return link(name, raw, question.maximum)


def refuse(field: str, code: str, message: str) -> NotAnAnswer:
    """Return the refusal of one value."""
    return NotAnAnswer(FieldError(field, code, message))


def text(field: str, raw: Any, maximum: int, *, single_line: bool = False) -> str:
    """Return prose, trimmed and in NFC. Raises NotAnAnswer."""
    if raw is None:
        return ""
    if not isinstance(raw, str):
        raise refuse(field, "invalid", "Write text.")
    try:
        return clean_text(
            raw.replace("\r\n", "\n"), field=field, maximum=maximum, single_line=single_line
        )
    except Invalid as problem:
        raise NotAnAnswer(problem.errors[0]) from problem


def link(field: str, raw: Any, maximum: int) -> str:
    """Return a full https address, or "". Raises NotAnAnswer."""
    address = text(field, raw, maximum, single_line=True)
    if not address:
        return ""
    wrong = refuse(
        field, "invalid_link", "Give the full address, for example https://documents.example/dpia."
    )
    try:
        parts = urlsplit(address)
        named = bool(parts.hostname) and "@" not in parts.netloc
    except ValueError as problem:
        raise wrong from problem
    if parts.scheme != "https" or not named or any(character.isspace() for character in address):
        raise wrong
    return address


def choice(field: str, raw: Any, allowed: Iterable[str]) -> str:
    """Return one of ``allowed``, exactly as it is written there. Raises NotAnAnswer."""
    if raw is None or raw == "":
        return ""
    known = list(allowed)
    if not isinstance(raw, str) or raw not in known:
        raise refuse(field, "choice", f"Choose one of: {', '.join(known)}.")
    return raw


def whole(field: str, raw: Any, least: int, most: int) -> int | None:
    """Return a whole number within its bounds, or None. Raises NotAnAnswer."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    if isinstance(raw, str) and len(raw) <= 40 and _WHOLE.fullmatch(raw.strip()):
        value = int(raw.strip().translate(_SEPARATORS))
    elif isinstance(raw, int) and not isinstance(raw, bool):
        value = raw
    else:
        raise refuse(field, "invalid_integer", "Enter a whole number, for example 900.")
    if not least <= value <= most:
        raise refuse(field, "out_of_range", f"Enter a whole number between {least:,} and {most:,}.")
    return value


def number(
    field: str, raw: Any, *, places: int, most: Decimal, least: Decimal = Decimal(0),
    above_zero: bool = False,
) -> Decimal | None:  # fmt: skip
    """Return an exact number with at most ``places`` decimals, or None. Raises NotAnAnswer."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    value = _decimal(field, raw)
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > places and value != round(value, places):
        raise refuse(field, "max_decimals", f"Use at most {places} decimals.")
    if not least <= value <= most or (above_zero and value == 0):
        bound = "more than 0" if above_zero else f"at least {least:,f}"
        raise refuse(field, "out_of_range", f"Enter a number of {bound} and at most {most:,f}.")
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)


def _decimal(field: str, raw: Any) -> Decimal:
    wrong = refuse(field, "invalid_number", "Enter a number, for example 0.8 or 1,200.")
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        raise wrong
    # The shortest digits of a float: 0.1 stays 0.1.
    written = raw.strip() if isinstance(raw, str) else str(raw)
    if isinstance(raw, str) and (len(written) > 40 or not _NUMBER.fullmatch(written)):
        raise wrong
    try:
        value = Decimal(written.translate(_SEPARATORS))
    except InvalidOperation as problem:
        raise wrong from problem
    if not value.is_finite() or value.adjusted() > 30:
        raise wrong
    return value


def _milliseconds(question: Question, raw: Any) -> int | None:
    if not isinstance(raw, str):
        return whole(question.name, raw, question.minimum, question.maximum)
    try:
        seconds = number(
            question.name, raw, places=3, most=Decimal(question.maximum) / 1000, above_zero=True
        )
    except NotAnAnswer as problem:
        if problem.error.code == "invalid_number":
            raise refuse(
                question.name, "invalid_number", "Enter a number of seconds, for example 2 or 0.8."
            ) from problem
        raise
    return None if seconds is None else int(seconds * 1000)


def _values(question: Question) -> list[str]:
    return list(question.choices.values) if question.choices is not None else []


def _items(field: str, raw: Any) -> list[str]:
    if raw is None or raw == "":
        return []
    if not isinstance(raw, list | tuple) or not all(isinstance(item, str) for item in raw):
        raise refuse(field, "invalid", "Give a list of words.")
    if len(raw) > MAX_ITEMS:
        raise refuse(field, "too_many", f"Give at most {MAX_ITEMS}.")
    return [item for item in raw if item]


def _choices(question: Question, raw: Any) -> list[str]:
    known = _values(question)
    chosen = _items(question.name, raw)
    for item in chosen:
        choice(question.name, item, known)
    if "none" in chosen and len(set(chosen)) > 1:
        raise refuse(question.name, "choice", 'Choose "none of these" alone, or not at all.')
    return [item for item in known if item in chosen]


def _languages(field: str, raw: Any) -> list[str]:
    parts = re.split(r"[,;\n]", raw) if isinstance(raw, str) else _items(field, raw)
    found: list[str] = []
    for part in parts[: MAX_ITEMS + 1]:
        word = part.strip()
        code = LANGUAGES.get(word.lower(), word)
        if not word:
            continue
        if not _LANGUAGE_CODE.fullmatch(code) or len(code) > 20:
            raise refuse(
                field, "choice",
                "Write languages by name or code, with commas: English, German, pt-BR.",
            )  # fmt: skip
        if code not in found:
            found.append(code)
    if len(found) > MAX_ITEMS:
        raise refuse(field, "too_many", f"Give at most {MAX_ITEMS} languages.")
    return found


def _tools(field: str, raw: Any) -> list[dict[str, Any]]:
    if raw is None or raw == "":
        return []
    if isinstance(raw, str):
        lines = [line for line in text(field, raw, 10_000).splitlines() if line.strip()]
        rows = [_tool_of_line(field, line) for line in lines[: MAX_ITEMS + 1]]
    elif isinstance(raw, list) and all(isinstance(item, dict) for item in raw):
        rows = [_tool_of_object(field, item) for item in raw[: MAX_ITEMS + 1]]
    else:
        raise refuse(field, "invalid", "Give a list of tools: name, access, reversible.")
    if len(rows) > MAX_ITEMS:
        raise refuse(field, "too_many", f"Give at most {MAX_ITEMS} tools.")
    return rows


def _tool_of_line(field: str, line: str) -> dict[str, Any]:
    parts = [part.strip() for part in line.split(";")]
    right = "Write one tool a line: Send an e-mail; external; irreversible."
    if len(parts) != 3 or not parts[0]:
        raise refuse(field, "invalid", right)
    access = _ACCESS.get(parts[1].lower())
    if access is None or parts[2].lower() not in ("reversible", "irreversible"):
        raise refuse(field, "choice", right)
    return _tool(field, parts[0], access, parts[2].lower() == "reversible")


def _tool_of_object(field: str, item: dict[str, Any]) -> dict[str, Any]:
    if set(item) != {"name", "access", "reversible"} or not isinstance(item["reversible"], bool):
        raise refuse(field, "invalid", "A tool has name, access and reversible (true or false).")
    access = choice(field, item["access"], ToolAccess.values)
    if not access:
        raise refuse(field, "choice", f"Choose one of: {', '.join(ToolAccess.values)}.")
    return _tool(field, item["name"], access, item["reversible"])


def _tool(field: str, name: Any, access: str, reversible: bool) -> dict[str, Any]:
    cleaned = text(field, name, 120, single_line=True)
    if not cleaned:
        raise refuse(field, "blank", "Give each tool a name.")
    return {"name": cleaned, "access": str(access), "reversible": reversible}


def shown(question: Question, value: Any) -> str:
    """Return a typed answer as the form's text, the form that `parse` reads back to the same."""
    if value is None or value in ("", []):
        return ""
    match question.kind:
        case Kind.SECONDS:
            return plain(Decimal(value) / 1000)
        case Kind.MONEY | Kind.RATE:
            return plain(value)
        case Kind.LANGUAGES:
            return ", ".join(LANGUAGE_NAMES.get(code, code) for code in value)
        case Kind.TOOLS:
            return tools_as_text(value)
    return str(value)


def tools_as_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return tools as lines, "Send an e-mail; external; irreversible", also unfinished ones."""
    words = {"read": "reads", "write": "writes", "external": "external"}
    return "\n".join(
        f"{row.get('name', '')}; {words.get(str(row.get('access')), '')};"
        f" {'reversible' if row.get('reversible') else 'irreversible'}"
        for row in rows
    )


def plain(value: Decimal) -> str:
    """Return a Decimal without trailing zeros or exponent: 1200, 0.02."""
    written = format(value.normalize(), "f")
    return "0" if written == "-0" else written


def in_words(name: str, value: Any) -> str:
    """Return an answer as a sentence would name it, for change lists and the printed brief."""
    question = BY_NAME[name]
    if value is None or value in ("", []):
        return "no answer"
    if question.kind is Kind.CHOICE and question.choices is not None:
        return str(question.choices(value).label)
    if question.kind is Kind.CHOICES and question.choices is not None:
        return ", ".join(str(question.choices(item).label) for item in value)
    written = shown(question, value)
    return f"{written} {question.unit}".strip()
