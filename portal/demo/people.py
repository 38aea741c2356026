"""The people of the demo company, one for each thing a person can be."""

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password

from portal.accounts import services
from portal.accounts.models import OrganisationRole, Remit, User

PASSWORD = "assay-demo-sign-in"  # noqa: S105  shown on the first page of the demo on purpose
Role = tuple[OrganisationRole, Remit | None]


@dataclass(frozen=True, slots=True)
class Person:
    """One account of the demo: who they are, and what they may do."""

    key: str
    name: str
    job: str
    roles: tuple[Role, ...] = ()

    @property
    def email(self) -> str:
        """The address that signs in."""
        return f"{self.key}@demo.example"


def _reviewer(remit: Remit) -> Role:
    return (OrganisationRole.REVIEWER, remit)


PEOPLE = (
    Person("owner", "Mara Lindqvist", "Product owner"),
    Person("contributor", "Jonas Weber", "Prompt engineer"),
    Person("business", "Aisha Karim", "Business reviewer", (_reviewer(Remit.BUSINESS),)),
    Person("risk", "Tomas Ferreira", "Risk reviewer", (_reviewer(Remit.RISK),)),
    Person("security", "Ingrid Solberg", "Security reviewer", (_reviewer(Remit.SECURITY),)),
    Person("privacy", "Deniz Arslan", "Privacy reviewer", (_reviewer(Remit.PRIVACY),)),
    Person(
        "catalog", "Noor van Dijk", "Catalog manager", ((OrganisationRole.CATALOG_MANAGER, None),)
    ),
    Person("auditor", "Elena Rossi", "Auditor", ((OrganisationRole.AUDITOR, None),)),
    Person("admin", "Sam Okafor", "Platform admin", ((OrganisationRole.PLATFORM_ADMIN, None),)),
)


def make_people() -> dict[str, User]:
    """Make the accounts that do not exist yet and return all of them by key."""
    found: dict[str, User] = {}
    # One hash for all: it is the same password, and a hash is slow on purpose.
    hashed = make_password(PASSWORD)
    for person in PEOPLE:
        user = User.objects.filter(email=person.email).first()
        if user is None:
            user = services.create_user(
                actor=None,
                email=person.email,
                display_name=person.name,
                job_title=person.job,
            )
            User.objects.filter(pk=user.pk).update(password=hashed)
            for role, remit in person.roles:
                services.grant_role(actor=None, user=user, role=role, remit=remit)
            if person.key == "admin":
                User.objects.filter(pk=user.pk).update(is_staff=True)
        found[person.key] = user
    return found


def sign_ins() -> str:
    """Return the demo sign-ins as the terminal shows them."""
    lines = [f"  {p.email:<24} {p.job} ({p.name})" for p in PEOPLE]
    return "\n".join([*lines, f"  password for all: {PASSWORD}"])
