"""Every change of a study, each in one transaction."""

from evaluations.preferences.services.closing import close_study
from evaluations.preferences.services.opening import invite_raters, open_study
from evaluations.preferences.services.rating import rate

__all__ = ["close_study", "invite_raters", "open_study", "rate"]
