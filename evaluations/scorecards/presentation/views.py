"""Turning a scorecard's document into what its pages show."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from evaluations.judges.enums import Standing as JudgeStanding
from evaluations.runs.enums import RunPurpose, RunState
from evaluations.scorecards.document.comparisons import USUAL_DISCORDANCE
from evaluations.scorecards.document.measures import LATENCY
from evaluations.scorecards.document.words import amount, p_value, signed, span
from evaluations.scorecards.enums import Fit, Standing
from evaluations.scorecards.presentation.rows import (
    Attempt,
    CandidateRow,
    Figure,
    FitRow,
    JudgedRow,
    JudgeTable,
    MeasureTable,
    RankRow,
    ScorecardView,
    Slice,
    SummaryGrid,
    figure,
)
from portal.shell.formats import MISSING, money
from portal.shell.plots import Estimate, IntervalChart, interval_chart


def view_of(document: Mapping[str, Any], winner: str = "") -> ScorecardView:
    """Return a scorecard ready for its page; ``winner`` is the alias that was chosen, if any."""
    measures = {one["key"]: one for one in document["measures"]}
    primary = measures[document["primary"]]
    floor = next((one for one in document["floors"] if one["key"] == primary["key"]), None)
    ranked = sorted(document["candidates"], key=lambda one: _rank(one, primary))
    rows = tuple(_row(one, primary, winner) for one in ranked)
    first = next((one for one in ranked if one["alias"] == winner), ranked[0])
    lows = [row.primary.low for row in rows if row.primary.low is not None]
    least = min([*lows, *([floor["at"]] if floor else [])], default=0.0)
    return ScorecardView(
        document=document,
        rows=rows,
        primary=primary,
        floor=floor["at"] if floor and primary["scale"] != "quantity" else None,
        floor_words=f", floor {amount(floor['at'], primary['unit'])}" if floor else "",
        scale_low=max(0.0, min(0.9, math.floor(least * 10 - 0.5) / 10)),
        kinds=tuple(
            (kind, figure(first["kinds"][kind][primary["key"]], primary["unit"]))
            for kind in document["kinds"]
        ),
        kinds_of=first["name"],
        tables=tuple(_table(document, one, ranked) for one in document["measures"]),
        limits=tuple((one["label"], amount(one["at"], one["unit"])) for one in ranked[0]["fit"]),
        fits=tuple(_fit(one) for one in ranked),
        # Older documents do not say it.
        calls_at_once=document["plan"].get("concurrency"),
        attempts=tuple(
            Attempt(
                one,
                RunPurpose(one["purpose"]),
                RunState(one["state"]),
                money(Decimal(one["spent"]), document["currency"]),
            )
            for one in document["attempts"]
        ),
        winner=winner,
        ranking=_ranking(document),
        ranking_words=document["ranking"]["words"],
        weights=_weights(document, measures),
        slices_title=f"Slices of {primary['label']}",
        slices=_slices(document, primary, ranked),
        spent=money(Decimal(document["run"]["spent"]), document["currency"]),
        judges=tuple(_judged(one, ranked) for one in document.get("judges", ())),
    )


def _judged(facts: Mapping[str, Any], ranked: Sequence[Mapping[str, Any]]) -> JudgeTable:
    rows = []
    for one in ranked:
        figures = one["measures"][facts["key"]]
        corrected = figures["corrected"]
        rows.append(
            JudgedRow(
                name=one["name"],
                naive=figure(figures, "share"),
                corrected=amount(corrected["value"], "share") if corrected else "",
                corrected_interval=span(corrected["low"], corrected["high"], "share")
                if corrected
                else "",
                corrected_method=corrected.get("method", "") if corrected else "",
                counts=figures["counts"],
            )
        )
    return JudgeTable(facts, JudgeStanding(facts["standing"]), tuple(rows))


def _rank(candidate: Mapping[str, Any], primary: Mapping[str, Any]) -> tuple[bool, float]:
    value = candidate["measures"][primary["key"]]["value"]
    if value is None:
        return True, 0.0
    return False, -value if primary["direction"] == "up" else value


def _row(candidate: Mapping[str, Any], primary: Mapping[str, Any], winner: str) -> CandidateRow:
    measured = candidate["measures"]
    about = [candidate["provider"], candidate["hosting"]]
    return CandidateRow(
        name=candidate["name"],
        where=" · ".join(one for one in about if one),
        wins=candidate["alias"] == winner,
        standing=Standing(candidate["verdict"]["state"]),
        words=candidate["verdict"]["words"],
        primary=figure(measured[primary["key"]], primary["unit"]),
        refused=candidate["refused"]["value"],
        latency=measured[LATENCY]["value"],
        per_1000=candidate["per_1000"]["value"],
        over=tuple(one["label"] for one in candidate["fit"] if one["state"] == Fit.OVER),
        lost=candidate["lost"],
        answered=candidate["answered"],
        planned=candidate["planned"],
    )


def _table(
    document: Mapping[str, Any], measure: Mapping[str, Any], ranked: Sequence[Mapping[str, Any]]
) -> MeasureTable:
    key, unit = measure["key"], measure["unit"]
    against = {one["a"]: one for one in document["against_reference"][key]}
    share = measure["scale"] != "quantity"
    return MeasureTable(
        label=measure["label"],
        definition=measure["definition"],
        rows=tuple(
            (
                one["name"],
                figure(one["measures"][key], unit),
                _against(against.get(one["name"]), unit, share, document["reference"]),
            )
            for one in ranked
        ),
        share=share,
        chart=_chart(document, measure, ranked),
        slices=_slices(document, measure, ranked),
        overall=_overall([one["measures"][key] for one in ranked]),
        grids=tuple(
            grid
            for one in ranked
            for grid in _grids(one["name"], one["measures"][key].get("summary"))
        ),
    )


def _slices(
    document: Mapping[str, Any], measure: Mapping[str, Any], ranked: Sequence[Mapping[str, Any]]
) -> tuple[Slice, ...]:
    key, unit = measure["key"], measure["unit"]
    kinds = [
        Slice("Kind", kind, tuple(figure(one["kinds"][kind][key], unit) for one in ranked))
        for kind in document["kinds"]
    ]
    tags = [
        Slice("Tag", tag, tuple(figure(one["tags"][tag][key], unit) for one in ranked))
        for tag in document["tags"]
    ]
    # A slice of which nothing could be measured says nothing, in as many words.
    return tuple(one for one in (*kinds, *tags) if any(each.planned for each in one.figures))


def _chart(
    document: Mapping[str, Any], measure: Mapping[str, Any], ranked: Sequence[Mapping[str, Any]]
) -> IntervalChart | None:
    """The measure's interval plot; None when no candidate has a value."""
    key, unit, share = measure["key"], measure["unit"], measure["scale"] != "quantity"
    figures = [one["measures"][key] for one in ranked]
    floor = next((one for one in document["floors"] if one["key"] == key), None)
    drawn = [
        one for each in figures for one in (each["value"], each["low"], each["high"])
        if one is not None
    ]  # fmt: skip
    if not drawn:
        return None
    if floor:
        drawn.append(floor["at"])
    if share:
        lo, hi = max(0.0, min(0.9, math.floor(min(drawn) * 10 - 0.5) / 10)), 1.0
    else:
        lo, hi = 0.0, max(drawn) * 1.05 or 1.0
    middle = (lo + hi) / 2
    bound = "at least" if (floor or measure)["direction"] == "up" else "at most"
    return interval_chart(
        [
            Estimate(one["name"], figure(each, unit).text, each["value"], each["low"], each["high"])
            for one, each in zip(ranked, figures, strict=True)
        ],
        label=measure["label"],
        lo=lo,
        hi=hi,
        ticks=[(at, amount(at, unit)) for at in (lo, middle, hi)],
        floor=floor["at"] if floor else None,
        floor_text=f"floor: {bound} {amount(floor['at'], unit)}" if floor else "",
        up=(floor or measure)["direction"] == "up",
    )


