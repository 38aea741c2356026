"""Audit app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The append-only, hash-chained record of every change."""

    name = "portal.audit"
    label = "portal_audit"
