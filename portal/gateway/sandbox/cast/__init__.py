"""The simulated models, one file each. Names are invented; none is a product of any company."""

from collections.abc import Mapping

from portal.gateway.sandbox.cast import (
    aurora_large,
    beacon_mini,
    cedar_70b_eu,
    drift_lite,
    ember_8b,
    flint_nano,
    garnet_guard,
    hazel_judge,
)
from portal.gateway.sandbox.traits import SimulatedModel, by_name

MODELS: Mapping[str, SimulatedModel] = by_name(
    (
        aurora_large.MODEL,
        beacon_mini.MODEL,
        cedar_70b_eu.MODEL,
        drift_lite.MODEL,
        ember_8b.MODEL,
        flint_nano.MODEL,
        garnet_guard.MODEL,
        hazel_judge.MODEL,
    )
)
"""All simulated models by name, in the order of the alphabet."""
