"""The pages of reviewers, authors and administrators."""

from __future__ import annotations

from fastapi import APIRouter

from api.http.reviewer import changes, rubric_editor, sign_in, submissions, versions

router = APIRouter(include_in_schema=False)
router.include_router(sign_in.router)
router.include_router(versions.router)  # before /take-homes/{name}: "publish" is no name
router.include_router(rubric_editor.router)
router.include_router(changes.router)
router.include_router(submissions.router)
