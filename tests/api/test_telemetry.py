"""OpenTelemetry: off unless asked for, over OTLP/HTTP where it is, and never with a secret in it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider

from api.http.app import create_app
from api.service import Service
from api.settings import BadSettings, Settings
from api.telemetry import open_telemetry
from api.tokens import INVITATION, make_token

SECRET = "opensesame-7f3a"


class Collector:
    """Takes what is exported."""

    def __init__(self) -> None:
        self.bodies: list[tuple[str, bytes]] = []

    @property
    def traces(self) -> ExportTraceServiceRequest:
        merged = ExportTraceServiceRequest()
        for path, body in self.bodies:
            if path == "/v1/traces":
                merged.MergeFromString(body)
        return merged


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector on loopback, to which the usual variables point."""
    kept = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.bodies.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


def test_nothing_is_recorded_unless_asked_for(service: Service, collector: Collector) -> None:
    telemetry = open_telemetry(service.settings, "api")
    TestClient(create_app(service)).get("/sign-in")

    assert not isinstance(telemetry.traces, TracerProvider)
    assert collector.bodies == []


def test_requests_are_exported_by_route_and_without_secrets(
    service: Service, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def kept(settings: Settings, part: str) -> object:
        made.append(open_telemetry(settings, part))
        return made[-1]

    monkeypatch.setattr("api.http.app.open_telemetry", kept)
    settings = service.settings.model_copy(update={"telemetry": True})
    app = create_app(replace(service, settings=settings))
    router = APIRouter()

    @router.get("/api/{token}/broken")
    def broken(token: str) -> None:
        raise RuntimeError(f"{token} {SECRET}")

    app.include_router(router)
    token = make_token(INVITATION)
    client = TestClient(app, raise_server_exceptions=False)
    assert client.get("/sign-in", params={"next": f"/i/{token}"}).status_code == 200
    assert client.get(f"/api/{token}/broken", headers={"Cookie": f"session={SECRET}"}).status_code == 500
    client.get("/healthz")
    (telemetry,) = made
    telemetry.traces.shutdown()
    telemetry.figures.shutdown()

    resources = collector.traces.resource_spans
    spans = [span for one in resources for scope in one.scope_spans for span in scope.spans]
    names = {span.name for span in spans}
    assert "GET /sign-in" in names
    assert "GET /api/{token}/broken" in names
    assert not any("healthz" in name for name in names)
    attributes = {one.key: one.value.string_value for one in resources[0].resource.attributes}
    assert attributes["service.name"] == "takehome-grader-api"
    everything = b"".join(body for _, body in collector.bodies)
    assert b"inv_*" in everything
    assert token[4:].encode() not in everything
    assert SECRET.encode() not in everything
    assert {path for path, _ in collector.bodies} == {"/v1/traces", "/v1/metrics"}


def test_missing_packages_are_named(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    settings = service.settings.model_copy(update={"telemetry": True})

    with pytest.raises(BadSettings, match=r"pip install 'takehome-grader\[telemetry\]'"):
        create_app(replace(service, settings=settings))


def test_another_exporter_is_refused(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "zipkin")
    settings = service.settings.model_copy(update={"telemetry": True})

    with pytest.raises(BadSettings, match="OTEL_TRACES_EXPORTER is zipkin"):
        open_telemetry(settings, "api")
