"""The application: routers put together."""

from __future__ import annotations

from fastapi import FastAPI

from api.http import health, pages
from api.http.access import cookie_name
from api.http.candidate import router as candidate
from api.http.edge import Edge
from api.http.errors import TooLargeAsProblem, add_handlers
from api.http.limiting import Limiting
from api.http.reviewer import router as reviewer
from api.http.v1 import router as v1
from api.http.v1.openapi import describe
from api.service import Service
from api.submissions.files import SubmittedFiles
from api.takehomes.shelf import Shelf

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
    )
    app.state.service = service
    app.state.shelf = Shelf(service.blobs, service.settings.data / "takehomes")
    app.state.submitted = SubmittedFiles(service.blobs, app.state.shelf)
    add_handlers(app)
    bounds = service.settings.bounds
    largest = max(bounds.upload_bytes, bounds.takehome_bytes) + FORM_BYTES
    for router in (health.router, pages.router, v1, candidate, reviewer):
        # not for the whole application: that refusal would pass by the log, the headers and the form of errors
        app.include_router(router, max_body_size=largest)
    app.add_middleware(TooLargeAsProblem)
    app.add_middleware(Limiting, per_minute=bounds.requests_per_minute, cookie=cookie_name(service))
    app.add_middleware(Edge, base_url=service.settings.base_url)
    describe(app)
    return app
