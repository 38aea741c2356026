"""How judges are shown: what a calibration found, and what people are asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from evaluations.datasets.versioned import VersionedExample
from evaluations.judges.calibrating import PLANNED
from evaluations.judges.enums import Given, Label, Levels, Standing
from evaluations.judges.models import Calibration, JudgeVersion
from evaluations.judges.prompting import calibration_case
from evaluations.judges.selectors import LabelProgress, rules, standing_by
from evaluations.judges.verdicts import JUDGE_ERROR
from evaluations.statistics.agreement import kappa_half_width
from portal.shell.formats import MISSING, number, percent

_LABELS = {**{label.value: label.label for label in Label}, JUDGE_ERROR: "Could not be read"}


@dataclass(frozen=True, slots=True)
class JudgeLine:
    """One judge in the list; ``use`` says what its standing means for it."""

    version: JudgeVersion
    standing: Standing
    use: str
    why: str
    kappa: str
    labelled: str


@dataclass(frozen=True, slots=True)
class Kappa:
    """A kappa with its interval as text, and for the plot."""

    text: str
    words: str
    value: float | None
    low: float | None
    high: float | None


def kappa(found: Mapping[str, Any] | None) -> Kappa:
    """Return how an agreement of a calibration is shown."""
    if found is None:
        return Kappa(MISSING, "not measured", None, None, None)
    if found["kappa"] is None:
        words = f"undefined: one label throughout; {percent(found['percent'])} agree"
        return Kappa("undefined", words, None, None, None)
    words = (
        f"{found['low']:.2f} to {found['high']:.2f}, n {found['n']}, {percent(found['percent'])}"
        f" agree, AC1 {_two(found['ac1'])}"
    )
    # A plot of shares: what lies below chance is drawn at chance.
    low, high = max(0.0, found["low"]), max(0.0, found["high"])
    return Kappa(f"{found['kappa']:.2f}", words, max(0.0, found["kappa"]), low, high)


def may_be_used(version: JudgeVersion, standing: Standing) -> str:
    """Return what a standing means for a judge: one that compares two answers decides no gate."""
    if version.pairwise and standing is Standing.USABLE:
        return "Agrees with people"
    return standing.label


def judge_line(version: JudgeVersion, found: Calibration | None) -> JudgeLine:
    """Return one line of the list of judges."""
    standing, reasons, report = standing_by(found)
    shown = kappa(report["judge"] if report else None)
    labelled = number(report["labelled"]) if report else MISSING
    use = may_be_used(version, standing)
    return JudgeLine(version, standing, use, reasons[0] if reasons else "", shown.text, labelled)


def report_view(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page shows of a finished calibration."""
    confusion = report["confusion"]
    names = [_LABELS[label] for label in report["labels"]]
    noise = report["noise"]
    return {
        "judge": kappa(report["judge"]),
        "people": kappa(report["people"]),
        "labels": names,
        "table": list(zip(names, report["table"], strict=True)),
        "sensitivity": _rate(
            report["sensitivity"],
            confusion["passed_as_pass"],
            confusion["passed_as_pass"] + confusion["passed_as_fail"],
        ),
        "specificity": _rate(
            report["specificity"],
            confusion["failed_as_fail"],
            confusion["failed_as_pass"] + confusion["failed_as_fail"],
        ),
        "position": report.get("position"),
        "errors": report["judge_errors"],
        "judged": report["judged"],
        "noise": noise,
        "noise_words": MISSING
        if noise["agreement"] is None
        else f"{percent(noise['agreement'])} of {noise['pairs']} pairs",
    }


def planning(n: int, *, pairwise: bool = False) -> list[tuple[str, str, str]]:
    """Return how wide kappa's interval would be: with ``n`` labels, and with twice as many."""
    rows = []
    for agree, prevalence in PLANNED:
        widths = [kappa_half_width(agree, prevalence, count) for count in (n, 2 * n)]
        shown = [MISSING if width is None else f"± {width:.2f}" for width in widths]
        often = "prefer one place" if pairwise else "pass"
        words = f"{percent(agree, 0)} agree, {percent(prevalence, 0)} {often}"
        rows.append((words, shown[0], shown[1]))
    return rows


def progress_rows(progress: LabelProgress) -> list[tuple[str, int, int, str]]:
    """Return what is labelled so far against what the policy asks for, and that in figures."""
    asked = rules()
    people = progress.people
    return [
        _wanted("Labelled clearly", people.n, asked.labelled_min),
        _wanted("With the rarer label", people.rarer, asked.rarer_min),
        _wanted("Labelled by two people", len(people.pairs), asked.two_raters_min),
    ]


def _wanted(label: str, have: int, asked: int) -> tuple[str, int, int, str]:
    """More than what was asked for is no part of it: "145, asked for 100"."""
    return label, have, asked, f"{have}, asked for {asked}" if have > asked else ""


def choices(version: JudgeVersion, *, turned: bool = False) -> list[tuple[str, str, str]]:
    """Return what a rater may say: the label, its words and its key.

    Where a pair is shown ``turned``, "the first" means the second one of the set.
    """
    scale = Levels(version.levels).labels
    if not version.pairwise:
        return [(one.value, one.label, one.value[:1]) for one in scale]
    shown = (Label.SECOND, Label.FIRST) if turned else (Label.FIRST, Label.SECOND)
    words = ((Label.FIRST.label, "1"), (Label.SECOND.label, "2"))
    pairs = [(one.value, *said) for one, said in zip(shown, words, strict=True)]
    return [*pairs, (Label.TIE.value, Label.TIE.label, "t")]


def shown_turned(version: JudgeVersion, example: VersionedExample, rater: object) -> bool:
    """Return whether a rater sees this pair the other way round: for each person half of them, so
    that no place is favoured by all."""
    if not version.pairwise:
        return False
    return sha256(f"{example.revision_id} {rater}".encode()).digest()[0] % 2 == 1


def question_view(
    version: JudgeVersion, example: VersionedExample, *, turned: bool = False
) -> dict[str, Any]:
    """Return what a rater sees: the case as the judge sees it, and nothing of the judge."""
    case = calibration_case(example, Levels(version.levels))
    if turned:
        case = case.swapped()
    reference = version.given == Given.REFERENCE
    return {
        "other": case.other,
        "revision": example.revision_id,
        "place": example.position,
        # Several cases may stand on one page: what tells their parts apart.
        "of": f" of {example.position}",
        "question": case.question,
        "answer": case.answer,
        "reference": case.reference if reference else "",
        "documents": () if reference else case.documents,
    }


def labels_in_words(said: Sequence[str]) -> str:
    """Return labels of raters as words."""
    return ", ".join(_LABELS[label].lower() for label in said)


def _rate(value: float | None, count: int, of: int) -> str:
    return MISSING if value is None else f"{percent(value)} ({count} of {of})"


def _two(value: float | None) -> str:
    return MISSING if value is None else f"{value:.2f}"
