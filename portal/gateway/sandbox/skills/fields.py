"""Fill the fields of a JSON Schema, or of an object sketched in the prompt, from the data."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.gateway.sandbox.data_text import DataText
from portal.gateway.sandbox.instructions import Instructions, Label
from portal.gateway.sandbox.lexicon import concept_of, cue_book
from portal.gateway.sandbox.skills.amounts import amounts, careless_amounts, numbers
from portal.gateway.sandbox.skills.answer import answer
from portal.gateway.sandbox.skills.choose import choose
from portal.gateway.sandbox.skills.documents import Document
from portal.gateway.sandbox.skills.summarise import summarise
from portal.gateway.sandbox.traits import JsonObject, Traits
from portal.gateway.sandbox.words import content_stems, words

_MONEY = re.compile(
    r"amount|price|cost|fee|total|money|usd|eur\b|gbp|dollar|refund_value|budget|sum\b",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    r"ambiguous|several|more than one|two or more|multiple|different", re.IGNORECASE
)
_MENTIONED = re.compile(r"\b(?:named?|names|mention(?:ed|s)?|stated?)\b", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_DATE = re.compile(
    r"\b\d{4}-\d\d-\d\d\b|\b\d{1,2}[./]\d{1,2}(?:[./]\d{2,4})?\b|\b\d{1,2}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
    r"|\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\s+\d{1,2}(?:st|nd|rd|th)?\b",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"\b(?:no\.?|number|nr\.?|#|id|ref(?:erence)?\.?)\s*[:#]?\s*([A-Z]{0,4}-?\d{3,}[\w-]*)",
    re.IGNORECASE,
)
_PHONE = re.compile(r"\+?\d[\d ()/-]{6,}\d")
_PLAN_TEXT = """
    plan plans subscription subscriptions tier account membership user package version fee renewal
    level customer
"""
_PLAN_CONTEXT = frozenset(_PLAN_TEXT.split())
_BOTH = frozenset({"both", "multiple", "several", "all"})
_NOTHING = frozenset({"none", "null", "unknown", "not_mentioned", "unspecified", "n/a"})
_MAX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Source:
    """What the fields are filled from."""

    data: DataText
    documents: Sequence[Document]
    question: str
    instructions: Instructions
    traits: Traits
    chance: str


def fill(schema: Mapping[str, object], source: Source, depth: int = 0) -> JsonObject:
    """An object with a value for every property of the schema, in the schema's order."""
    properties = schema.get("properties")
    if not isinstance(properties, dict) or depth > _MAX_DEPTH:
        return {}
    return {
        str(name): _value(str(name), rule if isinstance(rule, dict) else {}, source, depth)
        for name, rule in properties.items()
    }


def _value(name: str, given: Mapping[str, object], source: Source, depth: int) -> object:
    rule, nullable = _plain_rule(given)
    described = f"{rule.get('description', '')} {source.instructions.describe(name)}"
    about = f"{name.replace('_', ' ')} {described}"
    if "const" in rule:
        return rule["const"]
    options = rule.get("enum")
    if isinstance(options, list) and options:
        return _option(name, about, options, nullable, source)
    kind = rule.get("type", "string")
    if kind == "boolean":
        return _truth(name, about, source)
    if kind in ("number", "integer"):
        return _number(name, about, kind, nullable, source)
    if kind == "object":
        return fill(rule, source, depth + 1)
    if kind == "array":
        return _items(name, about, rule, source)
    if kind == "null":
        return None
    return _text(name, about, nullable, source)


def _plain_rule(rule: Mapping[str, object]) -> tuple[dict[str, object], bool]:
    """The rule without its null branch, and whether null is permitted."""
    plain = dict(rule)
    nullable = False
    for key in ("anyOf", "oneOf"):
        branches = plain.pop(key, None)
        if isinstance(branches, list):
            kept = [
                branch
                for branch in branches
                if isinstance(branch, dict) and branch.get("type") != "null"
            ]
            nullable = nullable or len(kept) < len(branches)
            if kept:
                plain = {**kept[0], **plain}
    kind = plain.get("type")
    if isinstance(kind, list):
        nullable = nullable or "null" in kind
        plain["type"] = next((one for one in kind if one != "null"), "null")
    options = plain.get("enum")
    if isinstance(options, list) and None in options:
        nullable = True
        plain["enum"] = [option for option in options if option is not None]
    return plain, nullable


def _option(
    name: str, about: str, options: Sequence[object], nullable: bool, source: Source
) -> object:
    texts = {str(option): option for option in options}
    lows = {text.lower() for text in texts}
    if nullable or lows & (_BOTH | _NOTHING) or _MENTIONED.search(about):
        return _mentioned(name, texts, nullable, source)
    labels = [Label(text, source.instructions.describe(text)) for text in texts]
    return texts[choose(labels, source.data, source.traits, f"{source.chance}|{name}").label]


def _mentioned(name: str, options: Mapping[str, object], nullable: bool, source: Source) -> object:
    special = {
        text.lower(): option for text, option in options.items() if text.lower() in _BOTH | _NOTHING
    }
    plain = [text for text in options if text.lower() not in special]
    context = _PLAN_CONTEXT | set(words(name.replace("_", " ")))
    named = [text for text in plain if _names(text, source, context)]
    if len(named) > 1:
        both = next((option for text, option in special.items() if text in _BOTH), None)
        return both if both is not None else options[named[0]]
    if named:
        return options[named[0]]
    if nullable:
        return None
    nothing = next((option for text, option in special.items() if text in _NOTHING), None)
    return nothing if nothing is not None else options[plain[0] if plain else next(iter(options))]


