"""Every change of the catalog: one function per use case, each in one transaction."""

from catalog.services.decisions import approve, change_status
from catalog.services.entries import add_price, propose, set_facts
from catalog.services.sync import sync, sync_from_gateway

__all__ = [
    "add_price",
    "approve",
    "change_status",
    "propose",
    "set_facts",
    "sync",
    "sync_from_gateway",
]
