"""The JSON API, version 1: one module for each noun, and beside it the shapes of its bodies."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Depends

from api.http.v1 import events, reports, submissions
from api.http.v1.answers import ALWAYS, problems
from api.http.v1.strict import known_parameters_only

JSON_BYTES: Final = 2 * 2**20
"""Of a body that is no upload: a rubric, comments."""

router = APIRouter(
    prefix="/api/v1", dependencies=[Depends(known_parameters_only)], responses=problems(*ALWAYS)
)
router.include_router(submissions.uploading)
for small in (submissions.router, events.router, reports.router):
    router.include_router(small, max_body_size=JSON_BYTES)
