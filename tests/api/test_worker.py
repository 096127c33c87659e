"""A worker's jobs: done by the job engine, and told apart in the log."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
import structlog
from structlog.testing import LogCapture

from api.invitations.inviting import by_token
from api.invitations.tables import Invitation
from api.queue import GRADING_QUEUE
from api.service import Service
from api.submissions.receiving import Upload, receive
from api.submissions.states import State
from api.submissions.tables import Submission
from api.takehomes.packing import pack
from api.takehomes.shelf import Shelf
from api.worker import add_tasks
from grader.evidence import Evidence
from tests.api.graded import Recorded

ZIP = pack({"flatten.py": b"def flatten(tree): ...\n"})
Invited = Callable[..., tuple[Invitation, str]]


class Broken(Recorded):
    """Has a fault that nobody foresaw."""

    def evidence(self, *_: object) -> Evidence:
        raise ZeroDivisionError


def uploaded(service: Service, token: str) -> Submission:
    with service.sessions.begin() as session:
        invitation = by_token(session, token, lock=True)
        bounds, upload = service.settings.bounds, Upload("work.tar.gz", ZIP, "page")
        return receive(session, service.blobs, service.queue, bounds, invitation, upload, service.now())


def work_off(service: Service, examiner: Recorded) -> None:
    add_tasks(service, Shelf(service.blobs, service.settings.data / "takehomes"), examiner)
    with service.queue.open():
        service.queue.run_worker(wait=False, queues=[GRADING_QUEUE], install_signal_handlers=False)


def state_of(service: Service, submission: Submission) -> State:
    with service.sessions() as session:
        return State(session.get_one(Submission, submission.id).state)


@pytest.fixture
def log() -> LogCapture:
    """What is logged from here on, with what is bound to it."""
    capture = LogCapture()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, capture],
        logger_factory=structlog.PrintLoggerFactory(io.StringIO()),
    )
    return capture


def test_a_job_that_waits_is_done(service: Service, invited: Invited) -> None:
    submission = uploaded(service, invited()[1])

    work_off(service, Recorded("flatten-middling"))

    assert state_of(service, submission) is State.GRADED


def test_what_is_logged_of_a_job_names_it(service: Service, invited: Invited, log: LogCapture) -> None:
    submission = uploaded(service, invited()[1])

    work_off(service, Broken("flatten-middling"))
    structlog.reset_defaults()

    (said,) = [entry for entry in log.entries if entry["event"] == "grading broke"]
    assert said["submission"] == str(submission.id)
    assert said["job"] == submission.job_id
    assert state_of(service, submission) is State.WAITING
