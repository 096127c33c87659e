"""The pages of reviewers, authors and administrators."""

from __future__ import annotations

from fastapi import APIRouter

from api.http.reviewer import (
    account,
    audit,
    invitations,
    inviting,
    oidc,
    people,
    queue,
    sign_in,
    takehomes,
    tokens,
)

router = APIRouter(include_in_schema=False)
for part in (sign_in, oidc, queue, takehomes, inviting, invitations, people, account, tokens, audit):
    router.include_router(part.router)
