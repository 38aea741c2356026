"""The daily broom of notifications."""

import structlog
from celery import shared_task

from portal.shell import services

log = structlog.get_logger(__name__)


@shared_task(name="portal.shell.forget_notifications")
def forget_notifications() -> None:
    """Delete notifications whose time is over."""
    log.info("notifications_forgotten", count=services.forget_notifications())
