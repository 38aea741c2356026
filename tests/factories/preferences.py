"""Preference studies as tests need them: a complete run whose answers differ, people, verdicts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from evaluations.datasets.versioned import VersionedExample
from evaluations.preferences import services
from evaluations.preferences.enums import Choice, Outcome
from evaluations.preferences.models import Rating, Study
from evaluations.preferences.seats import seat_of
from evaluations.preferences.selectors import next_rating
from evaluations.runs.models import Run
from portal.accounts.models import User
from tests.factories import people, scorecards
from workloads.lifecycle.models import Workload
from workloads.lifecycle.services import add_member

# What a rater prefers of a pair: seen from the candidate that comes first.
Taste = Callable[[Rating], Outcome]


@dataclass(frozen=True)
class Scene:
    """A workload with a complete run, who opens studies, and who rates."""

    evaluation: scorecards.Scene
    maker: User
    raters: list[User]
    run: Run

    @property
    def workload(self) -> Workload:
        """The workload."""
        return self.evaluation.workload

    @property
    def owner(self) -> User:
        """Its owner, who wrote its prompt and its examples."""
        return self.evaluation.owner

    def open(self, **more: Any) -> Study:
        """Open a study of the first two candidates."""
        settings: dict[str, Any] = {
            "actor": self.maker,
            "workload": self.workload,
            "run": self.run,
            "candidates": [0, 1],
            "pairs": 10,
            "raters": self.raters,
            "seed": 7,
            **more,
        }
        return services.open_study(**settings)

    def rated(self, taste: Taste | None = None, **more: Any) -> Study:
        """Open a study and let everybody rate everything."""
        study = self.open(**more)
        for person in self.raters:
            rate_all(study, person, taste or (lambda rating: Outcome.FIRST))
        return study

    def closed(self, taste: Taste | None = None, **more: Any) -> Study:
        """Open a study, have it rated, and close it."""
        study = self.rated(taste, **more)
        return services.close_study(actor=self.maker, study=study)

    def secrets(self) -> list[str]:
        """Everything that would tell a rater whose an answer is."""
        found = []
        for pin in self.run.plan["candidates"]:
            found += [pin["name"], pin["alias"], pin["entry_id"], pin["prompt_version_id"]]
            found += [pin["price"]["id"], pin["entry_digest"], pin["prompt_digest"]]
        for entry in self.evaluation.entries:
            found += [entry.model, entry.provider, entry.snapshot]
        # The number of a price row in a new database is 1: every page says that for other reasons.
        return sorted({one for one in found if len(one) > 3})


def by_place(names: Sequence[str]) -> scorecards.Answers:
    """Return answers whose manner goes by the candidate's place in the run."""
    manners = ("Of course", "Sorry", "Well", "Hm")

    def answer(alias: str, example: VersionedExample) -> str:
        manner = manners[list(names).index(alias)]
        return f"{manner}: what you ask in {example.view.key} is with our team."

    return answer


def scene(
    n: int = 20,
    candidates: int = 2,
    raters: int = 2,
    *,
    tier: int = 1,
    said: scorecards.Answers | None = None,
) -> Scene:
    """Return a workload with a complete run of ``n`` examples and ``raters`` members who rate."""
    made = scorecards.scene(n, candidates, tier=tier)
    maker = people.person("Maker")
    add_member(actor=made.owner, workload=made.workload, user=maker, role="contributor")
    seats = []
    for _ in range(raters):
        person = people.person("Rater")
        add_member(actor=made.owner, workload=made.workload, user=person, role="rater")
        seats.append(person)
    names = [one.gateway_alias for one in made.entries]
    run = scorecards.finish(made.start(), said or by_place(names))
    return Scene(made, maker, seats, run)


def rate_next(study: Study, person: User, taste: Taste) -> Rating:
    """Give the verdict of ``taste`` on the rater's next pair."""
    seat = seat_of(person, study)
    assert seat is not None
    waiting = next_rating(seat)
    assert waiting is not None
    choice = side_of(taste(waiting), waiting)
    return services.rate(actor=person, study=study, task=waiting.pk, choice=choice)


def rate_all(study: Study, person: User, taste: Taste) -> None:
    """Rate whatever is left for the person."""
    seat = seat_of(person, study)
    assert seat is not None
    while next_rating(seat) is not None:
        rate_next(study, person, taste)


def side_of(outcome: Outcome, rating: Rating) -> str:
    """Return the button that says ``outcome`` about a pair with its sides."""
    if outcome in (Outcome.TIE, Outcome.BOTH_BAD):
        return outcome.value
    return Choice.A if (outcome == Outcome.FIRST) is rating.first_is_a else Choice.B
