"""Every change of a trial that a person or the portal asks for, each in one transaction."""

from evaluations.playground.services.ending import cancel_trial, close_trial, fail_trial
from evaluations.playground.services.forgetting import forget_trials
from evaluations.playground.services.starting import outlook, start_trial
from evaluations.playground.services.sweeping import sweep_trials

__all__ = [
    "cancel_trial",
    "close_trial",
    "fail_trial",
    "forget_trials",
    "outlook",
    "start_trial",
    "sweep_trials",
]
