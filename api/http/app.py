"""The application: routers put together."""

from __future__ import annotations

from fastapi import FastAPI

from api.database.engine import plain_url
from api.http import forge_hooks, health, metrics, pages
from api.http.access import cookie_name
from api.http.candidate import router as candidate
from api.http.edge import Edge
from api.http.errors import TooLargeAsProblem, Unexpected, add_handlers
from api.http.limiting import Limiting
from api.http.live import Live
from api.http.reviewer import router as reviewer
from api.http.reviewer.oidc import set_up_oidc
from api.http.v1 import router as v1
from api.http.v1.openapi import describe
from api.metrics import Measures
from api.service import Service
from api.submissions.files import SubmittedFiles
from api.takehomes.shelf import Shelf
from api.telemetry import open_telemetry

FORM_BYTES = 1 * 2**20
"""Beside the upload itself, what a request may hold."""


def create_app(service: Service) -> FastAPI:
    """The HTTP face of `service`.

    Raises:
        BadSettings: telemetry is asked for and not installed.
    """
    telemetry = open_telemetry(service.settings, "api")
    app = FastAPI(
        title="Take-home grader",
        version="1",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        openapi_url="/api/v1/openapi.json",
        telemetry=telemetry.of_fastapi(on=service.settings.telemetry),
    )
    app.state.service = service
    app.state.shelf = Shelf(service.blobs, service.settings.data / "takehomes")
    app.state.submitted = SubmittedFiles(service.blobs, app.state.shelf)
    app.state.live = Live(plain_url(service.engine))
    app.state.measures = Measures()
    add_handlers(app)
    bounds = service.settings.bounds
    largest = max(bounds.upload_bytes, bounds.takehome_bytes) + FORM_BYTES
    for router in (health.router, metrics.router, pages.router, v1, candidate, reviewer):
        # not for the whole application: that refusal would pass by the log, the headers and the form of errors
        app.include_router(router, max_body_size=largest)
    app.include_router(forge_hooks.router, max_body_size=bounds.delivery_bytes)
    set_up_oidc(app, service)
    app.add_middleware(Unexpected)
    app.add_middleware(TooLargeAsProblem)
    app.add_middleware(Limiting, per_minute=bounds.requests_per_minute, cookie=cookie_name(service))
    app.add_middleware(Edge, base_url=service.settings.base_url)
    app.add_middleware(metrics.Measured, measures=app.state.measures)
    describe(app)
    return app
