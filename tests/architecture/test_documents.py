"""The documents that list things list all of them, as they are."""

import re
from pathlib import Path
from typing import Any

import pytest

from portal import settings

ROOT = Path(__file__).resolve().parents[2]


def _table(name: str) -> dict[str, str]:
    """The first two columns of the tables in docs/``name``: what is in backticks."""
    rows = re.findall(
        r"^\| `([^`]+)` \| (.*?) \|", (ROOT / "docs" / name).read_text(encoding="utf-8"), re.M
    )
    return {first: second.strip() for first, second in rows}


def test_every_setting_stands_in_the_document_with_its_default() -> None:
    def shown(value: Any) -> str:
        if value in ("", []):
            return "empty"
        return ", ".join(value) if isinstance(value, list) else str(value)

    defaults = {name: shown(default) for name, (_, default) in settings.env.scheme.items()}
    defaults["ASSAY_VAR"] = ".var in the clone"

    assert {name: default.strip("`") for name, default in _table("settings.md").items()} == defaults


@pytest.mark.parametrize("file", ["requirements.txt"])
def test_every_dependency_has_a_reason_and_is_pinned(file: str) -> None:
    lines = [
        line
        for line in (ROOT / file).read_text(encoding="utf-8").splitlines()
        if line and not line.startswith(("#", "-r"))
    ]
    names = {line.split("==")[0] for line in lines}

    assert all("==" in line for line in lines)
    assert names == set(_table("dependencies.md"))
