"""Metrics: what they say, who may read them, and that their labels stay few."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import text

from api.blobs import BlobsUnavailable, FileBlobs
from api.http.app import create_app
from api.invitations.inviting import by_token
from api.invitations.tables import Invitation
from api.service import Service
from api.submissions.receiving import Upload, receive
from api.takehomes.tables import Takehome
from tests.api.graded import graded

TOKEN = "q0Zb7YtVn3xKfJw9RmLdUo5sPcHa1EgI"


def local(service: Service) -> TestClient:
    """A caller on this machine."""
    return TestClient(create_app(service), base_url="http://127.0.0.1:8000", client=("127.0.0.1", 5))


def samples(client: TestClient, **headers: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(found: dict[tuple[str, frozenset[tuple[str, str]]], float], name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


def test_requests_are_counted_by_template_and_status(service: Service) -> None:
    client = local(service)
    for number in range(3):
        client.get(f"/i/inv_{number}")
    client.get("/healthz")
    client.post("/sign-in", headers={"Sec-Fetch-Site": "cross-site"})

    found = samples(client)

    counts = {
        (dict(labels)["route"], dict(labels)["status"]): count
        for (name, labels), count in found.items()
        if name == "grader_request_seconds_count"
    }
    assert counts["/healthz", "200"] == 1
    assert counts["none", "403"] == 1
    assert sum(counts.values()) == 5
    assert not any("inv_" in route for route, _ in counts)


def test_no_caller_can_make_new_labels(service: Service) -> None:
    client = local(service)
    for number in range(30):
        client.get(f"/made-up/{number}?{number}")
        client.request(f"VERB{number}", f"/sign-in/{number}", headers={"Host": f"host{number}"})

    rows = {labels for name, labels in samples(client) if name == "grader_request_seconds_count"}

    assert len(rows) <= 3


def test_the_queue_and_its_oldest_job(
    service: Service, invited: Callable[..., tuple[Invitation, str]]
) -> None:
    for name in "ab":
        _, token = invited(email=f"{name}@example.com")
        with service.sessions.begin() as session:
            receive(
                session,
                service.blobs,
                service.queue,
                service.settings.bounds,
                by_token(session, token, lock=True),
                Upload("x.zip", b"x", "page"),
                service.now(),
            )
    with service.sessions.begin() as session:
        session.execute(text("UPDATE procrastinate_events SET at = at - interval '90 seconds'"))

    found = samples(local(service))

    assert value(found, "grader_jobs", queue="grading", status="todo") == 2
    assert value(found, "grader_jobs", queue="office", status="failed") == 0
    assert 90 <= value(found, "grader_oldest_job_seconds", queue="grading") < 120
    assert value(found, "grader_oldest_job_seconds", queue="office") == 0
    assert value(found, "grader_submissions", state="queued") == 2
    assert value(found, "grader_submissions", state="failed") == 0


def test_submissions_by_state(service: Service, flatten: Takehome) -> None:
    graded(service, flatten)

    assert value(samples(local(service)), "grader_submissions", state="graded") == 1


def test_workers_alive_and_silent(service: Service) -> None:
    assert value(samples(local(service)), "grader_workers", state="alive") == 0
    with service.sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO procrastinate_workers (last_heartbeat) "
                "VALUES (now() - interval '2 seconds'), (now() - interval '1 hour')"
            )
        )

    found = samples(local(service))

    assert value(found, "grader_workers", state="alive") == 1
    assert value(found, "grader_workers", state="silent") == 1
    assert 2 <= value(found, "grader_heartbeat_age_seconds") < 10


def test_space_for_uploads(service: Service) -> None:
    found = samples(local(service))

    assert value(found, "grader_blob_free_bytes") > 0
    assert value(found, "grader_up", part="blobs") == 1
    assert value(found, "grader_up", part="database") == 1


def test_a_part_that_does_not_answer_is_said_and_not_guessed(service: Service) -> None:
    class Away(FileBlobs):
        def free_bytes(self) -> int | None:
            raise BlobsUnavailable("away")

    with service.engine.connect() as connection:
        connection.execute(text("ALTER TABLE submissions RENAME TO moved"))
        connection.commit()

    found = samples(local(replace(service, blobs=Away(service.settings.data))))

    assert value(found, "grader_up", part="blobs") == 0
    assert value(found, "grader_up", part="database") == 0
    assert not any(name in {"grader_jobs", "grader_blob_free_bytes"} for name, _ in found)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_without_a_token_only_this_machine_may_read(service: Service, header: str) -> None:
    elsewhere = TestClient(create_app(service), client=("10.0.0.7", 5))

    assert elsewhere.get("/metrics").status_code == 404
    assert local(service).get("/metrics", headers={header: "127.0.0.1"}).status_code == 404
    assert local(service).get("/metrics").status_code == 200


def test_with_a_token_only_its_bearer_may_read(service: Service) -> None:
    settings = service.settings.model_copy(update={"metrics_token": SecretStr(TOKEN)})
    service = replace(service, settings=settings)
    elsewhere = TestClient(create_app(service), client=("10.0.0.7", 5))

    assert local(service).get("/metrics").status_code == 404
    assert elsewhere.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}x"}).status_code == 404
    assert (
        elsewhere.get("/metrics", headers={"Authorization": "Bearer \xe9".encode("latin-1")}).status_code
        == 404
    )
    assert elsewhere.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
