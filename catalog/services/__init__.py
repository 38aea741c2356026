"""Every change of the catalog: one function per use case, each in one transaction."""

from catalog.services.decisions import approve, change_status, retire_due
from catalog.services.entries import add_price, propose, set_facts
from catalog.services.previews import (
    EVERYTHING,
    apply_preview,
    choose,
    discard_preview,
    preview_gateway,
    preview_price_map,
)
from catalog.services.probes import end_stuck_probes, measurable, plan_probe, start_probe
from catalog.services.probing import run_probe
from catalog.services.syncing import sync, sync_from_gateway

__all__ = [
    "EVERYTHING",
    "add_price",
    "apply_preview",
    "approve",
    "change_status",
    "choose",
    "discard_preview",
    "end_stuck_probes",
    "measurable",
    "plan_probe",
    "preview_gateway",
    "preview_price_map",
    "propose",
    "retire_due",
    "run_probe",
    "set_facts",
    "start_probe",
    "sync",
    "sync_from_gateway",
]
