"""The control for an agent's tools: a row for each, and an empty one to go on."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from workloads.briefs.answers import MAX_ITEMS
from workloads.briefs.enums import ToolAccess

_ACCESS_OF_WORD = {"reads": "read", "writes": "write", "external": "external"}


def posted_tools(data: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the rows of a posted form, also unfinished ones; a row without a name is no tool."""
    rows = []
    for number in range(MAX_ITEMS + 1):
        prefix = f"{name}-{number}"
        written = str(data.get(f"{prefix}-name", ""))
        if written.strip():
            rows.append(
                {
                    "name": written,
                    "access": str(data.get(f"{prefix}-access", "")),
                    "reversible": f"{prefix}-reversible" in data,
                }
            )
    return rows


def tools_data(name: str, rows: Sequence[Mapping[str, Any]]) -> MultiValueDict[str, str]:
    """Return tools as a form would post them."""
    data = MultiValueDict[str, str]()
    for number, row in enumerate(rows):
        prefix = f"{name}-{number}"
        data[f"{prefix}-name"] = str(row["name"])
        data[f"{prefix}-access"] = str(row["access"])
        if row["reversible"]:
            data[f"{prefix}-reversible"] = "on"
    return data


def rows_of_text(text: str) -> list[dict[str, Any]]:
    """Return what `answers.tools_as_text` wrote down of rows that were no answer."""
    rows = []
    for line in text.splitlines():
        parts = [part.strip() for part in line.rsplit(";", 2)]
        name, access, undone = (*parts, "", "")[:3]
        rows.append(
            {
                "name": name,
                "access": _ACCESS_OF_WORD.get(access, ""),
                "reversible": undone == "reversible",
            }
        )
    return rows


class ToolsWidget(forms.Widget):
    """A table of rows: the tool's name, what it can do, whether that can be undone."""

    template_name = "workloads/briefs/tools.html"
    use_fieldset = True

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        """Return the posted rows."""
        return posted_tools(data, name)

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        """Return False: no row at all is an answer too."""
        return False

    def id_for_label(self, id_: str) -> str:
        """Return "": the control is a group, its rows carry labels of their own."""
        return ""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Return the rows with an empty one behind them."""
        context = super().get_context(name, None, attrs)
        rows = list(value or [])
        blank = {"name": "", "access": ToolAccess.READ.value, "reversible": True}
        numbered = [
            {**row, "prefix": f"{name}-{number}", "number": number + 1}
            for number, row in enumerate([*rows, blank])
        ]
        return context | {"rows": numbered, "choices": ToolAccess.choices, "body": f"{name}-rows"}
