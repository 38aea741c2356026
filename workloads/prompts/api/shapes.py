"""What the prompts' API takes and gives, field by field."""

from collections.abc import Mapping
from typing import Any

from rest_framework.serializers import (
    BooleanField,
    CharField,
    DateTimeField,
    FloatField,
    IntegerField,
    JSONField,
    ListField,
    UUIDField,
)

from portal.common.api import header, shape
from workloads.prompts.content import FORMATS, GUARDRAIL_KINDS, SOURCES
from workloads.prompts.models import Pointer

SEEN = header(
    "If-Match",
    'The row version of the draft that you read, such as "3"; 0 before the first save.',
    required=True,
)


def _text(help_text: str = "", *, required: bool = True) -> CharField:
    return CharField(allow_blank=True, required=required, help_text=help_text)


_GUARDRAIL = {"kind": CharField(help_text=f"{', '.join(GUARDRAIL_KINDS)}."), "text": _text()}
_SHOT = {"input": JSONField(help_text="A text, or an object of values."), "output": _text()}
_VARIABLE = {
    "name": CharField(),
    "type": CharField(required=False),
    "required": BooleanField(required=False),
    "max_length": IntegerField(required=False, allow_null=True),
    "default": CharField(required=False, allow_null=True, allow_blank=True),
    "sample": CharField(required=False, allow_null=True, allow_blank=True),
    "source": CharField(required=False, help_text=f"{', '.join(SOURCES)}."),
    "trusted": BooleanField(required=False),
}
_PARAMS = {
    "temperature": FloatField(required=False, allow_null=True),
    "top_p": FloatField(required=False, allow_null=True),
    "max_tokens": IntegerField(required=False, allow_null=True),
    "stop": ListField(child=CharField(), required=False, allow_null=True),
    "seed": IntegerField(required=False, allow_null=True),
}


def _content(*, required: bool) -> Mapping[str, Any]:
    """Return the parts of a prompt: all of them, or those that are to change."""
    return {
        "persona": _text(required=required),
        "instructions": _text(required=required),
        "output_format": _text(f"{', '.join(FORMATS)}.", required=required),
        "output_schema": JSONField(
            required=required, allow_null=True, help_text="A JSON Schema, or null."
        ),
        "tone": _text(required=required),
        "guardrails": shape("PromptGuardrail", _GUARDRAIL, many=True, required=required),
        "refusal_text": _text(required=required),
        "few_shot": shape("PromptShot", _SHOT, many=True, required=required),
        "variables": shape("PromptVariable", _VARIABLE, many=True, required=required),
        "user_template": _text(required=required),
        "params": shape("PromptParams", _PARAMS, required=required),
    }


POINTERS = shape(
    "PromptPointers",
    {
        pointer.value: IntegerField(allow_null=True, help_text=pointer.meaning)
        for pointer in Pointer
    },
)
_LINE = {
    "number": IntegerField(),
    "parent": IntegerField(allow_null=True, help_text="The version that it descends from."),
    "digest": CharField(),
    "note": _text(),
    "tokens": IntegerField(),
    "authors": ListField(child=UUIDField()),
    "committed_at": DateTimeField(),
    "committed_by": CharField(allow_null=True),
}
VERSION_LINE = shape("PromptVersionLine", _LINE)
VERSIONS = shape(
    "PromptVersions",
    {
        "candidate": IntegerField(allow_null=True, help_text="What evaluation and builds use."),
        "pointers": POINTERS,
        "versions": shape("PromptVersionLine", _LINE, many=True),
    },
)
VERSION = shape(
    "PromptVersion", {**_LINE, "content": shape("PromptContent", _content(required=True))}
)
COMMIT = shape(
    "PromptCommit",
    {"note": _text("What changed; needed from version 2 on.", required=False)},
)
RESTORE = shape("PromptRestore", {"note": _text("Why it comes back.", required=False)})
USE = shape("PromptUse", {"reason": _text("Why this version.", required=False)})
START = shape(
    "PromptStart",
    {
        "replace": BooleanField(
            required=False, help_text="Drop changes of the draft that nobody committed."
        )
    },
)

CHANGES = shape("PromptChanges", _content(required=False))
DRAFT = shape(
    "PromptDraft",
    {
        "row_version": IntegerField(help_text="Send it as If-Match; 0 before the first save."),
        "from": IntegerField(allow_null=True, help_text="The version that the draft began from."),
        "differs": BooleanField(help_text="Whether it holds something that its version does not."),
        "content": shape("PromptContent", _content(required=True)),
        "lint": shape(
            "PromptProblem",
            {
                "field": CharField(),
                "code": CharField(),
                "message": CharField(),
                "blocks": BooleanField(help_text="Whether it has to be mended before a commit."),
            },
            many=True,
        ),
        "findings": shape(
            "PromptFinding",
            {
                "field": CharField(),
                "finding": CharField(help_text="The digest of what looks like a secret."),
                "shown": CharField(help_text="Its first characters."),
            },
            many=True,
        ),
    },
)
FILE = shape("PromptFile", {"file": CharField(help_text="The text of a prompt file.")})
ANSWER = shape("PromptAnswer", {"answer": _text()})
ANSWER_CHECK = shape(
    "PromptAnswerCheck",
    {
        "follows": BooleanField(),
        "code": _text("max_length, not_json, schema or bad_schema; empty when it follows."),
        "message": CharField(),
    },
)
FALSE_ALARM = shape(
    "PromptFalseAlarm",
    {
        "finding": CharField(help_text="The digest that the draft gives among its findings."),
        "reason": CharField(help_text="Why it is no secret."),
    },
)

MOVES = shape(
    "PromptPointerMoves",
    {
        "now": POINTERS,
        "results": shape(
            "PromptPointerMove",
            {
                "pointer": CharField(help_text=f"{', '.join(Pointer.values)}."),
                "from": IntegerField(allow_null=True),
                "to": IntegerField(),
                "at": DateTimeField(),
                "by": CharField(),
                "reason": _text(),
                "decision": _text("The decision that moved it, if one did."),
            },
            many=True,
        ),
        "next_cursor": _text(),
    },
)
DIFFERENCE = shape(
    "PromptDifference",
    {
        "parts": shape(
            "PromptPartDifference",
            {
                "part": CharField(),
                "detail": CharField(help_text="How finely: words, sentences, lines or whole."),
                "pieces": shape(
                    "PromptPiece",
                    {"op": CharField(help_text="equal, delete or insert."), "text": CharField()},
                    many=True,
                ),
            },
            many=True,
        )
    },
)
