"""How the measures of judges are found by the phases below, which cannot import this slice."""

from uuid import UUID

from evaluations.judges.enums import Levels
from evaluations.judges.models import JudgeVersion
from evaluations.judges.policies import decides
from evaluations.judges.selectors import NAME, newest_calibrations, standing_by
from portal.common.readonce import read_once
from workloads.lifecycle.measures import Family, Measure

PREFIX = "judge:"


def measure_named(name: str) -> Measure | None:
    """Return the measure called ``judge:NAME``, whoever has such a judge; None for other names."""
    own = name.removeprefix(PREFIX)
    if not name.startswith(PREFIX) or not NAME.fullmatch(own):
        return None
    words = "Answers that the judge passes, by the verdicts that people's labels were held against."
    return Measure(name, f"Judge: {own}", "share", "binary", "up", words)


@read_once
def measures_in(workload: UUID) -> list[tuple[Measure, str]]:
    """Return the measure of each judge of a workload, with why no KPI may name it now, or ""."""
    versions = list(
        JudgeVersion.objects.filter(judge__workload=workload)
        .select_related("judge")
        .exclude(levels=Levels.PAIR)
        .order_by("judge__name", "-number")
        .distinct("judge__name")
    )
    calibrations = newest_calibrations(versions)
    found = []
    for version in versions:
        measure = measure_named(f"{PREFIX}{version.judge.name}")
        standing, reasons, _ = standing_by(calibrations.get(version.pk))
        if measure is not None:
            why = f"the judge {version.judge.name} is {standing.label.lower()}: {' '.join(reasons)}"
            found.append((measure, "" if decides(standing) else why))
    return found


FAMILY = Family(PREFIX, measure_named, measures_in)
