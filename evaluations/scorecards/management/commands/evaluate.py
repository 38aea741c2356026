"""`manage.py evaluate`: the whole evaluation from the shell, for people and for CI."""

import json
import re
import time
from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from catalog.models import CatalogEntry
from evaluations.datasets import services as datasets
from evaluations.datasets.enums import ImportMode
from evaluations.datasets.importing import parse
from evaluations.datasets.importing.types import MAX_BYTES
from evaluations.datasets.models import Dataset, DatasetVersion
from evaluations.datasets.selectors import golden_version, latest_version, version_digest
from evaluations.datasets.versioned import views_of
from evaluations.runs.enums import ACTIVE, RunPurpose, RunState
from evaluations.runs.models import Run
from evaluations.runs.services import judging_of, sweep
from evaluations.runs.tasks import drive
from evaluations.scorecards import services
from evaluations.scorecards.exports import as_text
from evaluations.scorecards.models import Scorecard
from evaluations.scorecards.options import MetricChoice, chosen, metric_options
from evaluations.scorecards.services.baseline import Baseline, baseline_plan, compared_before
from evaluations.scorecards.standing import failing_criteria
from portal.accounts.models import User
from portal.common.errors import DomainError
from workloads.lifecycle.commands import BAD_INPUT, acting, named_workload
from workloads.lifecycle.enums import PhaseState
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import open_cycle, phase_record
from workloads.prompts.selectors import candidate_version
from workloads.selection.selectors import candidates_of

BELOW_THE_BAR = 1
POLL_SECONDS = 0.25
# How often to offer this process as a driver: mostly the run has as many as it wants.
OFFER_SECONDS = 3.0
SWEEP_SECONDS = 10.0


