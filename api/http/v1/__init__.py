"""The JSON API, version 1: one module for each noun, and beside it the shapes of its bodies."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Depends

from api.http.v1 import (
    ats,
    ci,
    ci_credentials,
    events,
    forges,
    hooks,
    invitations,
    manual,
    reports,
    reviews,
    submissions,
    takehomes,
)
from api.http.v1.answers import ALWAYS, problems
from api.http.v1.strict import known_parameters_only

JSON_BYTES: Final = 2 * 2**20
"""Of a body that is no upload: a rubric, comments."""

router = APIRouter(
    prefix="/api/v1", dependencies=[Depends(known_parameters_only)], responses=problems(*ALWAYS)
)
for large in (submissions.uploading, takehomes.uploading, ci.uploading):
    router.include_router(large)
for small in (
    submissions,
    events,
    reports,
    takehomes,
    invitations,
    reviews,
    hooks,
    forges,
    ci,
    ci_credentials,
    ats,
):
    router.include_router(small.router, max_body_size=JSON_BYTES)
router.include_router(manual.router)
