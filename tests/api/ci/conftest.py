"""Pipelines: connections that sign with the public library, tokens, and a worker for what they send."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook

from api.accounts.keys import Scope, make_key
from api.accounts.people import add_user
from api.accounts.tables import Role
from api.ci.connections import make_connection
from api.ci.fetching import fetch_for_ci
from api.ci.tables import CiRequest
from api.fetching import Fetch, FetchFailed, Repository
from api.hooks.secrets import Safe
from api.service import Service, secret_key
from api.settings import Ci
from api.submissions.grading import grade_submission
from api.submissions.tables import Submission
from api.takehomes.shelf import Shelf
from api.takehomes.tables import SuiteVersion, Takehome
from grader.evidence import Evidence, Outcome
from grader.intake.errors import IntakeError
from tests.api.conftest import TESTER
from tests.api.graded import Recorded


@dataclass(frozen=True)
class Pipeline:
    """Signs what it sends."""

    id: uuid.UUID
    secret: str

    def headers(self, body: str, now: datetime, message_id: str = "msg_1") -> dict[str, str]:
        """Signed by the public library."""
        return {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self.secret).sign(message_id, now, body),
        }


def connect(service: Service, takehome: Takehome | None = None) -> Pipeline:
    """A new connection."""
    with service.sessions.begin() as session:
        safe = Safe(secret_key(service.settings))
        home = session.get_one(Takehome, takehome.id) if takehome else None
        row, secret = make_connection(session, safe, "nightly", home, TESTER, service.now())
        return Pipeline(row.id, secret)


@pytest.fixture
def service(service: Service) -> Service:
    """An installation that fetches repositories below one address."""
    ci = Ci(repositories="https://git.example.com/hiring/")
    return replace(service, settings=service.settings.model_copy(update={"ci": ci}))


@pytest.fixture
def token(service: Service) -> str:
    """A token as pipelines have it."""
    return make_token(service, Scope.SUBMIT)


def make_token(service: Service, *scopes: str) -> str:
    """A token with these scopes."""
    with service.sessions.begin() as session:
        user, _ = add_user(session, f"{len(scopes)}@example.com", "Olive Owner", Role.ADMIN, service.now())
        session.flush()
        return make_key(session, user, "a pipeline", scopes, service.now(), TESTER)[1]


class Recording(Recorded):
    """As `grade` does, an upload that cannot be taken over is ungradable."""

    def evidence(
        self, suite: SuiteVersion, shelf: Shelf, take: Callable[[], object], progress: Callable[[str], None]
    ) -> Evidence:
        try:
            return super().evidence(suite, shelf, take, progress)
        except IntakeError as error:
            none = {"hidden_tests": None, "own_tests": None, "reading": None}
            update = {"outcome": Outcome.UNGRADABLE, "reason": str(error), **none}
            return super().evidence(suite, shelf, lambda: None, progress).model_copy(update=update)


class Worker(threading.Thread):
    """Does what a worker does, with evidence that was recorded, until it is stopped."""

    def __init__(self, service: Service, sample: str, fetch: Fetch) -> None:
        super().__init__()
        self._service, self._sample, self._fetch = service, sample, fetch
        self._shelf = Shelf(service.blobs, service.settings.data / "takehomes")
        self.ending = threading.Event()

    def run(self) -> None:
        while not self.ending.wait(0.05):
            with self._service.sessions() as session:
                asked = session.scalars(select(CiRequest.id).where(CiRequest.stage == "fetching")).all()
                queued = session.execute(
                    select(Submission.id, Submission.suite_id).where(Submission.state == "queued")
                ).all()
            for identity in asked:
                fetch_for_ci(self._service, self._fetch, identity)
            for identity, suite in queued:
                grade_submission(
                    self._service, self._shelf, Recording(self._sample), identity, suite, "tests"
                )


def no_fetch(wanted: Repository, hosts: Collection[str]) -> bytes:
    """Of tests that need none."""
    raise FetchFailed("not_found", f"There is no commit {wanted.commit} in {wanted.url}, {sorted(hosts)}.")


@contextmanager
def working(service: Service, sample: str = "flatten-middling", fetch: Fetch = no_fetch) -> Iterator[None]:
    """While it lasts, what is queued is graded."""
    worker = Worker(service, sample, fetch)
    worker.start()
    yield
    worker.ending.set()
    worker.join()
