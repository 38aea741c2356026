"""What counts as text here, checked once for forms, API, imports and model output.

Limits and messages follow the bad-input table of the security notes: NUL and lone surrogates
cannot be stored, bidirectional overrides can make a name look like another one.
"""

import re
import unicodedata

from portal.common.errors import FieldError, Invalid

_BIDI = frozenset(
    chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)
)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def text_problem(value: str, *, single_line: bool = False) -> tuple[str, str] | None:
    """Return (code, message) of the first reason why ``value`` is not storable text, or None."""
    if not single_line:
        # Whether a text is plain ASCII is known without looking; most long ones are.
        if value.isascii() and "\x00" not in value:
            return None
        if _UNSTORABLE.search(value) is None:
            return None
    for character in value:
        code = ord(character)
        if code == 0:
            return "null_character", "Remove the null character (U+0000); it cannot be stored."
        if 0xD800 <= code <= 0xDFFF:
            return "surrogate", f"U+{code:04X} is a lone surrogate, which is not valid text."
        if single_line and (character in _BIDI or unicodedata.category(character) == "Cc"):
            return (
                "forbidden_character",
                f"Remove the invisible character U+{code:04X}; names may not hold it.",
            )
    return None


def clean_text(
    value: str, *, field: str, minimum: int = 0, maximum: int = 20_000, single_line: bool = False
) -> str:
    """Return ``value`` in Unicode NFC, trimmed.

    Raises Invalid (codes null_character, surrogate, forbidden_character, blank, min_length,
    max_length) naming ``field``.
    """
    problem = text_problem(value, single_line=single_line)
    if problem:
        raise Invalid(problem[1], errors=(FieldError(field, *problem),))
    text = unicodedata.normalize("NFC", value).strip()
    visible = [c for c in text if unicodedata.category(c) not in ("Cf", "Zs", "Cc")]
    if minimum and not visible:
        raise Invalid.field(field, "blank", "This may not be blank.")
    if len(text) < minimum:
        raise Invalid.field(
            field, "min_length", f"Write at least {minimum} characters; there are {len(text)}."
        )
    if len(text) > maximum:
        raise Invalid.field(
            field, "max_length", f"Use at most {maximum:,} characters; there are {len(text):,}."
        )
    return text


def storable(value: str) -> tuple[str, bool]:
    """Return ``value`` with what PostgreSQL cannot store replaced, and whether anything was.

    For text from models: an odd answer is kept and flagged, never an error.
    """
    cleaned = "".join("\ufffd" if c == "\x00" or 0xD800 <= ord(c) <= 0xDFFF else c for c in value)
    return cleaned, cleaned != value
