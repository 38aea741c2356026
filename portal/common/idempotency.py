"""A creating call that is sent twice is done once: `Idempotency-Key`.

The key, the work and its answer are one transaction. Two calls at once meet at the unique row:
the second waits for the first and gets its answer, or is told that the first is still at work. A
call that was refused changed nothing and leaves no key, so it can be sent again when it may pass.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from portal.common.clock import now
from portal.common.errors import Conflict, Invalid
from portal.common.models import KeptAnswer
from portal.common.text import text_problem

HEADER = "Idempotency-Key"
MAX_LENGTH = 80
KEPT = timedelta(hours=24)
# How long the second of two calls at once waits for the answer of the first.
WAIT_MS = 2_000
_LOCK_NOT_AVAILABLE = "55P03"


def answer_once(
    *, user_id: UUID, key: str, request: HttpRequest, act: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """Return what ``act`` answers, or what it answered to the same call before.

    An answer is kept for 24 hours by person and key. Raises Invalid (the key), or Conflict
    (key_reused: the key came with another call; in_progress: the first call is still at work).
    """
    if len(key) > MAX_LENGTH or text_problem(key, single_line=True):
        raise Invalid.field(HEADER, "invalid", f"Use at most {MAX_LENGTH} plain characters.")
    asked = _digest(request)
    with transaction.atomic():
        kept = _claim(user_id, key, asked)
        if kept is not None:
            return _again(kept, asked)
        answer = act()
        if answer.status_code >= 400:
            transaction.set_rollback(True)
        else:
            _keep(user_id, key, answer)
        return answer


def forget_old() -> int:
    """Delete the answers whose day is over; return how many."""
    return KeptAnswer.objects.filter(kept_until__lte=now()).delete()[0]


def _digest(request: HttpRequest) -> str:
    """Return SHA-256 over method, full path and body: what makes two calls the same."""
    told = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(told + request.body).hexdigest()


def _claim(user_id: UUID, key: str, asked: str) -> KeptAnswer | None:
    """Take the key for this transaction, or return what it was used for."""
    KeptAnswer.objects.filter(user_id=user_id, key=key, kept_until__lte=now()).delete()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            usual = cursor.fetchone()[0]
            cursor.execute(f"SET LOCAL lock_timeout = {WAIT_MS}")
            cursor.execute(
                "INSERT INTO portal_common_keptanswer"
                " (user_id, key, asked, status, body, headers, kept_until)"
                " VALUES (%s, %s, %s, 0, '', '{}', %s) ON CONFLICT DO NOTHING",
                [user_id, key, asked, now() + KEPT],
            )
            taken = cursor.rowcount == 1
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [usual])
    except OperationalError as problem:
        if getattr(problem.__cause__, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
            raise
        raise Conflict(
            "The same call is still at work. Ask again with the same key in a moment.",
            code="in_progress",
        ) from problem
    return None if taken else KeptAnswer.objects.get(user_id=user_id, key=key)


def _again(kept: KeptAnswer, asked: str) -> HttpResponse:
    if kept.asked != asked:
        raise Conflict(
            "This key came with another call before. Use a new key for each thing to be done.",
            code="key_reused",
        )
    answer = HttpResponse(kept.body, status=kept.status, content_type="application/json")
    for name, value in kept.headers.items():
        answer[name] = value
    answer["Idempotency-Replayed"] = "true"
    return answer


def _keep(user_id: UUID, key: str, answer: HttpResponseBase) -> None:
    render = getattr(answer, "render", None)
    if render is not None:
        render()
    body = bytes(getattr(answer, "content", b"")).decode("utf-8")
    headers = {name: answer[name] for name in ("ETag", "Location") if name in answer}
    KeptAnswer.objects.filter(user_id=user_id, key=key).update(
        status=answer.status_code, body=body, headers=headers
    )
