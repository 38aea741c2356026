"""Whether an answer has the form that a prompt asks for: few-shot outputs and pasted ones alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.common.errors import DomainError
from portal.common.strictjson import loads
from workloads.prompts.schemas import mismatch, schema_problem

ANSWER_MAX = 100_000


@dataclass(frozen=True, slots=True)
class AnswerCheck:
    """What checking one answer said: ``code`` is "" when it has the form that was asked for."""

    code: str
    message: str

    @property
    def follows(self) -> bool:
        """Whether nothing is wrong with the answer."""
        return not self.code


def check_answer(content: Mapping[str, Any], answer: str) -> AnswerCheck:
    """Return whether ``answer`` has the form of ``content``: JSON that follows the schema.

    Codes: max_length, not_json, schema, bad_schema. Without a schema, JSON has only to be JSON;
    any other form takes every text.
    """
    if len(answer) > ANSWER_MAX:
        return AnswerCheck("max_length", f"Check at most {ANSWER_MAX:,} characters at a time.")
    schema = content["output_schema"]
    if content["output_format"] != "json" and schema is None:
        return AnswerCheck("", "The prompt asks for no particular form, so any text is right.")
    problem = schema_problem(schema) if schema is not None else None
    if problem is not None:
        return AnswerCheck("bad_schema", f"Mend the schema first: {problem[1]}")
    try:
        value = loads(answer)
    except DomainError as refused:
        words = refused.message.replace("The body is not valid JSON", "It is not JSON")
        return AnswerCheck("not_json", words)
    if schema is None:
        return AnswerCheck("", "It is JSON; give a schema to check more than that.")
    wrong = mismatch(schema, value)
    if wrong:
        return AnswerCheck("schema", f"It does not follow the schema: {wrong}")
    return AnswerCheck("", "It follows the schema.")
