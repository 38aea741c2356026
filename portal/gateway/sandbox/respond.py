"""From a request to the text of the answer: recognise the task, use the skill, add the manners of
the model."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.gateway.sandbox import hidden_orders
from portal.gateway.sandbox.data_text import read_data
from portal.gateway.sandbox.instructions import Instructions, read_instructions
from portal.gateway.sandbox.skills.answer import answer
from portal.gateway.sandbox.skills.chat import chat
from portal.gateway.sandbox.skills.choose import choose
from portal.gateway.sandbox.skills.documents import Asked, read_question
from portal.gateway.sandbox.skills.fields import Source, fill
from portal.gateway.sandbox.skills.judge import is_asked, judge
from portal.gateway.sandbox.skills.refuse import refuses_request, shies_away
from portal.gateway.sandbox.skills.summarise import summarise
from portal.gateway.sandbox.traits import SimulatedModel, Traits

_DATA_BEGINS = re.compile(
    r"^[ \t]*(?:ticket|text|subject|body|message|e-?mail|input|review|documents?|context|note"
    r"|question|article|transcript|comment)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_LINES = re.compile(r"\n{3,}")
_BLANKS = re.compile(r"[ \t]{5,}")
_SHY = (
    "I'm sorry, but I'm not comfortable with this request because it touches a sensitive subject."
)


@dataclass(frozen=True, slots=True)
class Reply:
    """The text of an answer; ``refused`` when the model declined."""

    text: str
    refused: bool = False


def respond(
    model: SimulatedModel,
    messages: Sequence[Mapping[str, str]],
    *,
    response_format: Mapping[str, object] | None = None,
    seed: int | None = None,
) -> Reply:
    """The answer of a model to a conversation of ``{"role", "content"}`` messages with plain text
    contents.

    The same arguments always give the same answer. Nothing but the arguments is read.
    """
    told, data = _told_and_data(messages)
    if is_asked(told):
        return Reply(judge(messages, model.traits, f"{model.name}|{seed or 0}|{data}"))
    schema_mode = "response_schema" in model.capabilities
    format_text = (
        json.dumps(response_format, sort_keys=True) if response_format and schema_mode else ""
    )
    instructions = read_instructions(told, format_text)
    chance = f"{model.name}|{seed or 0}|{data}"
    traits = model.traits
    asked = read_question(data)
    if traits.eager_refusal and shies_away(asked.question if asked.documents else data):
        return Reply(_SHY, refused=True)
    sorts = instructions.schema is not None or bool(instructions.labels)
    judges = not (sorts or instructions.wants_summary or traits.obedience == "obedient")
    if judges and refuses_request(asked.question, instructions):
        return Reply(instructions.refusal_text, refused=True)
    return Reply(_work(instructions, data, asked, traits, chance, bare=bool(format_text)))


def _work(
    instructions: Instructions, data: str, asked: Asked, traits: Traits, chance: str, *, bare: bool
) -> str:
    wrap = traits.wraps and not bare
    if instructions.schema is not None:
        source = Source(
            read_data(data, traits), asked.documents, asked.question, instructions, traits, chance
        )
        text = json.dumps(fill(instructions.schema, source), ensure_ascii=False)
        return _fenced(text) if wrap else text
    if traits.obedience == "obedient" and not instructions.labels:
        wanted = hidden_orders.wanted_text(list(read_data(data, traits).orders))
        if wanted:
            return wanted
    if asked.documents and not instructions.wants_summary:
        text, used = answer(asked.question, asked.documents, traits, instructions, chance)
        cited = (
            f"{text} {' '.join(f'[{one}]' for one in used)}"
            if instructions.cites and used
            else text
        )
        return f"Sure! Here is what I found: {cited}" if wrap and used else cited
    if instructions.labels:
        label = choose(instructions.labels, read_data(data, traits), traits, chance).label
        return f"The right category is **{label}**." if wrap else label
    if instructions.wants_summary:
        text = summarise(
            data,
            traits,
            word_limit=instructions.word_limit,
            sentence_limit=instructions.sentence_limit,
        )
        return f"Here is a short summary:\n\n{text}" if wrap else text
    return chat(read_data(data, traits).kept or data)


def _fenced(text: str) -> str:
    block = f"```json\n{text}\n```"
    return f"Here is the result you asked for:\n\n{block}\n\nLet me know if you need anything else!"


def _told_and_data(messages: Sequence[Mapping[str, str]]) -> tuple[str, str]:
    """The instructions (system and developer messages) and the data (the last user message).

    Without instructions of its own, a user message is cut in two where its data begins
    ("Ticket: ...").
    """
    told = "\n\n".join(
        message["content"] for message in messages if message["role"] in ("system", "developer")
    )
    data = next(
        (message["content"] for message in reversed(messages) if message["role"] == "user"), ""
    )
    data = _LINES.sub("\n\n", _BLANKS.sub("    ", data))
    if told.strip():
        return told, data
    begins = _DATA_BEGINS.search(data)
    if begins and begins.start() > 0:
        return data[: begins.start()], data[begins.start() :]
    return data, data
