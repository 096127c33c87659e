"""The application: routers put together."""

from __future__ import annotations

from fastapi import FastAPI

from api.http import health, pages
from api.http.access import cookie_name
from api.http.candidate import router as candidate
from api.http.edge import Edge
from api.http.errors import add_handlers
from api.http.limiting import Limiting
from api.http.reviewer import router as reviewer
from api.http.v1 import router as v1
from api.http.v1.openapi import describe
from api.service import Service

FORM_BYTES = 1 * 2**20
"""Beside the upload itself, what a request may hold."""


def create_app(service: Service) -> FastAPI:
    """The HTTP face of `service`."""
    app = FastAPI(
        title="Take-home grader",
        version="1",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        openapi_url="/api/v1/openapi.json",
        max_body_size=max(service.settings.bounds.upload_bytes, service.settings.bounds.takehome_bytes)
        + FORM_BYTES,
    )
    app.state.service = service
    add_handlers(app)
    for router in (health.router, pages.router, v1, candidate, reviewer):
        app.include_router(router)
    per_minute = service.settings.bounds.requests_per_minute
    app.add_middleware(Limiting, per_minute=per_minute, cookie=cookie_name(service))
    app.add_middleware(Edge, base_url=service.settings.base_url)
    describe(app)
    return app
