"""The pages of reviewers, authors and administrators."""

from __future__ import annotations

from fastapi import APIRouter

from api.http.reviewer import sign_in, submissions

router = APIRouter(include_in_schema=False)
router.include_router(sign_in.router)
router.include_router(submissions.router)
