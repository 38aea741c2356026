"""A scorecard as a table for spreadsheets and as text for a terminal."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from evaluations.scorecards.document.words import amount
from evaluations.scorecards.enums import Standing

# A spreadsheet reads a cell that begins with one of these as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
COLUMNS = (
    "scorecard", "candidate", "kind", "measure", "label", "unit", "value", "low", "high", "n",
    "planned", "missing", "errors", "refused", "method", "verdict", "simulated", "digest",
)  # fmt: skip


def cell(value: Any) -> Any:
    """Return a value that a spreadsheet shows and never runs; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return f"'{value}"
    return value


def as_csv(document: Mapping[str, Any], digest: str) -> str:
    """Return one row per candidate, slice and measure."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in _rows(document, digest):
        writer.writerow([cell(value) for value in row])
    return out.getvalue()


def _rows(document: Mapping[str, Any], digest: str) -> Iterator[list[Any]]:
    for candidate in document["candidates"]:
        slices = {"all": candidate["measures"]}
        slices |= {kind: candidate["kinds"][kind] for kind in document["kinds"]}
        verdict = candidate["verdict"]
        for kind, measures in slices.items():
            for one in document["measures"]:
                figures = measures[one["key"]]
                yield [
                    document["number"], candidate["name"], kind, one["key"], one["label"],
                    one["unit"], figures["value"], figures["low"], figures["high"], figures["n"],
                    figures["planned"], figures["missing"], figures["errors"], figures["refused"],
                    figures["method"], f"{verdict['state']}: {verdict['words']}",
                    "yes" if document["simulated"] else "no", digest,
                ]  # fmt: skip


def as_text(document: Mapping[str, Any], digest: str) -> str:
    """Return the scorecard as a person reads it in a terminal."""
    data, run = document["dataset"], document["run"]
    lines = [
        f"Scorecard {document['number']} of {document['workload']}"
        + (" (simulated models)" if document["simulated"] else ""),
        f"{data['ref']} version {data['version']}, {data['n']} examples;"
        f" {run['done']} of {run['planned']} results, {run['errors']} errors,"
        f" {run['spent']} {document['currency']} spent",
        "",
    ]
    names = [one["name"] for one in document["candidates"]]
    width = max(12, *(len(name) for name in names))
    for measure in document["measures"]:
        lines.append(measure["label"])
        for candidate in document["candidates"]:
            figures = candidate["measures"][measure["key"]]
            lines.append(f"  {candidate['name']:<{width}}  {_figures(figures, measure['unit'])}")
    lines.append("")
    for candidate in document["candidates"]:
        verdict = candidate["verdict"]
        lines.append(
            f"{candidate['name']:<{width}}  {Standing(verdict['state']).label}: {verdict['words']}"
        )
        lines += [f"  {'':<{width}}{one['label']}: {one['words']}" for one in candidate["fit"]]
    if document["headline"]:
        head = document["headline"]
        lines += ["", f"{head['words']}: {head['verdict_words']}.", head["power_words"]]
    lines += ["", digest]
    return "\n".join(line.rstrip() for line in lines)


def _figures(figures: Mapping[str, Any], unit: str) -> str:
    if figures["value"] is None:
        return f"not measured (0 of {figures['planned']})"
    text = amount(figures["value"], unit)
    if figures["low"] is not None and figures["high"] is not None:
        text += f"  [{amount(figures['low'], unit)} to {amount(figures['high'], unit)}]"
    else:
        text += f"  [{figures['method']}]"
    lost = figures["planned"] - figures["n"]
    return f"{text}  n = {figures['n']}" + (f", {lost} missing" if lost else "")
