"""What this process measures for Prometheus. Labels have few values: never an id, a name, or a path as it was sent."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from api.settings import Settings

METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
STAGES: Final = frozenset({"read", "hidden tests", "own tests", "variants", "workloads", "all"})
"""Those of `grader.pipeline`; another one is counted as `other`."""
_REQUEST_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_GRADING_SECONDS: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900)


class Measures:
    """The figures of one process, in a registry of their own. Serves any number of threads."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = Histogram(
            "grader_request_seconds",
            "Requests, by the template of their route.",
            ("method", "route", "status"),
            buckets=_REQUEST_SECONDS,
            registry=self.registry,
        )
        self.gradings = Counter(
            "grader_gradings",
            "Gradings that this worker ended, by outcome; `broke` is a fault of ours that nobody foresaw.",
            ("outcome",),
            registry=self.registry,
        )
        self.grading_seconds = Histogram(
            "grader_grading_seconds",
            "How long a grading took, from its claim until its evidence was there.",
            ("environment",),
            buckets=_GRADING_SECONDS,
            registry=self.registry,
        )
        self.stage_seconds = Histogram(
            "grader_stage_seconds",
            "How long the stages of gradings took; they run side by side.",
            ("stage",),
            buckets=_GRADING_SECONDS,
            registry=self.registry,
        )
        self.stage_cpu_seconds = Counter(
            "grader_stage_cpu",
            "CPU seconds that the stages of gradings took in containers.",
            ("stage",),
            unit="seconds",
            registry=self.registry,
        )

    def request(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Count a request; `route` is the template, None where no route was found."""
        known = method if method in METHODS else "other"
        self.requests.labels(known, route or "none", str(status)).observe(seconds)

    def text(self, *more: Collector) -> bytes:
        """Everything in Prometheus' text format; `more` is asked now and not kept."""
        return generate_latest(self.registry) + generate_latest(_Asked(more))


class _Asked(CollectorRegistry):
    """Collectors for one answer."""

    def __init__(self, collectors: Iterable[Collector]) -> None:
        super().__init__()
        self._asked = tuple(collectors)

    def collect(self) -> Iterable[Metric]:
        """The metrics of all."""
        for collector in self._asked:
            yield from collector.collect()


def may_read(settings: Settings, address: str, authorization: str, *, forwarded: bool) -> bool:
    """Whether a caller may read the metrics: with the token, or where none is set, on this machine.

    `forwarded`: the request came through a proxy. Then its address may be the proxy's, and says nothing.
    """
    if settings.metrics_token is None:
        return address in {"127.0.0.1", "::1"} and not forwarded
    wanted = f"Bearer {settings.metrics_token.get_secret_value()}"
    return hmac.compare_digest(authorization.encode(), wanted.encode())
