"""Who was asked to rate: stands below selectors and policies, which both ask it."""

from evaluations.preferences.models import Study, StudyRater
from portal.accounts.models import User
from portal.accounts.selectors import AnyUser


def seat_of(user: AnyUser, study: Study) -> StudyRater | None:
    """Return the seat of ``user`` in the study, or None for somebody who was not asked."""
    if not isinstance(user, User):
        return None
    return StudyRater.objects.filter(study=study, user=user).first()
