"""What an HTTP status, and the few words of an error body that are worth knowing, mean for us."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from portal.gateway.errors import GatewayError

# Words by which gateways and providers name what the status alone does not tell.
POLICY_WORDS = frozenset(
    {"content_filter", "content_policy_violation", "responsibleaipolicyviolation"}
)
MONEY_WORDS = frozenset({"insufficient_quota", "budget_exceeded", "billing_hard_limit_reached"})
NO_DATABASE = "no connected db"
UNKNOWN_MODEL = ("invalid model name", "model_not_found", "does not exist")


def error_of(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> GatewayError:
    """The error that a reply with this status stands for; ``body`` (its beginning) is read, never
    repeated.
    """
    words, text = _words_of(body)
    if 300 <= status < 400:
        return GatewayError("redirect", status=status)
    if words & MONEY_WORDS:
        return GatewayError(
            "not_authorised", "The budget of the gateway's key is used up.", status=status
        )
    if words & POLICY_WORDS:
        return GatewayError("refused", status=status)
    if status == 429:
        return GatewayError("rate_limited", retry_after=retry_after_of(headers, now), status=status)
    if status in {401, 402, 403}:
        return GatewayError("not_authorised", status=status)
    if status == 400 and NO_DATABASE in text:
        # LiteLLM without a database answers so to a wrong key.
        return GatewayError("not_authorised", status=status)
    if status == 404 or (status == 400 and any(word in text for word in UNKNOWN_MODEL)):
        return GatewayError("not_found", status=status)
    if status == 408:
        return GatewayError("timeout", "The gateway gave up waiting.", status=status)
    if status >= 500:
        return GatewayError("server_error", retry_after=retry_after_of(headers, now), status=status)
    if status >= 400:
        return GatewayError("bad_request", status=status)
    return GatewayError("malformed", status=status)


def retry_after_of(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that the gateway asks us to wait, not capped; ``None`` when it does not say or
    says nonsense.

    Reads ``Retry-After-Ms`` and ``Retry-After`` (seconds or a date, RFC 9110 section 10.2.3). A
    date counts from the reply's own ``Date``, so that a gateway whose clock is wrong is still
    understood.
    """
    for name, scale in (("Retry-After-Ms", 0.001), ("Retry-After", 1.0)):
        text = headers.get(name, "").strip()
        if text.isascii() and text.replace(".", "", 1).isdigit() and len(text) <= 15:
            return float(text) * scale
    until = _date_of(headers.get("Retry-After"))
    if until is None:
        return None
    return max(0.0, (until - (_date_of(headers.get("Date")) or now)).total_seconds())


def _date_of(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _words_of(body: bytes) -> tuple[frozenset[str], str]:
    """The ``type`` and ``code`` of an OpenAI error body, and its message, all in lower case."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return frozenset(), ""
    error = value.get("error") if isinstance(value, dict) else None
    if not isinstance(error, dict):
        return frozenset(), str(error or "").lower()
    inner = error.get("innererror")
    found = [
        error.get("type"),
        error.get("code"),
        inner.get("code") if isinstance(inner, dict) else "",
    ]
    words = frozenset(word.lower() for word in found if isinstance(word, str))
    return words, " ".join([*sorted(words), str(error.get("message") or "").lower()])
