"""The demo's blind study: two colleagues say which answer to a handbook question they prefer."""

from collections.abc import Callable, Mapping

from evaluations.preferences import services as preferences
from evaluations.preferences.enums import Choice
from evaluations.preferences.models import Rating, Study
from evaluations.preferences.seats import seat_of
from evaluations.preferences.selectors import next_rating
from evaluations.runs.models import Run
from portal.accounts.models import User
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.enums import MemberRole
from workloads.lifecycle.models import Workload

QUESTION = "Which answer would you rather read when you ask the handbook?"
PAIRS = 24
SEED = 2026
GREETING = 30  # characters


def held_study(
    people: Mapping[str, User], workload: Workload, run: Run, aliases: tuple[str, str]
) -> Study:
    """Ask two people, who built nothing of it, about the answers of two candidates, and close."""
    tastes = {"business": _the_shorter, "privacy": _the_clearly_shorter}
    for key in tastes:
        lifecycle.add_member(
            actor=people["owner"], workload=workload, user=people[key], role=MemberRole.RATER
        )
    places = [one["alias"] for one in run.plan["candidates"]]
    study = preferences.open_study(
        actor=people["contributor"],
        workload=workload,
        run=run,
        candidates=[places.index(alias) for alias in aliases],
        pairs=PAIRS,
        raters=[people[key] for key in tastes],
        question=QUESTION,
        seed=SEED,
    )
    for key, taste in tastes.items():
        _rate_all(people[key], study, taste)
    return preferences.close_study(actor=people["contributor"], study=study)


def _rate_all(person: User, study: Study, taste: Callable[[str, str], Choice]) -> None:
    seat = seat_of(person, study)
    while seat is not None and (task := next_rating(seat)) is not None:
        preferences.rate(actor=person, study=study, task=task.pk, choice=taste(*_sides(task)))


def _sides(task: Rating) -> tuple[str, str]:
    """The answers as they stand on the rater's screen: A, then B."""
    first, second = task.pair.first.output, task.pair.second.output
    return (first, second) if task.first_is_a else (second, first)


def _the_shorter(one: str, other: str) -> Choice:
    if len(one) == len(other):
        return Choice.TIE
    return Choice.A if len(one) < len(other) else Choice.B


def _the_clearly_shorter(one: str, other: str) -> Choice:
    """The same, but a greeting more or less is no reason to prefer one."""
    return Choice.TIE if abs(len(one) - len(other)) <= GREETING else _the_shorter(one, other)
