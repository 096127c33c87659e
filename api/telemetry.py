"""OpenTelemetry, where it is asked for: traces and figures over OTLP/HTTP, to where the OTEL_* variables say.

Spans go out with the tokens of private links starred. Logs stay with us: exceptions in them may quote submissions.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastapi.telemetry import TelemetryConfig
from opentelemetry.metrics import MeterProvider, NoOpMeterProvider
from opentelemetry.trace import NoOpTracerProvider, Tracer, TracerProvider

from api.logs import without_secrets
from api.settings import BadSettings, Settings

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import Span, SpanProcessor

SERVICE: Final = "takehome-grader"
UNINTERESTING: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds: they would bury everything else."""


@dataclass(frozen=True)
class Telemetry:
    """Where spans and figures go: to nowhere, unless telemetry is on."""

    traces: TracerProvider
    figures: MeterProvider

    def tracer(self) -> Tracer:
        """What spans of ours are made with."""
        return self.traces.get_tracer(SERVICE)

    def of_fastapi(self, *, on: bool) -> TelemetryConfig:
        """How FastAPI shall take part. It would follow global providers and variables of its own otherwise."""
        return {
            "tracer_provider": self.traces,
            "meter_provider": self.figures,
            "tracing": on,
            "metrics": on,
            "logs": False,
            "auto_configure": False,
            "exclude": lambda scope: scope.get("path") in UNINTERESTING,
        }


def open_telemetry(settings: Settings, part: str) -> Telemetry:
    """Telemetry of this process, which is called `part` (api, worker) unless OTEL_SERVICE_NAME says otherwise.

    Raises:
        BadSettings: it is asked for and its packages are not installed.
    """
    if not settings.telemetry:
        return Telemetry(NoOpTracerProvider(), NoOpMeterProvider())
    try:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk import metrics, trace
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise BadSettings(
            "GRADER_TELEMETRY=true needs packages that are not installed: pip install 'takehome-grader[telemetry]', "
            f"or unset it. (There is no {error.name}.)"
        ) from error
    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": f"{SERVICE}-{part}"}
    resource = Resource.create(named)
    traces = trace.TracerProvider(resource=resource)
    if _wanted("TRACES"):
        traces.add_span_processor(_starring())
        traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    readers = [PeriodicExportingMetricReader(OTLPMetricExporter())] if _wanted("METRICS") else []
    return Telemetry(traces, metrics.MeterProvider(metric_readers=readers, resource=resource))


def _wanted(signal: str) -> bool:
    exporter = os.environ.get(f"OTEL_{signal}_EXPORTER", "otlp")
    if exporter not in {"otlp", "none"}:
        raise BadSettings(
            f"OTEL_{signal}_EXPORTER is {exporter}: only otlp (over HTTP) and none are known here"
        )
    return exporter == "otlp"


def _starring() -> SpanProcessor:
    """Stars what must not leave in the attributes of a span, before anything is exported."""
    from opentelemetry.sdk.trace import SpanProcessor

    class Starring(SpanProcessor):
        def on_start(self, span: Span, parent_context: Context | None = None) -> None:
            del parent_context
            for name, value in dict(span.attributes or {}).items():
                if isinstance(value, str):
                    span.set_attribute(name, without_secrets(value))

    return Starring()