def _ranking(document: Mapping[str, Any]) -> tuple[RankRow, ...]:
    unit = next(
        one["unit"] for one in document["measures"] if one["key"] == document["ranking"]["measure"]
    )
    return tuple(
        RankRow(
            name=row["name"],
            place=row["place"],
            value=MISSING if row["value"] is None else amount(row["value"], unit),
            vetoes=tuple(row["vetoes"]),
            tied=tuple(row["not_told_from"]),
        )
        for row in document["ranking"]["rows"]
    )


def _weights(
    document: Mapping[str, Any], measures: Mapping[str, Mapping[str, Any]]
) -> tuple[tuple[str, str], ...]:
    """Each weight as its share of all, by the measure's name, the heaviest first."""
    total = sum(document["weights"].values())
    return tuple(
        (measures[key]["label"], f"{weight / total:.0%}")
        for key, weight in sorted(document["weights"].items(), key=lambda one: (-one[1], one[0]))
        if weight and key in measures
    )


def _overall(
    measured: Sequence[Mapping[str, Any]],
) -> tuple[tuple[str, tuple[Figure, ...]], ...]:
    """The figures over all answers, a row each; documents of before have none."""
    summaries = [one.get("summary") for one in measured]
    if not all(summaries):
        return ()
    rows = zip(*(one["figures"] for one in summaries if one), strict=True)
    return tuple((row[0]["label"], tuple(_summary_figure(one) for one in row)) for row in rows)


