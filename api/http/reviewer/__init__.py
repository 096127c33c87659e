"""The pages of reviewers, authors and administrators."""

from __future__ import annotations

from fastapi import APIRouter

from api.http.reviewer import (
    account,
    ats,
    audit,
    changes,
    forges,
    hooks,
    invitations,
    inviting,
    oidc,
    people,
    pipelines,
    queue,
    rubric_editor,
    sign_in,
    submissions,
    takehomes,
    tokens,
    versions,
)

router = APIRouter(include_in_schema=False)
for part in (sign_in, oidc, queue, submissions):
    router.include_router(part.router)
# versions first: "publish" is no name of a take-home
for part in (versions, takehomes, rubric_editor, changes):
    router.include_router(part.router)
for part in (inviting, invitations, people, account, tokens, audit, hooks, forges, pipelines, ats):
    router.include_router(part.router)
