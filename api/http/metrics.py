"""/metrics: this process's figures, and the whole service's, read from the database at each question."""

from __future__ import annotations

import time
from collections.abc import Iterable

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.blobs import BlobsUnavailable
from api.http.access import ServiceDep, address_of
from api.metrics import Measures, may_read
from api.problems import NotFound
from api.queue import job_counts, oldest_job_seconds, worker_silences
from api.service import Service
from api.submissions.counting import submissions_by_state

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
def metrics(request: Request, service: ServiceDep) -> Response:
    """Everything in Prometheus' text format.

    Raises:
        NotFound: the caller may not know; nor that there is something to know.
    """
    forwarded = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    authorization = request.headers.get("authorization", "")
    if not may_read(service.settings, address_of(request), authorization, forwarded=forwarded):
        raise NotFound("There is nothing at this address.")
    measures: Measures = request.app.state.measures
    return Response(measures.text(WholeService(service)), media_type=CONTENT_TYPE_LATEST)


class WholeService(Collector):
    """Figures that every node gives alike. Ask one of them, or take the maximum over all."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterable[Metric]:
        """Read them. `grader_up` is 0 for a part that does not answer, and its figures are left out."""
        up = GaugeMetricFamily("grader_up", "Whether a part of the service answers.", labels=["part"])
        try:
            found = [*self._from_database()]
            up.add_metric(["database"], 1)
        except SQLAlchemyError:
            found = []
            up.add_metric(["database"], 0)
        try:
            free = self._service.blobs.free_bytes()
            up.add_metric(["blobs"], 1)
        except (BlobsUnavailable, OSError):
            free = None
            up.add_metric(["blobs"], 0)
        if free is not None:
            found.append(
                GaugeMetricFamily("grader_blob_free_bytes", "Space left for uploads.", value=float(free))
            )
        yield from (*found, up)

    def _from_database(self) -> Iterable[Metric]:
        with self._service.sessions() as session:
            jobs = GaugeMetricFamily("grader_jobs", "Jobs that are not done.", labels=["queue", "status"])
            for (queue, status), count in job_counts(session).items():
                jobs.add_metric([queue, status], count)
            oldest = GaugeMetricFamily(
                "grader_oldest_job_seconds", "How long the oldest waiting job has waited.", labels=["queue"]
            )
            for queue, seconds in oldest_job_seconds(session).items():
                oldest.add_metric([queue], seconds)
            states = GaugeMetricFamily("grader_submissions", "Submissions by their state.", labels=["state"])
            for state, count in submissions_by_state(session).items():
                states.add_metric([state], count)
            silences = worker_silences(session)
        stalled = self._service.settings.stalled_seconds
        workers = GaugeMetricFamily("grader_workers", "Workers that the database knows.", labels=["state"])
        workers.add_metric(["alive"], sum(silence < stalled for silence in silences))
        workers.add_metric(["silent"], sum(silence >= stalled for silence in silences))
        heartbeat = GaugeMetricFamily(
            "grader_heartbeat_age_seconds",
            "Since the newest sign of life of any worker; absent where there never was one.",
        )
        if silences:
            heartbeat.add_metric([], min(silences))
        return (jobs, oldest, states, workers, heartbeat)


class Measured:
    """Counts every request by its route's template."""

    def __init__(self, app: ASGIApp, measures: Measures) -> None:
        self._app = app
        self._measures = measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.monotonic(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", None)
            self._measures.request(scope["method"], route, status, time.monotonic() - started)
