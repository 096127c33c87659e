"""The pages on which a reviewer judges one submission, and the one that puts several side by side."""

from __future__ import annotations

from fastapi import APIRouter

from api.http.reviewer.submissions import code, compare, downloads, events, judging, past, report

router = APIRouter()
for part in (report, events, judging, code, past, downloads, compare):
    router.include_router(part.router)