def _names(option: str, source: Source, context: frozenset[str] | set[str]) -> bool:
    """Whether the data names an option: as a name (capital letter) or beside a word such as
    "plan"."""
    pattern = re.compile(rf"\b{re.escape(option)}\b", re.IGNORECASE)
    text = source.data.kept
    for found in pattern.finditer(text):
        if source.traits.literal_mentions:
            return True
        word = found.group()
        starts = found.start() == 0 or text[: found.start()].rstrip(" ")[-1:] in ".!?\n"
        near = set(words(text[max(0, found.start() - 40) : found.end() + 30]))
        if near & context or (word[:1].isupper() and not starts):
            return True
        if (
            not starts
            and re.search(
                r"\b(?:for|my|the|on|cancel|end|to|have)\s+$", text[: found.start()], re.IGNORECASE
            )
            and re.match(
                r"\s*(?:[.,;:!?)]|$|for\b|and\b|or\b|by\b|now\b|at\b|on\b|because\b|counts\b|subsc)",
                text[found.end() :],
                re.IGNORECASE,
            )
        ):
            return True
    return False


def _truth(name: str, about: str, source: Source) -> bool:
    if _SEVERAL.search(about) and _MONEY.search(about):
        return source.traits.exact_amounts and len(amounts(source.data.kept, _unit(about))) > 1
    concepts = {concept for word in words(about) if (concept := concept_of(word))}
    traits = source.traits
    book = cue_book(traits.stems, traits.phrases, traits.languages, traits.typos)
    strength = sum(
        hit.weight
        for part in source.data.parts
        for hit in book.find(part.sentence)
        if hit.concept in concepts
    )
    wanted = set(content_stems(name.replace("_", " ")))
    present = set(content_stems(source.data.kept))
    return strength >= 2 or (bool(wanted) and wanted <= present)


def _number(
    name: str, about: str, kind: object, nullable: bool, source: Source
) -> float | int | None:
    text = source.data.kept
    if "confidence" in name or "probability" in name:
        return 0.9
    money = _MONEY.search(about) is not None
    if money and source.traits.exact_amounts:
        found = amounts(text, _unit(about))
        if len(found) > 1 and nullable and _SEVERAL.search(about):
            return None
    elif money:
        found = careless_amounts(text)
    else:
        found = _numbers_near(about, text)
    if not found:
        return None if nullable else 0
    return int(found[0]) if kind == "integer" else found[0]


def _unit(about: str) -> str | None:
    low = about.lower()
    if "usd" in low or "dollar" in low:
        return "usd"
    if "eur" in low:
        return "eur"
    return "gbp" if "gbp" in low or "pounds" in low else None


def _numbers_near(about: str, text: str) -> list[float]:
    wanted = set(content_stems(about))
    for line in re.split(r"(?<=[.!?])\s+|\n", text):
        if wanted & set(content_stems(line)):
            found = numbers(line)
            if found:
                return found
    return numbers(text)


def _items(name: str, about: str, rule: Mapping[str, object], source: Source) -> list[object]:
    items = rule.get("items")
    inner = items if isinstance(items, dict) else {}
    options = inner.get("enum")
    if isinstance(options, list) and options:
        labels = [
            Label(str(option), source.instructions.describe(str(option))) for option in options
        ]
        chosen = choose(labels, source.data, source.traits, f"{source.chance}|{name}")
        top = max(chosen.scores)
        return [
            option
            for option, score in zip(options, chosen.scores, strict=True)
            if score > 0 and score >= 0.7 * top
        ]
    if re.search(r"source|citation|document|cite", about, re.IGNORECASE) and source.documents:
        return list(_answered(source)[1])
    if inner.get("type") in ("number", "integer"):
        return list(
            amounts(source.data.kept, None) if _MONEY.search(about) else numbers(source.data.kept)
        )
    if inner.get("type") == "object":
        return [fill(inner, source, 1)]
    counted: dict[str, int] = {}
    for one in content_stems(source.data.kept):
        counted[one] = counted.get(one, 0) + 1
    return list(sorted(counted, key=lambda key: (-counted[key], key))[:3])


def _text(name: str, about: str, nullable: bool, source: Source) -> str | None:
    text = source.data.kept
    low = name.lower()
    for key, pattern in (("mail", _EMAIL), ("date", _DATE), ("phone", _PHONE)):
        if key in low:
            found = pattern.search(text)
            return found.group() if found else (None if nullable else "")
    if re.search(r"(?:^|_)(?:id|number|no|reference|ref)$", low):
        reference = _REFERENCE.search(text)
        return reference.group(1) if reference else (None if nullable else "")
    if source.documents and re.search(r"answer|reply|response", low):
        return _answered(source)[0]
    if re.search(r"summar|reason|rationale|explanation|gist|quote|evidence", low):
        return summarise(text, source.traits, word_limit=30, sentence_limit=1)
    if source.instructions.labels and re.search(
        r"label|categor|class|intent|topic|sentiment", about, re.IGNORECASE
    ):
        return choose(
            source.instructions.labels, source.data, source.traits, f"{source.chance}|{name}"
        ).label
    if nullable:
        return None
    return summarise(text, source.traits, word_limit=25, sentence_limit=1)


def _answered(source: Source) -> tuple[str, tuple[str, ...]]:
    return answer(
        source.question, source.documents, source.traits, source.instructions, source.chance
    )
