"""Tasks of scorecards: publish one, and find those that a lost message left out."""

from uuid import UUID

from celery import shared_task

from evaluations.scorecards import services


@shared_task(name="evaluations.scorecards.publish")
def publish(run_id: str) -> None:
    """Publish the scorecard of a run that has ended."""
    services.publish(run_id=UUID(run_id))


@shared_task(name="evaluations.scorecards.sweep")
def sweep() -> None:
    """Ask again for scorecards that are missing."""
    services.publish_missing()
