"""What the service says when it cannot take more, and that it then takes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from api.database.engine import make_engine, make_sessions
from api.http.app import create_app
from api.invitations.inviting import by_token
from api.invitations.tables import Invitation
from api.problems import Busy, Problem, TooLarge, TooMany
from api.service import Service
from api.settings import Bounds
from api.submissions.receiving import Upload, receive
from api.submissions.tables import Submission
from tests.api.conftest import Clock
from tests.api.test_life_of_a_submission import ZIP

Invited = Callable[..., tuple[Invitation, str]]


def upload(service: Service, token: str, bounds: Bounds) -> Submission:
    with service.sessions.begin() as session:
        invitation = by_token(session, token, lock=True)
        work = Upload("work.tar.gz", ZIP, "page")
        return receive(session, service.blobs, service.queue, bounds, invitation, work, service.now())


def free_bytes(service: Service) -> int:
    service.settings.data.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(service.settings.data).free


@pytest.mark.parametrize(
    ("bounds", "problem", "status", "retry"),
    [
        (lambda _: Bounds(queue_jobs=1), Busy, 503, 120),
        (lambda service: Bounds(free_disk_bytes=free_bytes(service) + 2**30), Busy, 503, 600),
        (lambda _: Bounds(uploads_per_hour=1), TooMany, 429, 3600),
        (lambda _: Bounds(upload_bytes=10), TooLarge, 413, None),
    ],
    ids=["queue full", "disk full", "too often", "too large"],
)
def test_what_is_too_much_is_refused_and_says_when_to_come_again(
    service: Service,
    invited: Invited,
    bounds: Callable[[Service], Bounds],
    problem: type[Problem],
    status: int,
    retry: int | None,
) -> None:
    _, token = invited()
    upload(service, token, Bounds())

    with pytest.raises(problem) as refused:
        upload(service, token, bounds(service))

    assert (refused.value.status, refused.value.retry_after) == (status, retry)
    with service.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 1


def test_after_the_wait_uploads_are_taken_again(service: Service, invited: Invited, clock: Clock) -> None:
    _, token = invited()
    upload(service, token, Bounds(uploads_per_hour=1))
    clock.advance(hours=1, seconds=1)

    assert upload(service, token, Bounds(uploads_per_hour=1)).attempt == 2


def test_without_a_database_the_answer_is_503_and_comes_soon(service: Service) -> None:
    """It restarts: programs and browsers are told to try again, and nobody sees an error of ours."""
    gone = make_sessions(make_engine("postgresql://postgres:@/grader?host=/nowhere", 1))
    with TestClient(create_app(replace(service, sessions=gone)), raise_server_exceptions=False) as client:
        answer = client.get("/enter/ent_something")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Nothing was stored" in answer.text
