"""The data of a request (a ticket, a note, a question) as a simulated model reads it."""

import re
from dataclasses import dataclass

from portal.gateway.sandbox import hidden_orders
from portal.gateway.sandbox.traits import Traits
from portal.gateway.sandbox.words import Sentence, sentence, split_sentences

_SUBJECT = re.compile(
    r"^[ \t]*(?:subject|title|betreff|objet)[ \t]*:[ \t]*(.*)$", re.IGNORECASE | re.MULTILINE
)
_FIELD_NAME = re.compile(
    r"^[ \t]*(?:body|message|text|ticket|note|e-?mail|input|content|review|comment)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED = re.compile(
    r"^\s*>|^\s*(?:on|am|le)\b.{0,80}\b(?:wrote|schrieb|écrit)\s*:\s*$", re.IGNORECASE
)
_REPLY = re.compile(r"^\s*(?:re|fwd?|aw|wg)\s*:", re.IGNORECASE)
_SUBJECT_DISOWNED = re.compile(
    r"\b(?:wrong|nice|ignore\s+the|sorry\s+(?:for|about)\s+the|odd)\s+subject\b|\bonly\s+wrote\s+that\b|\bsubject\s+(?:is|was)\s+(?:wrong|a\s+mistake)\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"\b(?:please|pls|plz|kindly|bitte|merci\s+de|could\s+you|can\s+you|would\s+you|can\s+i\s+get|could\s+i|may\s+i|i\s+(?:would|'d)\s+like|i'd\s+(?:still\s+)?like|"
    r"i\s+(?:really\s+|only\s+|just\s+|still\s+)?(?:want|need|wish|request|ask|insist|expect|demand|hereby|herewith)|i\s+(?:do\s+not|don't)\s+agree|"
    r"i(?:'m|\s+am)\s+(?:writing|going|requesting|asking)|request(?:ing)?|how\s+(?:do|can)\s+i|help\s+me|would\s+like\s+to|looking\s+for|"
    r"i\s+want|we\s+want|i'd\s+rather)\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:if\s+(?:this|it|that|you|nothing|things|i)\b.{0,60}\b(?:cancel|leave|refund|switch|end)|or\s+(?:else\s+)?i(?:'ll|\s+will)|otherwise\s+i|"
    r"unless|(?:may|might)\s+(?:have\s+to\s+)?(?:cancel|leave)|(?:considering|thinking\s+(?:of|about))\s+(?:cancel|leav)|"
    r"(?:forced|have)\s+to\s+(?:cancel|consider))",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:already|last\s+(?:year|month|week|spring|summer)|i\s+(?:had\s+)?tried\s+to|was\s+cancel|have\s+cancel|had\s+cancel|i\s+cancell?ed|settled|"
    r"is\s+gone|thanks\s+for\s+the|since\s+i\s+cancel|i\s+ended|had\s+ended|contract\s+ended|runs\s+perfectly|works\s+well|nothing\s+to\s+complain|"
    r"confirm(?:ed|ation)?\s+the\s+cancel|is\s+right|offered\s+me|don't\s+care\s+whether)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One sentence of the data and how much it counts."""

    sentence: Sentence
    weight: float
    request: bool
    subject: bool


@dataclass(frozen=True, slots=True)
class DataText:
    """The data, read once: the parts that count, the orders found in it, and the text without
    them."""

    raw: str
    parts: tuple[Part, ...]
    orders: tuple[str, ...]
    kept: str

    @property
    def word_count(self) -> int:
        """Words that the model has read."""
        return sum(len(part.sentence.words) for part in self.parts)


def read_data(text: str, traits: Traits) -> DataText:
    """Read the data with the abilities of a model: what it skips, weighs and notices depends on
    its traits."""
    unfolded = hidden_orders.unfold(text)
    subjects = [found.strip() for found in _SUBJECT.findall(unfolded)]
    body = _FIELD_NAME.sub("", _SUBJECT.sub("", unfolded))
    pieces = [(piece, True) for piece in subjects if piece]
    pieces += [(piece, False) for piece in _lines_then_sentences(body)]
    disowned = traits.structure and _SUBJECT_DISOWNED.search(body) is not None
    parts: list[Part] = []
    orders: list[str] = []
    kept: list[str] = []
    left = traits.reading_limit
    for piece, is_subject in pieces:
        if hidden_orders.is_order(piece):
            orders.append(piece)
            if traits.obedience == "robust":
                continue
        read = sentence(piece)
        if left is not None:
            if left <= 0:
                break
            left -= len(read.words)
        weight, request = (1.0, False)
        if traits.structure:
            weight, request = _weigh(piece, is_subject, disowned)
        parts.append(Part(sentence=read, weight=weight, request=request, subject=is_subject))
        kept.append(piece)
    return DataText(raw=text, parts=tuple(parts), orders=tuple(orders), kept="\n".join(kept))


def _lines_then_sentences(body: str) -> list[str]:
    """Sentences, where a quoted line keeps its mark and wrapped lines of prose stay together."""
    pieces: list[str] = []
    paragraph: list[str] = []

    def flush() -> None:
        if paragraph:
            pieces.extend(split_sentences(" ".join(paragraph)))
            paragraph.clear()

    for line in body.splitlines():
        if _QUOTED.search(line):
            flush()
            pieces.append(line.strip())
        elif not line.strip():
            flush()
        else:
            paragraph.append(line.strip())
    flush()
    return pieces


def _weigh(piece: str, is_subject: bool, disowned: bool) -> tuple[float, bool]:
    if _QUOTED.search(piece):
        return 0.05, False
    if is_subject:
        if disowned or _REPLY.search(piece):
            return 0.05, False
        return 1.2, False
    request = _REQUEST.search(piece) is not None
    weight = 1.9 if request else 1.0
    if _CONDITION.search(piece):
        return 0.25, False
    if _PAST.search(piece):
        weight *= 0.45
    return weight, request
