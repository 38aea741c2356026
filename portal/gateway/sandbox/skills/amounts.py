"""Amounts of money and other numbers in a text."""

import re

_SMALL = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty
"""
_NUMBER_WORDS = {word: value for value, word in enumerate(_SMALL.split())} | {
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "hundred": 100,
}
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d+(?:\.\d{1,2})?"
_UNITS = {
    "usd": (r"(?:US)?\$|USD\s?", r"\s?(?:\$|USD\b|US\s+dollars?\b|dollars?\b|bucks\b)"),
    "eur": (r"€|EUR\s?", r"\s?(?:€|EUR\b|euros?\b)"),
    "gbp": (r"£|GBP\s?", r"\s?(?:£|GBP\b|pounds?\b)"),
}
_PATTERNS = {
    unit: re.compile(
        rf"(?:{before})\s?(?P<a>{_DIGITS})|(?<![\d.,])(?P<b>{_DIGITS})(?:{after})", re.IGNORECASE
    )
    for unit, (before, after) in _UNITS.items()
}
_SIGNS = {
    "usd": re.compile(r"\$|usd|dollar|bucks", re.IGNORECASE),
    "eur": re.compile(r"€|eur", re.IGNORECASE),
    "gbp": re.compile(r"£|gbp|pound", re.IGNORECASE),
}
_ANY_WORD = "|".join(_NUMBER_WORDS)
_SPELT = re.compile(
    rf"\b(?P<tens>{_ANY_WORD})(?:[- ](?P<ones>{_ANY_WORD}))?\s+(?:dollars|bucks|euros|pounds)\b",
    re.IGNORECASE,
)
_SPELT_UNIT = re.compile(r"[a-z]\s+(?:dollars|bucks|euros|pounds)\b", re.IGNORECASE)
_ANY_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w])")


def amounts(text: str, unit: str | None = "usd") -> list[float]:
    """The different amounts of money in a text, in the order they are first named; ``unit`` None
    takes every currency."""
    found: list[tuple[int, float]] = []
    for name, pattern in _PATTERNS.items():
        if (unit is None or name == unit) and _SIGNS[name].search(text):
            for match in pattern.finditer(text):
                found.append(
                    (match.start(), float((match.group("a") or match.group("b")).replace(",", "")))
                )
    if unit in (None, "usd") and _SPELT_UNIT.search(text):
        for match in _SPELT.finditer(text):
            value = _NUMBER_WORDS[match.group("tens").lower()] + _NUMBER_WORDS.get(
                (match.group("ones") or "zero").lower(), 0
            )
            found.append((match.start(), float(value)))
    return list(dict.fromkeys(value for _, value in sorted(found)))


def careless_amounts(text: str) -> list[float]:
    """What a sloppy reader takes for amounts: sums with a dollar sign, else any number at all."""
    signed = [float(number) for number in re.findall(r"\$\s?(\d+(?:\.\d+)?)", text)]
    return signed or numbers(text)


def numbers(text: str) -> list[float]:
    """All plain numbers of a text, in order."""
    return [float(number) for number in _ANY_NUMBER.findall(text)]
