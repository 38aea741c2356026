"""Every change of phase 8, and what a change of the catalog does to a live release."""

from workloads.operations.services.concerns import (
    follow_catalog_live,
    settle_concern,
)
from workloads.operations.services.serving import (
    forget_interactions,
    kept,
    put_live,
    serve,
    suspend,
)

__all__ = [
    "follow_catalog_live",
    "forget_interactions",
    "kept",
    "put_live",
    "serve",
    "settle_concern",
    "suspend",
]
