"""Watching a worker: what becomes of its gradings, in figures and spans, and an address where Prometheus reads them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import structlog
from opentelemetry.trace import StatusCode, Tracer
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.metrics import STAGES, Measures, may_read
from api.settings import Settings
from api.submissions.grading import Examiner
from api.takehomes.shelf import Shelf
from api.takehomes.tables import SuiteVersion
from grader.evidence import Evidence
from grader.intake.submission import Intake

log = structlog.get_logger()

PATIENCE: Final = 10.0
"""Seconds that a caller of /metrics may take to send its request."""
Levels = Callable[[], tuple[int, int]]


class WatchedExaminer:
    """An `Examiner` that is measured. It changes nothing of what the examiner inside gives or raises."""

    def __init__(self, inner: Examiner, measures: Measures, tracer: Tracer) -> None:
        self._inner = inner
        self._measures = measures
        self._tracer = tracer

    def environment(self, name: str) -> str:
        """See `Examiner.environment`."""
        return self._inner.environment(name)

    def evidence(
        self, suite: SuiteVersion, shelf: Shelf, take: Callable[[], Intake], progress: Callable[[str], None]
    ) -> Evidence:
        """See `Examiner.evidence`. A span holds no text of the submission: names of stages and figures only."""
        asked = structlog.contextvars.get_contextvars()
        attributes = {f"grader.{name}": str(asked[name]) for name in ("job", "submission") if name in asked}
        with (
            self._measures.grading_seconds.labels(suite.environment).time(),
            self._tracer.start_as_current_span(
                "grade", attributes=attributes, record_exception=False, set_status_on_exception=False
            ) as span,
        ):

            def noted(step: str) -> None:
                span.add_event("progress", {"step": step})
                progress(step)

            try:
                evidence = self._inner.evidence(suite, shelf, take, noted)
            except BaseException as error:
                self._measures.gradings.labels("broke").inc()
                span.set_status(StatusCode.ERROR, type(error).__name__)
                raise
            self._measures.gradings.labels(evidence.outcome.value).inc()
            span.set_attribute("grader.outcome", evidence.outcome.value)
            for stage in evidence.stages:
                name = stage.name if stage.name in STAGES else "other"
                self._measures.stage_seconds.labels(name).observe(stage.wall_seconds)
                span.set_attribute(f"grader.stage.{name.replace(' ', '_')}.seconds", stage.wall_seconds)
                if stage.cpu_seconds is not None:
                    self._measures.stage_cpu_seconds.labels(name).inc(max(0.0, stage.cpu_seconds))
        return evidence


class PoolLevels(Collector):
    """How full the warm pool is. `levels` gives (ready, busy)."""

    def __init__(self, levels: Levels) -> None:
        self._levels = levels

    def collect(self) -> Iterable[Metric]:
        """Look now."""
        ready, busy = self._levels()
        pool = GaugeMetricFamily(
            "grader_pool_containers", "Candidate containers of this worker.", labels=["state"]
        )
        pool.add_metric(["ready"], ready)
        pool.add_metric(["busy"], busy)
        yield pool


@contextmanager
def worker_metrics(settings: Settings, measures: Measures, levels: Levels) -> Iterator[int]:
    """Answer /metrics on `worker_metrics_port` until the end of the block; gives the port, 0 where it is off.

    A port of its own, because a worker answers no other requests; the database is not asked to carry figures that
    change a hundred times a second and are worth nothing after a minute.

    Raises:
        OSError: the port is taken.
    """
    if settings.worker_metrics_port == 0:
        yield 0
        return
    with answering(settings, settings.worker_metrics_port, lambda: measures.text(PoolLevels(levels))) as port:
        log.info("metrics of this worker", host=settings.host, port=port)
        yield port


@contextmanager
def answering(settings: Settings, port: int, text: Callable[[], bytes]) -> Iterator[int]:
    """Answer /metrics with `text` on `port` (0: any that is free) until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        timeout = PATIENCE
        server_version, sys_version = "grader", ""

        def do_GET(self) -> None:
            forwarded = "X-Forwarded-For" in self.headers or "Forwarded" in self.headers
            authorization = self.headers.get("Authorization", "")
            address = str(self.client_address[0])
            if self.path != "/metrics" or not may_read(settings, address, authorization, forwarded=forwarded):
                self.send_error(404)
                return
            body = text()
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPE_LATEST)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- as the base has it
            """Write nothing: a line each fifteen seconds says nothing."""

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        daemon_threads = True

    server = Server((settings.host, port), Handler)
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
