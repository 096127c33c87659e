"""The pages that candidates see, behind their private link."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)
