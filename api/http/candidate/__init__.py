"""The pages that candidates see, behind their private link."""

from __future__ import annotations

from fastapi import APIRouter

from api.http.candidate import home, personal, receipt, sending

router = APIRouter(include_in_schema=False)
for part in (home, sending, receipt, personal):
    router.include_router(part.router, prefix="/i/{token}")
