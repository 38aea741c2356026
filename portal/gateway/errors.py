"""What can go wrong with one call, in words that may be shown to anybody.

A message never holds the reply's body, an address or a key: those come from outside, and messages
reach pages and logs.
"""

from typing import Literal, get_args

ErrorCode = Literal[
    "rate_limited",
    "refused",
    "timeout",
    "truncated",
    "too_large",
    "not_authorised",
    "bad_request",
    "not_found",
    "server_error",
    "unreachable",
    "redirect",
    "malformed",
    "address_not_allowed",
]
ERROR_CODES: tuple[ErrorCode, ...] = get_args(ErrorCode)

# Another attempt at the same call may help: the fault was in the moment, not in the request or in
# the set-up.
RETRYABLE: frozenset[ErrorCode] = frozenset(
    {"rate_limited", "timeout", "truncated", "server_error", "unreachable"}
)
# No call to this model can succeed until a person changes something.
STOPS_CANDIDATE: frozenset[ErrorCode] = frozenset({"not_authorised", "address_not_allowed"})
# The model may have worked for us although no answer can be used: such a call is booked at its
# estimate.
MAYBE_BILLED: frozenset[ErrorCode] = frozenset(
    {"timeout", "truncated", "too_large", "server_error", "malformed"}
)

MESSAGES: dict[ErrorCode, str] = {
    "rate_limited": "The gateway limits how many calls it takes; this one was turned away for now.",
    "refused": "The gateway's content policy refused this request.",
    "timeout": "The gateway did not answer within the time allowed.",
    "truncated": "The gateway's answer broke off before its end.",
    "too_large": "The gateway's answer is larger than what is accepted.",
    "not_authorised": (
        "The gateway does not accept the key for this model. "
        "Check GATEWAY_API_KEY and what the key may use."
    ),
    "bad_request": "The gateway did not accept the request. Check the settings of this candidate.",
    "not_found": "The gateway does not know this model or this path.",
    "server_error": "The gateway, or the provider behind it, failed.",
    "unreachable": "The gateway could not be reached.",
    "redirect": "The gateway answered with a redirect, which is not followed.",
    "malformed": "The gateway's answer is not a chat completion.",
    "address_not_allowed": (
        "The gateway's address is not on the list of allowed addresses. "
        "GATEWAY_ALLOWED_HOSTS must name its scheme, host, port and, inside a company, its network."
    ),
}


class GatewayError(Exception):
    """A call that brought no answer that can be used.

    ``code`` says what happened, ``message`` says it in plain words. ``retry_after`` is the
    gateway's own wish in seconds, as told (not capped). ``retryable``: the same call may succeed
    later. ``stops_candidate``: no call to this model can succeed. ``maybe_billed``: the gateway may
    have done the work, so the call is booked at its estimate. ``status`` is the HTTP status when
    there was one; ``latency_ms`` how long the attempt took, when it was made.
    """

    def __init__(
        self,
        code: ErrorCode,
        message: str = "",
        *,
        retry_after: float | None = None,
        retryable: bool | None = None,
        stops_candidate: bool | None = None,
        maybe_billed: bool | None = None,
        status: int | None = None,
        latency_ms: float | None = None,
    ) -> None:
        self.code: ErrorCode = code
        self.message = message or MESSAGES[code]
        self.retry_after = retry_after
        self.retryable = code in RETRYABLE if retryable is None else retryable
        self.stops_candidate = (
            code in STOPS_CANDIDATE if stops_candidate is None else stops_candidate
        )
        self.maybe_billed = code in MAYBE_BILLED if maybe_billed is None else maybe_billed
        self.status = status
        self.latency_ms = latency_ms
        super().__init__(self.message)

    def __repr__(self) -> str:
        return f"GatewayError({self.code!r}, status={self.status!r})"
