"""A worker under observation: its figures, its spans, its address for Prometheus."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NoOpTracer, StatusCode
from pydantic import SecretStr

from api.metrics import Measures
from api.service import Service
from api.settings import Settings
from api.takehomes.shelf import Shelf
from api.takehomes.tables import SuiteVersion
from api.watching import WatchedExaminer, answering, worker_metrics
from grader.evidence import Evidence
from grader.evidence import Stage as StageFact
from tests.api.graded import Recorded

TOKEN = "q0Zb7YtVn3xKfJw9RmLdUo5sPcHa1EgI"
SUITE = SuiteVersion(environment="base", digest="0" * 64)


class Broken(Recorded):
    """Breaks in the middle, with something in its message that must not leave the machine."""

    def evidence(self, *_: object) -> Evidence:
        raise RuntimeError("assert flatten(secret) == 42")


class Odd(Recorded):
    """Names a stage that nobody knows."""

    def evidence(
        self, suite: SuiteVersion, shelf: Shelf, take: Callable[[], object], progress: Callable[[str], None]
    ) -> Evidence:
        found = super().evidence(suite, shelf, take, progress)
        return found.model_copy(
            update={"stages": (StageFact(name="made up", wall_seconds=1.0, cpu_seconds=-1.0),)}
        )


def examine(examiner: WatchedExaminer, service: Service) -> list[str]:
    """Let it grade; gives the steps that the inside reported."""
    steps: list[str] = []
    shelf = Shelf(service.blobs, service.settings.data / "takehomes")
    examiner.evidence(SUITE, shelf, lambda: None, steps.append)  # type: ignore[arg-type, return-value]
    return steps


def figure(measures: Measures, name: str, **labels: str) -> float | None:
    return measures.registry.get_sample_value(name, labels)


def test_outcomes_and_stages_are_counted(service: Service) -> None:
    measures = Measures()
    recorded = Recorded("flatten-middling")

    steps = examine(WatchedExaminer(recorded, measures, NoOpTracer()), service)

    assert steps == ["grading"]
    assert figure(measures, "grader_gradings_total", outcome="graded") == 1
    assert figure(measures, "grader_grading_seconds_count", environment="base") == 1
    wall = {stage.name: stage.wall_seconds for stage in recorded._evidence.stages}
    for name, seconds in wall.items():
        assert figure(measures, "grader_stage_seconds_sum", stage=name) == pytest.approx(seconds)


def test_the_environment_is_that_of_the_examiner_inside(service: Service) -> None:
    examiner = WatchedExaminer(Recorded("flatten-middling"), Measures(), NoOpTracer())

    assert examiner.environment("base") == "base:recorded"


def test_what_breaks_is_counted_and_raised(service: Service) -> None:
    measures = Measures()

    with pytest.raises(RuntimeError, match="flatten"):
        examine(WatchedExaminer(Broken("flatten-middling"), measures, NoOpTracer()), service)

    assert figure(measures, "grader_gradings_total", outcome="broke") == 1


def test_an_unknown_stage_makes_no_label(service: Service) -> None:
    measures = Measures()

    examine(WatchedExaminer(Odd("flatten-middling"), measures, NoOpTracer()), service)

    assert figure(measures, "grader_stage_seconds_sum", stage="other") == 1.0
    assert figure(measures, "grader_stage_cpu_seconds_total", stage="other") == 0.0
    assert "made up" not in measures.text().decode()


def test_a_grading_is_a_span_without_any_text_of_the_submission(service: Service) -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("tests")

    examine(WatchedExaminer(Recorded("flatten-middling"), Measures(), tracer), service)
    with pytest.raises(RuntimeError):
        examine(WatchedExaminer(Broken("flatten-middling"), Measures(), tracer), service)

    good, bad = kept.get_finished_spans()
    assert good.attributes is not None
    assert good.attributes["grader.outcome"] == "graded"
    assert "grader.stage.hidden_tests.seconds" in good.attributes
    assert [event.name for event in good.events] == ["progress"]
    assert (bad.status.status_code, bad.status.description) == (StatusCode.ERROR, "RuntimeError")
    assert "secret" not in bad.to_json()


def get(port: int, path: str = "/metrics", **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(
        "GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


def test_a_worker_answers_prometheus(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    with answering(settings, 0, lambda: b"grader_pool 1\n") as port:
        assert get(port) == (200, "grader_pool 1\n")
        assert get(port, "/")[0] == 404
        assert get(port, X_Forwarded_For="10.0.0.1")[0] == 404


def test_a_worker_wants_the_token(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, metrics_token=SecretStr(TOKEN))
    with answering(settings, 0, lambda: b"") as port:
        assert get(port)[0] == 404
        assert get(port, Authorization=f"Bearer {TOKEN}")[0] == 200


def test_the_pool_is_among_the_figures(tmp_path: Path) -> None:
    with answering(Settings(data=tmp_path), 0, lambda: b"") as free:
        pass
    settings = Settings(data=tmp_path, worker_metrics_port=free)
    with worker_metrics(settings, Measures(), lambda: (2, 1)) as port:
        body = get(port)[1]

    assert 'grader_pool_containers{state="ready"} 2.0' in body
    assert 'grader_pool_containers{state="busy"} 1.0' in body


def test_without_a_port_nothing_listens(tmp_path: Path) -> None:
    with worker_metrics(Settings(data=tmp_path), Measures(), lambda: (0, 0)) as port:
        assert port == 0
