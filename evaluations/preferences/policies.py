"""Who may open, rate and close a study: asked by pages; the services check the same again."""

from uuid import UUID

from evaluations.preferences.enums import StudyState
from evaluations.preferences.models import Study, StudyRater
from evaluations.preferences.seats import seat_of
from portal.accounts.models import OrganisationRole, User
from portal.accounts.selectors import AnyUser, has_role
from portal.common.errors import Forbidden
from workloads.lifecycle.models import Workload
from workloads.lifecycle.policies import Verdict, can_edit, role_in

ALLOWED = Verdict(True)
NOT_ASKED = Verdict(False, "not_a_rater", "You were not asked to rate in this study.")


def can_open(user: AnyUser, workload: Workload) -> Verdict:
    """Whether ``user`` may open a study: owner and contributors, while the cycle is open."""
    return can_edit(user, workload)


def can_invite(user: AnyUser, study: Study) -> Verdict:
    """Whether ``user`` may ask further people to rate."""
    if study.state != StudyState.OPEN:
        return Verdict(False, "study_closed", "This study is closed.")
    return can_edit(user, study.workload)


def can_close(user: AnyUser, study: Study) -> Verdict:
    """Whether ``user`` may close the study: who opened it, or the owner of the workload.

    A rater never may, since they would choose the moment at which names are said.
    """
    if study.state != StudyState.OPEN:
        return Verdict(False, "study_closed", "This study is closed.")
    mine = isinstance(user, User) and user.pk in (study.created_by_id, study.workload.owner_id)
    if not mine:
        return Verdict(
            False, "not_the_maker", "Who opened this study, or the workload's owner, closes it."
        )
    if seat_of(user, study) is not None:
        return Verdict(False, "is_a_rater", "Who rates in a study does not close it.")
    return can_edit(user, study.workload)


def can_rate(user: AnyUser, study: Study, seat: StudyRater | None) -> Verdict:
    """Whether ``user`` may rate now; ``seat`` is what `seat_of` found."""
    if seat is None:
        return NOT_ASKED
    if study.state != StudyState.OPEN:
        return Verdict(False, "study_closed", "This study is closed; no verdict is taken any more.")
    return ALLOWED


def sees_names(study: Study, seat: StudyRater | None) -> bool:
    """Whether pages and answers may name the candidates: never to a rater of an open study."""
    return study.state == StudyState.CLOSED or seat is None


def rater_problem(
    person: User, workload: Workload, *, maker: UUID | None, authors: set[UUID]
) -> str:
    """Return why ``person`` cannot be asked to rate, as the end of a sentence; empty if they can.

    Blind means that a rater has no way to know whose an answer is, and nothing to gain.
    """
    if not person.is_active or person.is_service_account:
        return "has no active account of a person"
    if not role_in(person, workload):
        return "is not a member of this workload; the owner can add them as a rater"
    if has_role(person, OrganisationRole.AUDITOR):
        return "is an auditor, who changes nothing"
    if person.pk == maker:
        return "opens the study and knows the candidates"
    if person.pk in authors:
        return "wrote in a prompt of these candidates and would know its answers"
    return ""


def rates_here(user: AnyUser, workload: Workload) -> bool:
    """Whether ``user`` is a rater of an open study of the workload: its pages then name nobody."""
    if not isinstance(user, User):
        return False
    return StudyRater.objects.filter(
        user=user, study__workload=workload, study__state=StudyState.OPEN
    ).exists()


def require_unblinded(user: AnyUser, workload: Workload) -> None:
    """Raise Forbidden (rates_blind) when ``user`` may not see named answers of the workload now.

    For every page and answer that shows what a model said beside its name. Of any run or trial:
    another run of the same candidates says the same words. A verdict that was given with
    knowledge cannot be told from a blind one, and cannot be taken back.
    """
    if rates_here(user, workload):
        raise Forbidden(
            "You rate answers of this workload blind. Who gave which is shown when the study is"
            " closed.",
            code="rates_blind",
        )
