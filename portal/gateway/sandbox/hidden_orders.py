"""Orders to the model that stand in the data instead of in the instructions (prompt injection)."""

import re
from functools import lru_cache

_ORDER = re.compile(
    r"""
    \b(?:ignore|disregard|override|set\s+aside|set\s+the\s+earlier|forget)\b
        .{0,60}\b(?:instructions?|rules|above|earlier|previous|prompt|documents|text|guidelines)\b
    | ^\W*(?:system|assistant|developer|operator\s+note|admin(?:istrator)?)\s*:
    | "role"\s*:\s*"(?:system|tool|assistant|developer)"
    | \b(?:note|message|p\.?s\.?)?\s*(?:to|for)\s+the\s+(?:assistant|ai|bot|model
        |summari[sz]er|reviewer|classifier)\b
    | \b(?:assistants?|automated\s+readers?|reviewer\s+bot|bots?)\b
        .{0,30}\b(?:must|confirm|add|output|approve|say)\b
    | \byou\s+must\s+(?:label|classify|output|say)\b
    | \b(?:correct|right|true)\s+(?:category|label|class|answer)\b.{0,40}\bis\b
    | \b(?:output|print|reveal|show|repeat)\b
        .{0,30}\b(?:instructions?|system\s+prompt|prompt|the\s+word|and\s+nothing\s+else
        |and\s+stop)\b
    | \b(?:output|print|say)\s*:?\s+(?-i:[A-Z][A-Z0-9_-]{3,})\b
    | \b(?:reply|answer|respond|begin|start|open)\b
        .{0,40}\b(?:only\s+with|with\s+the\s+(?:category|label|word)|with\s+(?-i:[A-Z_]{4,})
        |with\s+one\s+word|in\s+one\s+word)
    | \b(?:your\s+whole\s+answer|every\s+answer|your\s+next\s+line|the\s+(?:answer|summary
        |reply)\s+must)\b
    | \bappear\s+in\s+the\s+answer\b | \binclude\s+\S+\s+in\s+your\s+reply\b
    | \bclassify\s+(?:every|all|this|any)\b
    | \byou\s+are\s+now\s+(?:a|an|in|the)\b
    | \bset\s+\w+_\w+\s+to\b | \bset\s+(?:urgent|priority|category)\s+to\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_COMMENT = re.compile(r"<!--(.{0,2000}?)-->", re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,60}>")
_WANTED = re.compile(
    r"(?:output|print|say|write|add|include|reply\s+with|answer\s+with|answer\s+only\s+with|respond\s+with|contain|"
    r"whole\s+answer\s+must\s+be|with\s+the\s+(?:word|category|label)|(?:begin|start|open)\b[^.]{0,30}\bwith|write\s+only\s+that)"
    r"\s*(?:only\s+)?(?:the\s+(?:word|category|label|text)\s+)?:?\s*[\"“']?(?P<wanted>[^\"”'.\n<>]{2,120})",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"\s+(?:and\s+(?:nothing\s+else|stop|set\b.*)|only|to\s+.*|in\s+your\b.*|instead)$",
    re.IGNORECASE,
)


def unfold(text: str) -> str:
    """Put what is hidden in tags and comments on lines of its own, so that each can be judged as
    a sentence."""
    unfolded = _COMMENT.sub(lambda found: f"\nassistant: {_without_name(found.group(1))}\n", text)
    return _TAG.sub("\n", unfolded)


@lru_cache(maxsize=8192)
def is_order(sentence: str) -> bool:
    """Whether a sentence of the data gives the model an order."""
    return _ORDER.search(sentence) is not None


def wanted_text(sentences: list[str]) -> str | None:
    """What the first order among the sentences wants to be said, or None when it asks for nothing
    in particular."""
    for sentence in sentences:
        found = _WANTED.search(sentence)
        if found:
            wanted = _TAIL.sub("", found.group("wanted").strip()).strip(" :,;")
            if wanted:
                return wanted
    return None


def _without_name(comment: str) -> str:
    return re.sub(r"^\s*assistant\s*:\s*", "", comment, flags=re.IGNORECASE).strip()
