"""The distribution functions agree with scipy.special, and keep scipy out of the processes."""

import itertools
import subprocess
import sys

import pytest
from scipy import special

from evaluations.statistics import distributions as ours
from evaluations.statistics.errors import StatisticsError

SHAPES = (0.5, 1.0, 2.0, 7.5, 40.0, 333.0, 5000.0)
SHARES = (1e-6, 0.001, 0.025, 0.05, 0.2, 0.5, 0.8, 0.95, 0.999)


@pytest.mark.parametrize(("a", "b"), list(itertools.product(SHAPES, SHAPES)))
def test_beta(a: float, b: float) -> None:
    for x in (*SHARES, a / (a + b)):
        assert ours.beta_cdf(a, b, x) == pytest.approx(
            special.betainc(a, b, x), rel=1e-9, abs=1e-13
        )
    for p in SHARES:
        assert ours.beta_quantile(a, b, p) == pytest.approx(
            special.betaincinv(a, b, p), rel=1e-8, abs=1e-12
        )


@pytest.mark.parametrize("df", [1, 2, 3, 9, 49, 199, 4999])
def test_student_t(df: int) -> None:
    for t in (-40.0, -5.5, -2.0, -0.3, 0.0, 0.1, 1.0, 3.3, 12.0):
        assert ours.t_cdf(t, df) == pytest.approx(special.stdtr(df, t), rel=1e-9, abs=1e-14)
    for confidence in (0.5, 0.8, 0.9, 0.95, 0.99, 0.999):
        assert ours.t_multiplier(confidence, df) == pytest.approx(
            special.stdtrit(df, 0.5 + confidence / 2), rel=1e-9
        )


def test_normal() -> None:
    for x in (-8.0, -2.5, -1.0, 0.0, 0.7, 1.96, 6.0):
        assert ours.normal_cdf(x) == pytest.approx(special.ndtr(x), rel=1e-12)
    for p in SHARES:
        assert ours.normal_quantile(p) == pytest.approx(special.ndtri(p), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("n", [1, 2, 10, 100, 1000])
def test_binomial(n: int) -> None:
    for p in (0.001, 0.05, 0.5, 0.9, 0.99):
        for k in {0, 1, n // 3, n // 2, n - 1, n}:
            assert ours.binomial_cdf(k, n, p) == pytest.approx(
                special.bdtr(k, n, p), rel=1e-9, abs=1e-13
            )
        for q in (0.025, 0.5, 0.975):
            k = ours.binomial_quantile(q, n, p)
            assert special.bdtr(k, n, p) >= q
            assert k == 0 or special.bdtr(k - 1, n, p) < q


def test_a_confidence_outside_0_to_1_is_refused() -> None:
    for confidence in (-0.1, 0.0, 1.0, 95.0):
        with pytest.raises(StatisticsError, match="between 0 and 1"):
            ours.two_sided_z(confidence)


def test_importing_statistics_and_metrics_brings_neither_scipy_nor_numpy_nor_django() -> None:
    program = (
        "import sys, evaluations.metrics.registry, evaluations.statistics.comparison, "
        "evaluations.statistics.noninferiority, evaluations.statistics.power, "
        "evaluations.statistics.bootstrap, evaluations.statistics.percentiles; "
        "print(sorted({'scipy', 'numpy', 'django'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
