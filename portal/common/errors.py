"""What a service may refuse, in one family. `portal.common.http` maps it to pages and the API."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong with one field: ``message`` says what, and what would be right."""

    field: str
    code: str
    message: str


class DomainError(Exception):
    """A refusal that a person can act on.

    ``code`` is a stable word for programs, ``message`` a sentence for people, ``errors`` the
    fields that are wrong, ``link`` a page that helps (a diff, the current state).
    """

    status = 400
    default_code = "invalid"

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        errors: tuple[FieldError, ...] | list[FieldError] = (),
        link: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.errors = tuple(errors)
        self.link = link


class Invalid(DomainError):
    """The input itself is wrong."""

    @classmethod
    def field(cls, field: str, code: str, message: str) -> "Invalid":
        """One wrong field."""
        return cls(message, errors=(FieldError(field, code, message),))


class Forbidden(DomainError):
    """The object is visible, the act is not allowed; ``code`` names the rule that says so."""

    status = 403
    default_code = "forbidden"


class Conflict(DomainError):
    """Right input at the wrong moment: changed meanwhile, already done, locked."""

    status = 409
    default_code = "conflict"


class NotReady(Conflict):
    """Something has to be there first; the message says what and where."""

    default_code = "not_ready"


class Unavailable(DomainError):
    """A part that we depend on does not answer (gateway, queue)."""

    status = 503
    default_code = "unavailable"
