"""Metrics of packages: a real distribution on the path, and broken ones that stop nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path

import pytest

from evaluations.metrics import plugs, registry
from evaluations.metrics.types import Answer, ExampleView, UnknownMetric

ROOT = Path(__file__).parents[3]
CODE = """
from evaluations.metrics.types import Metric, Scale, binary, no_arguments


def greets(example, answer, arguments):
    return binary(answer.text.startswith("Hello"))


def metric(name="acme_greets", version=1):
    return Metric(
        name=name, version=version, label="Greets", definition="The answer begins with Hello.",
        source="style guide", unit="share", scale=Scale.BINARY, direction="up",
        arguments=no_arguments(), compute=greets,
    )


METRICS = [metric(), metric(version=2)]
TAKEN = [metric("acme_fine"), metric("contains")]
OWNED = metric("own_greets")
NOT_ONE = [42]


def leaves():
    raise SystemExit(3)


def many():
    return (metric(f"acme_{n}") for n in "ab")
"""


def install(folder: Path, name: str, version: str, points: dict[str, str]) -> Path:
    """Put a distribution into ``folder`` as an installer would."""
    module = name.replace("-", "_")
    (folder / f"{module}.py").write_text(CODE, encoding="utf-8")
    info = folder / f"{module}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = [f"{point} = {module}:{target}" for point, target in points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[assay.metrics]", *lines, ""]))
    return folder


def points_of(folder: Path) -> list[EntryPoint]:
    found: list[Distribution] = list(distributions(path=[str(folder)]))
    return [point for one in found for point in one.entry_points if point.group == plugs.GROUP]


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A registry of this test's own, and an empty folder on the path."""
    known = {name: dict(versions) for name, versions in registry._metrics.items()}
    monkeypatch.setattr(registry, "_metrics", known)
    monkeypatch.setattr(plugs, "_loaded", [])
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("acme_")]:
        del sys.modules[name]


def test_a_package_brings_metrics_with_its_name_and_version(apart: Path) -> None:
    install(apart, "acme-metrics", "1.2.0", {"main": "METRICS", "more": "many"})

    found = plugs.load(points_of(apart))

    assert [one.metrics for one in found] == [
        ("acme_greets 1", "acme_greets 2"), ("acme_a 1", "acme_b 1"),
    ]  # fmt: skip
    metric = registry.get("acme_greets")
    assert (metric.version, metric.origin) == (2, "acme-metrics 1.2.0")
    example = ExampleView("k", "typical", {}, None)
    assert registry.score(metric, example, Answer("Hello you"), {}).passed


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("TAKEN", "contains is a metric of the portal"),
        ("OWNED", "own_"),
        ("NOT_ONE", "int where a Metric is wanted"),
        ("leaves", "SystemExit"),
        ("no_such_thing", "AttributeError"),
    ],
)
def test_a_broken_package_is_named_and_brings_nothing(
    apart: Path, target: str, problem: str
) -> None:
    install(apart, "acme-broken", "0.1", {"main": target})

    found = plugs.load(points_of(apart))

    assert problem in found[0].problem
    assert found[0].metrics == ()
    assert registry.get("contains").origin == ""
    with pytest.raises(UnknownMetric):
        registry.get("acme_fine")


def test_of_two_packages_that_want_one_name_the_first_in_order_keeps_it(apart: Path) -> None:
    install(apart, "acme-two", "1", {"main": "METRICS"})
    install(apart, "acme-one", "1", {"main": "METRICS"})

    found = plugs.load(points_of(apart))

    assert [(one.distribution, bool(one.problem)) for one in found] == [
        ("acme-one", False), ("acme-two", True),
    ]  # fmt: skip
    assert registry.get("acme_greets").origin == "acme-one 1"


def test_the_portal_starts_with_a_broken_package_and_its_check_names_it(tmp_path: Path) -> None:
    install(tmp_path, "acme-good", "1.0", {"main": "METRICS"})
    install(tmp_path, "acme-broken", "0.1", {"main": "leaves"})

    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)}, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "evaluations.W001" in done.stderr
    assert "acme-broken 0.1" in done.stderr
    assert "acme-good" not in done.stderr
