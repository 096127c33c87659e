"""The pages of reviewers, authors and administrators."""

from __future__ import annotations

from fastapi import APIRouter

from api.http.reviewer import queue, sign_in, takehomes

router = APIRouter(include_in_schema=False)
for part in (sign_in, queue, takehomes):
    router.include_router(part.router)
