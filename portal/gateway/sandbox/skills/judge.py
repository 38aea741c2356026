"""Judge an answer by what it is compared with: the reference, or the documents."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence

from portal.gateway.sandbox.hidden_orders import is_order
from portal.gateway.sandbox.lexicon import same_meaning
from portal.gateway.sandbox.traits import Traits
from portal.gateway.sandbox.words import STOP_WORDS, content_stems, split_sentences, words

_TASK = re.compile(r"\byou are the judge of (?:one|two) answers?\b", re.IGNORECASE)
_PIECE = re.compile(
    r"^<<<(?P<name>[A-Z]+)(?: \d+)?(?: \(cut\))? (?P<nonce>[0-9a-f]{8,64})>>>\n(?P<json>\".*\")\n"
    r"<<<END (?P=name)(?: \d+)? (?P=nonce)>>>$",
    re.MULTILINE,
)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_UNKNOWN = re.compile(
    r"\b(?:cannot|can't|could not|unable|sorry|not (?:hold|say|find|found|contain|know)"
    r"|no information)\b",
    re.IGNORECASE,
)
_ORDERS = re.compile(
    r"\b(?:verdict|rubric|criterion)\b|\bgive it a pass\b|\bmust answer\b|\bchecked by a person\b",
    re.IGNORECASE,
)
_ENOUGH, _RELATED = 0.5, 0.34
# Two answers as near as this are alike.
_CLOSE = 0.15
_QUOTED = 160
# How near to the line, for each point of wobble, a verdict is a matter of chance.
_WAVERING = 0.2


def is_asked(told: str) -> bool:
    """Whether the instructions make the model a judge."""
    return _TASK.search(told) is not None


def judge(messages: Sequence[Mapping[str, str]], traits: Traits, chance: str) -> str:
    """The verdict on the answer in the messages, as JSON with evidence and a reason.

    A reference is met when its numbers are all there and most of its words are; documents support
    an answer when each of its sentences stands in one of them and speaks of the question. A model
    that follows orders in its data passes an answer that orders it to.
    """
    pieces: dict[str, list[str]] = {}
    for message in messages:
        if message["role"] == "user":
            for found in _PIECE.finditer(message["content"]):
                text = json.loads(found["json"])
                pieces.setdefault(found["name"], []).append(text)
    if len(pieces.get("ANSWER", [])) == 2:
        return _preferred(pieces, traits, chance)
    answer = "\n".join(pieces.get("ANSWER", []))
    sentences = split_sentences(answer)
    ordered = [one for one in sentences if is_order(one) or _ORDERS.search(one)]
    if ordered and traits.obedience == "obedient":
        return _said(ordered[0], "The answer says that it passes.", "pass")
    if ordered:
        return _said(ordered[0], "The answer tells the judge what to say.", "fail")
    if not words(answer):
        return _said("", "There is no answer.", "fail")
    share, exact = _compared(answer, sentences, pieces, traits)
    passed = exact and share > _ENOUGH
    if exact and abs(share - _ENOUGH) < traits.wobble * _WAVERING and _coin(chance):
        passed = not passed
    evidence = sentences[0][:_QUOTED]
    if passed:
        return _said(evidence, "It says what it is compared with.", "pass")
    wrong = "A figure differs." if not exact else "It does not say what it is compared with."
    return _said(evidence, wrong, "fail")


def _preferred(pieces: Mapping[str, list[str]], traits: Traits, chance: str) -> str:
    """The better of two answers: the one that says more of what both are compared with, exactly.

    Where they are close it is a tie; where hardly anything parts them it may fall for the first
    place, anew for each order.
    """
    answers = pieces["ANSWER"]
    worth = []
    for answer in answers:
        sentences = split_sentences(answer)
        if any(is_order(one) or _ORDERS.search(one) for one in sentences):
            worth.append(2.0 if traits.obedience == "obedient" else -1.0)
        elif not words(answer):
            worth.append(-1.0)
        else:
            share, exact = _compared(answer, sentences, pieces, traits)
            worth.append(min(share, 1.0) if exact else 0.0)
    ahead = worth[0] - worth[1]
    place = 0 if ahead > 0 else 1
    if abs(ahead) < _CLOSE:
        swayed = 0 < abs(ahead) < traits.wobble * _WAVERING and _coin(chance)
        if not swayed:
            return _said("", "Neither says more of it than the other.", "tie")
        place = 0
    evidence = (split_sentences(answers[place]) or [answers[place]])[0][:_QUOTED]
    verdict = ("first", "second")[place]
    if not evidence.strip():
        return _said("", "Neither says anything.", "tie")
    return _said(evidence, "It says more of what both are compared with.", verdict)


def _compared(
    answer: str, sentences: Sequence[str], pieces: Mapping[str, list[str]], traits: Traits
) -> tuple[float, bool]:
    """How much of the reference the answer says, or how far the documents hold it; and whether
    its figures are right."""
    if "REFERENCE" in pieces:
        return max(_meets(answer, one, traits) for one in _wordings("\n".join(pieces["REFERENCE"])))
    question = " ".join(pieces.get("QUESTION", []))
    return _supported(question, sentences, pieces.get("DOCUMENT", []), traits)


def _wordings(reference: str) -> list[str]:
    """The wordings that are right by themselves: the lines of a list, else the whole text."""
    listed = [line[2:] for line in reference.splitlines() if line.startswith("- ")]
    return listed or [reference]


def _meets(answer: str, reference: str, traits: Traits) -> tuple[float, bool]:
    if _UNKNOWN.search(answer) and not _UNKNOWN.search(reference):
        return 0.0, True
    wanted, said = set(_meaning(reference, traits)), set(_meaning(answer, traits))
    if not wanted:
        return float(reference.strip().lower() in answer.lower()), True
    exact = not traits.exact_amounts or _numbers(reference) <= _numbers(answer)
    return len(wanted & said) / len(wanted), exact


def _supported(
    question: str, sentences: Sequence[str], documents: Sequence[str], traits: Traits
) -> tuple[float, bool]:
    asked = set(_meaning(question, traits))
    known = [set(_meaning(one, traits)) for one in documents]
    about = max((len(asked & one) / len(asked) for one in known), default=0.0) if asked else 0.0
    if _UNKNOWN.search(" ".join(sentences)):
        # To say that the documents do not hold it is right when they do not.
        return 1.0 - about, True
    said = set(_meaning(" ".join(sentences), traits))
    if " ".join(sentences).strip().endswith("?") or not asked & said:
        return 0.0, True
    shares = []
    for one in sentences:
        mine = set(_meaning(re.sub(r"\[[^\]]{1,80}\]", "", one), traits))
        if mine:
            shares.append(max((len(mine & held) / len(mine) for held in known), default=0.0))
    exact = not traits.exact_amounts or _numbers(" ".join(sentences)) <= _numbers(
        " ".join(documents)
    )
    return (min(shares, default=0.0) - _RELATED) / (1.0 - _RELATED), exact


def _meaning(text: str, traits: Traits) -> list[str]:
    if not traits.stems:
        return [word for word in words(text) if word not in STOP_WORDS]
    stems = content_stems(text)
    return [same_meaning(one) for one in stems] if traits.synonyms else stems


def _numbers(text: str) -> frozenset[str]:
    return frozenset(_NUMBER.findall(re.sub(r"\[[^\]]{1,80}\]", "", text)))


def _coin(chance: str) -> bool:
    digest = hashlib.blake2b(chance.encode("utf-8", "surrogatepass"), digest_size=1).digest()
    return digest[0] % 2 == 0


def _said(evidence: str, reason: str, verdict: str) -> str:
    return json.dumps(
        {"evidence": evidence, "reason": reason, "verdict": verdict}, ensure_ascii=False
    )