def _summary_figure(one: Mapping[str, Any]) -> Figure:
    counts = {"planned": one["n"], "errors": 0, "refused": 0}
    return figure({**one, **counts}, one["unit"])


def _grids(name: str, summary: Mapping[str, Any] | None) -> list[SummaryGrid]:
    return [
        SummaryGrid(
            name,
            one["label"],
            one["corner"],
            tuple(one["columns"]),
            tuple((row["label"], tuple(map(_cell, row["cells"]))) for row in one["rows"]),
        )
        for one in (summary or {}).get("tables", ())
    ]


def _cell(value: float | None) -> str:
    if value is None:
        return MISSING
    return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"


_VERDICTS = {"better": "better", "worse": "worse", "cannot_tell": "cannot tell"}


def _against(pair: Mapping[str, Any] | None, unit: str, share: bool, reference: str) -> str:
    """What the comparison with the reference says, with its interval and Holm's p."""
    if pair is None:
        return "the reference"
    if pair["difference"] is None:
        return "nothing to compare"
    gap, low, high = pair["difference"], pair["low"], pair["high"]
    if share:
        text = f"{signed(gap * 100, 1)} points"
        if low is not None and high is not None:
            text += f" ({signed(low * 100, 1)} to {signed(high * 100, 1)})"
    elif pair["ratio"] is not None and pair["ratio_low"] is not None:
        text = f"× {pair['ratio']:.2f} ({pair['ratio_low']:.2f} to {pair['ratio_high']:.2f})"
    else:
        text = f"{amount(gap, unit)} apart"
    p = pair["p_adjusted"]
    tested = f", p {p_value(p)}" if p is not None else ""
    return f"{text}{tested}: {_VERDICTS[pair['verdict']]}"


def _fit(candidate: Mapping[str, Any]) -> FitRow:
    return FitRow(
        candidate["name"],
        tuple(
            (
                Fit(one["state"]),
                MISSING if one["value"] is None else amount(one["value"], one["unit"]),
                _fit_words(one),
            )
            for one in candidate["fit"]
        ),
    )


def _fit_words(fit: Mapping[str, Any]) -> str:
    if fit["state"] == Fit.CANNOT_TELL or fit["low"] is None or fit["high"] is None:
        return str(fit["words"])
    return span(fit["low"], fit["high"], fit["unit"])


def assumption(document: Mapping[str, Any]) -> str:
    """Return what the statement about power assumes, or nothing when it was all measured."""
    power = (document["headline"] or {}).get("power") or {}
    if not power.get("assumed"):
        return ""
    return f"Reckoned with models that differ on {USUAL_DISCORDANCE:.0%} of the examples."
