"""Answers of the API held against its description: nothing missing, nothing that it does not say."""

import json
import re
from typing import Any

import jsonschema

from portal.common.schema import description


def problems(schema: dict[str, Any], body: Any) -> list[str]:
    """Return what of ``body`` is other than ``schema`` says, properties it does not name too."""
    whole = {**_strict(schema), "components": _strict(description()["components"])}
    return [
        f"{one.json_path}: {one.message[:160]}"
        for one in jsonschema.Draft202012Validator(whole).iter_errors(body)
    ]


def problems_of(method: str, path: str, answer: Any) -> list[str]:
    """Return in what an answer is not what the description of its path says."""
    told = description()["paths"][path][method]["responses"].get(str(answer.status_code), {})
    media = answer["Content-Type"].split(";")[0]
    if media not in told.get("content", {}):
        return [f"{answer.status_code} {media} is not described: {answer.content[:200]!r}"]
    if media != "application/json":
        return []
    return problems(told["content"][media]["schema"], json.loads(answer.content))


def as_described(answer: Any) -> Any:
    """Return the body of what the test client got; fails when it is not as described."""
    route = re.sub(r"<\w+:(\w+)>", r"{\1}", answer.resolver_match.route)
    method = answer.request["REQUEST_METHOD"].lower()
    told = description()["paths"][f"/{route}"][method]["responses"][str(answer.status_code)]
    body = json.loads(answer.content)
    assert problems(told["content"]["application/json"]["schema"], body) == []
    return body


def _strict(node: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: null by ``nullable``, and no property that is not described."""
    if isinstance(node, list):
        return [_strict(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {name: _strict(one) for name, one in node.items()}
    if made.get("type") == "object" and "properties" in made:
        made["additionalProperties"] = False
    if made.pop("nullable", False):
        return {"anyOf": [{"type": "null"}, made]}
    return made