class Command(BaseCommand):
    """Import a dataset, run the candidates on it, publish the scorecard and print it.

    Exit status: 0 when a candidate clears the bar, 1 when none does (or the locked model fails a
    locked criterion), 2 on bad input.
    """

    help = (
        "Run the evaluation of a workload. The file is imported as a dataset unless one with the"
        " same content is there. The run counts as the baseline of phase 4 when it compares the"
        " shortlist on the golden dataset while that phase is not passed, and has not been made"
        " before; otherwise it is a trial."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what may be given."""
        parser.add_argument("workload", help="its reference, such as WL-0001")
        parser.add_argument("--dataset", metavar="FILE", help="JSONL or CSV; else the golden one")
        parser.add_argument("--candidates", help="gateway aliases, by commas; else the shortlist")
        parser.add_argument(
            "--metrics", help="by commas, such as field_accuracy:category; else what fits the data"
        )
        parser.add_argument("--concurrency", type=int, help="calls at once, for all candidates")
        parser.add_argument("--cap", help="the most to spend, in the prices' currency; default 20")
        parser.add_argument("--repeats", type=int, default=1, help="times each example is asked")
        parser.add_argument("--actor", metavar="EMAIL", help="who does it; else the owner")
        parser.add_argument("--json", action="store_true", help="end with one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it. Raises CommandError with the exit status."""
        began = time.monotonic()
        try:
            run, started = self._start(options)
            self._drive(run)
            scorecard = services.publish(run_id=run.pk)
            if scorecard is None:
                scorecard = self._judge(run)
        except DomainError as problem:
            raise _bad(_sentence(problem)) from problem
        run.refresh_from_db()
        if scorecard is None:
            words = f"Run {run.number} ended {run.get_state_display().lower()}: {run.reason}"
            raise CommandError(words.strip(": "), returncode=BELOW_THE_BAR)
        self._print(run, scorecard, time.monotonic() - began, started, as_json=options["json"])
        failed = failing_criteria(scorecard)
        if failed:
            raise CommandError(f"Below the bar: {'; '.join(failed)}", returncode=BELOW_THE_BAR)

    @transaction.atomic
    def _start(self, options: dict[str, Any]) -> tuple[Run, float]:
        workload = named_workload(options["workload"])
        actor = acting(options["actor"], workload)
        version = _dataset(options["dataset"], workload, actor)
        entries = _candidates(options["candidates"])
        baseline = Baseline(
            metrics=_metrics(options["metrics"], version, workload),
            dataset_version=version,
            entries=entries,
            repeats=options["repeats"],
        )
        cap = _cap(options["cap"])
        purpose = _purpose(workload, version, entries)
        plan = baseline_plan(
            workload=workload,
            baseline=baseline,
            cap=cap,
            concurrency=options["concurrency"],
            purpose=purpose,
        )
        again = ""
        if compared_before(workload, plan, judged=False):
            purpose, again = RunPurpose.TRIAL, "Run again from the command line."
        started = time.monotonic()
        run = services.start_baseline(
            actor=actor,
            workload=workload,
            baseline=baseline,
            cap=cap,
            concurrency=options["concurrency"],
            reason=again,
            purpose=purpose,
        )
        return run, started

    def _drive(self, run: Run) -> None:
        """Drive the run here, beside whatever workers drive it too, until it has ended."""
        swept = time.monotonic()
        offered = -OFFER_SECONDS
        while True:
            if time.monotonic() - offered > OFFER_SECONDS:
                drive(str(run.pk))
                offered = time.monotonic()
            run.refresh_from_db()
            if run.state not in ACTIVE or run.state == RunState.PAUSED:
                return
            time.sleep(POLL_SECONDS)
            if time.monotonic() - swept > SWEEP_SECONDS:
                sweep()
                swept = time.monotonic()

    def _judge(self, run: Run) -> Scorecard | None:
        """Drive the judging that the floors asked for; return the scorecard when it is there."""
        for one in judging_of(run):
            self._drive(one)
            one.refresh_from_db()
            if one.state == RunState.BUDGET_STOPPED:
                words = f"Judging stopped at its budget: raise the cap of run {one.number}."
                raise CommandError(words, returncode=BELOW_THE_BAR)
        return services.publish(run_id=run.pk)

    def _print(
        self, run: Run, scorecard: Scorecard, wall: float, started: float, *, as_json: bool
    ) -> None:
        self.stdout.write(as_text(scorecard.document, scorecard.digest))
        if not as_json:
            return
        driving = max(time.monotonic() - started, 1e-6)
        if run.started_at and run.finished_at:
            driving = max((run.finished_at - run.started_at).total_seconds(), 1e-6)
        answered = run.done_count + run.error_count
        self.stdout.write(
            json.dumps(
                {
                    "n": run.planned,
                    "errors": run.error_count,
                    "missing": run.planned - answered,
                    "wall_seconds": round(wall, 3),
                    "calls_per_second": round(answered / driving, 1),
                    "scorecard": f"{scorecard.document['workload']}/{scorecard.number}",
                    "digest": scorecard.digest,
                }
            )
        )


def _bad(words: str) -> CommandError:
    return CommandError(re.sub(r"\s+", " ", words), returncode=BAD_INPUT)


def _sentence(problem: DomainError) -> str:
    told = [f"{one.field}: {one.message}" for one in problem.errors[:3]]
    more = len(problem.errors) - len(told)
    return " ".join(
        [problem.message, *(one for one in told if problem.message not in one)]
        + ([f"And {more} more."] if more > 0 else [])
    )


def _cap(given: str | None) -> Decimal:
    try:
        cap = Decimal(given or "20")
    except InvalidOperation as problem:
        raise _bad(f"--cap {given}: write an amount, such as 20 or 0.50.") from problem
    if not cap.is_finite():
        raise _bad(f"--cap {given}: write an amount, such as 20 or 0.50.")
    return cap


def _dataset(filename: str | None, workload: Workload, actor: User) -> DatasetVersion:
    if not filename:
        golden = golden_version(workload)
        if golden is None:
            raise _bad(f"{workload.ref} has no golden dataset; give --dataset FILE.")
        return golden
    path = Path(filename)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as problem:
        raise _bad(f"{filename}: {problem.strerror or 'cannot be read'}.") from problem
    if len(data) > MAX_BYTES:
        raise _bad(f"{filename}: larger than 20 MB; split it.")
    preview = parse(data, path.name)
    if not preview.ok:
        first = preview.errors[0] if preview.errors else None
        where = f"line {first.line}, {first.field}: {first.message}" if first else "no examples"
        raise _bad(f"{filename}: {preview.error_count} problems. {where}")
    digest = version_digest((row.key, row.digest) for row in preview.rows)
    known = (
        DatasetVersion.objects.filter(dataset__workload=workload, digest=digest)
        .select_related("dataset__workload")
        .order_by("-created_at")
        .first()
    )
    if known is not None:
        return known
    name = re.sub(r"[^\w .-]", "-", path.stem).strip()[:120]
    name = name if len(name) >= 3 else f"Dataset {name}".strip()
    dataset = Dataset.objects.filter(workload=workload, name=name).first()
    if dataset is None:
        dataset = datasets.create_dataset(
            actor=actor, workload=workload, name=name, description=f"Imported from {path.name}"
        )
    datasets.import_examples(
        actor=actor, dataset=dataset, filename=path.name, data=data, mode=ImportMode.REPLACE
    )
    note = f"Imported from {path.name}" if latest_version(dataset) else ""
    return datasets.commit_version(actor=actor, dataset=dataset, note=note)


def _candidates(given: str | None) -> list[CatalogEntry] | None:
    if given is None:
        return None
    names = [name.strip() for name in given.split(",") if name.strip()]
    if not names or len(set(names)) != len(names):
        raise _bad("--candidates: name each model once, by commas.")
    entries = {
        entry.gateway_alias: entry for entry in CatalogEntry.objects.filter(gateway_alias__in=names)
    }
    unknown = [name for name in names if name not in entries]
    if unknown:
        raise _bad(f"--candidates: the catalog has no {', '.join(unknown)}.")
    return [entries[name] for name in names]


def _metrics(given: str | None, version: DatasetVersion, workload: Workload) -> list[MetricChoice]:
    prompt = candidate_version(workload)
    options = metric_options(views_of(version), prompt.content if prompt else None)
    tokens = [one.token for one in options if one.usual]
    if given is not None:
        tokens = [token.strip() for token in given.split(",") if token.strip()]
    try:
        return chosen(options, tokens)
    except KeyError as problem:
        there = ", ".join(one.token for one in options)
        words = f"--metrics: {problem.args[0]} cannot score this dataset; use {there}."
        raise _bad(words) from problem


def _purpose(
    workload: Workload, version: DatasetVersion, entries: list[CatalogEntry] | None
) -> RunPurpose:
    """The baseline of phase 4, or a trial beside it."""
    cycle = open_cycle(workload)
    if cycle is None:
        return RunPurpose.TRIAL
    shortlist = {entry.pk for entry in candidates_of(cycle)}
    same = entries is None or {entry.pk for entry in entries} == shortlist
    golden = golden_version(workload)
    open_phase = phase_record(cycle, "evaluation").state != PhaseState.PASSED
    fits = same and golden is not None and golden.pk == version.pk and open_phase
    return RunPurpose.BASELINE if fits else RunPurpose.TRIAL
