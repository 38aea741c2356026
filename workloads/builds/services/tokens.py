"""Tokens for the programs that call a workload."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.clock import now
from portal.common.errors import Conflict, Forbidden
from portal.common.text import clean_text
from workloads.builds.models import AccessToken, TokenScope
from workloads.builds.policies import can_end_token, can_issue_token
from workloads.builds.selectors import tokens_of
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload

TOKEN_DAYS = {TokenScope.STAGING: 30, TokenScope.LIVE: 365}
TOKENS_MAX = 20


@transaction.atomic
def issue_token(
    *, actor: User, workload: Workload, scope: TokenScope, name: str
) -> tuple[AccessToken, str]:
    """Make a token and return it with its secret, which is never shown again.

    A staging token needs an editor, a live one the owner. Raises Forbidden, Invalid (name) or
    Conflict (too_many).
    """
    lifecycle.locked_workload(workload.pk)
    verdict = can_issue_token(actor, workload, scope)
    if not verdict:
        raise Forbidden(verdict.message, code=verdict.rule)
    label = clean_text(name, field="name", minimum=1, maximum=80, single_line=True)
    if tokens_of(workload, scope).count() >= TOKENS_MAX:
        raise Conflict(
            f"There are {TOKENS_MAX} {scope.value} tokens; end one that is not used.",
            code="too_many",
        )
    secret = f"asy_{scope.value}_{secrets.token_urlsafe(32)}"
    token = AccessToken.objects.create(
        workload=workload,
        scope=scope,
        name=label,
        prefix=secret[:12],
        secret_hash=hashlib.sha256(secret.encode()).hexdigest(),
        expires_at=now() + timedelta(days=TOKEN_DAYS[scope]),
        created_by=actor,
        updated_by=actor,
    )
    audit.record(
        actor=actor,
        action="token.issued",
        kind="token",
        ref=str(token.pk),
        workload=workload.ref,
        detail={"scope": scope.value, "name": label},
    )
    return token, secret


@transaction.atomic
def revoke_token(*, actor: User, token: AccessToken) -> None:
    """End a token now, whether a cycle is open or not.

    Raises Forbidden or Conflict (already_revoked).
    """
    verdict = can_end_token(actor, token)
    if not verdict:
        raise Forbidden(verdict.message, code=verdict.rule)
    ended = AccessToken.objects.filter(pk=token.pk, revoked_at=None).update(
        revoked_at=now(), updated_by=actor
    )
    if not ended:
        raise Conflict("This token was ended already.", code="already_revoked")
    audit.record(
        actor=actor,
        action="token.revoked",
        kind="token",
        ref=str(token.pk),
        workload=token.workload.ref,
        detail={"scope": token.scope, "name": token.name},
    )
