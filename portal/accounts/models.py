"""People and the organisation roles they hold."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models

from portal.common.choices import ToneChoices


class UserManager(BaseUserManager["User"]):
    """Makes users by their e-mail address."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """Return a new user; the password is hashed, None makes it unusable."""
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """Return a new user with every Django permission (for `manage.py createsuperuser`)."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)


class User(AbstractUser):
    """A person or service account, known by e-mail address and shown by display name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = None  # type: ignore[assignment]
    email = models.EmailField("e-mail", unique=True)
    display_name = models.CharField(max_length=120)
    job_title = models.CharField(max_length=120, blank=True)
    is_service_account = models.BooleanField(default=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    objects = UserManager()  # type: ignore[assignment,misc]

    class Meta:
        ordering = ("display_name", "email")

    def __str__(self) -> str:
        return self.display_name or self.email


class OrganisationRole(ToneChoices):
    """What a person may do across all workloads."""

    REVIEWER = "reviewer", "Reviewer"
    CATALOG_MANAGER = "catalog_manager", "Catalog manager"
    AUDITOR = "auditor", "Auditor"
    PLATFORM_ADMIN = "platform_admin", "Platform admin"


class Remit(ToneChoices):
    """In whose name a reviewer votes."""

    BUSINESS = "business", "Business"
    RISK = "risk", "Risk"
    SECURITY = "security", "Security"
    PRIVACY = "privacy", "Privacy"


class RoleGrant(models.Model):
    """One organisation role that a person holds or held; ended by a date, never deleted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=20, choices=OrganisationRole.choices)
    remit = models.CharField(max_length=20, choices=Remit.choices, blank=True)
    granted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    granted_at = models.DateTimeField()
    revoked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("granted_at",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=("user", "role", "remit"),
                condition=models.Q(revoked_at=None),
                name="one_standing_grant",
            ),
            models.CheckConstraint(
                condition=models.Q(role="reviewer", remit__gt="")
                | (~models.Q(role="reviewer") & models.Q(remit="")),
                name="a_reviewer_has_a_remit",
            ),
            models.CheckConstraint(
                condition=models.Q(granted_by=None) | ~models.Q(granted_by=models.F("user")),
                name="nobody_grants_to_themselves",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role} {self.remit}".strip()
