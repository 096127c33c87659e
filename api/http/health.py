"""/healthz says that the process answers; /readyz whether it can do its work, part by part."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.blobs import BlobsUnavailable
from api.http.access import ServiceDep

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz")
def readyz(service: ServiceDep) -> JSONResponse:
    """Database and blob store answer. Workers are not asked: uploads are taken without them."""
    parts = {}
    try:
        with service.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        parts["database"] = "ok"
    except SQLAlchemyError as error:
        parts["database"] = type(error).__name__
    try:
        service.blobs.free_bytes()
        parts["blobs"] = "ok"
    except (BlobsUnavailable, OSError) as error:
        parts["blobs"] = type(error).__name__
    ready = all(state == "ok" for state in parts.values())
    return JSONResponse({"status": "ok" if ready else "unavailable", "parts": parts}, 200 if ready else 503)
