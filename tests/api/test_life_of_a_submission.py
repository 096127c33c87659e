"""From an upload to its report, in a real database, with evidence that was collected before."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from api.audit.tables import Entry
from api.invitations.inviting import by_token
from api.invitations.tables import Invitation
from api.problems import Conflict, Gone
from api.queue import waiting_jobs
from api.service import Service
from api.submissions.grading import INTERRUPTIONS, TRIES, TryAgain, grade_submission
from api.submissions.receiving import Upload, receive
from api.submissions.reporting import report_in_force
from api.submissions.states import State
from api.submissions.tables import Grading, Submission
from api.takehomes.packing import pack
from api.takehomes.shelf import Shelf
from api.takehomes.tables import SuiteVersion
from grader.evidence import EnvironmentId, Evidence, Outcome, TakehomeId
from grader.evidence import Submission as Facts
from tests.api.conftest import Clock

ZIP = pack({"flatten.py": b"def flatten(tree): ...\n"})
Invited = Callable[..., tuple[Invitation, str]]


class FakeExaminer:
    """Gives evidence without running anything."""

    def __init__(self, outcome: Outcome = Outcome.GRADED) -> None:
        self.outcome = outcome
        self.seen: list[str] = []

    def environment(self, name: str) -> str:
        return f"{name}:recipe"

    def evidence(
        self, suite: SuiteVersion, shelf: Shelf, take: Callable[[], object], progress: Callable[[str], None]
    ) -> Evidence:
        del shelf
        progress("grading")
        self.seen.append(str(take()))
        return Evidence(
            outcome=self.outcome,
            reason="" if self.outcome is Outcome.GRADED else "the engine is gone",
            submission=Facts(digest="0" * 64, files=()),
            takehome=TakehomeId(name="flatten", title="Flatten", digest=suite.digest),
            environment=EnvironmentId(name="base", image="sha256:1", runtime="runc"),
        )


class Killed(BaseException):
    """What is left of a worker that was killed: nothing more is written."""


class Deadly(FakeExaminer):
    """Grading with this one ends the worker."""

    def evidence(self, *_args: object, **_named: object) -> Evidence:
        """See `Examiner.evidence`."""
        raise Killed


def upload(service: Service, token: str, key: str | None = None) -> Submission:
    with service.sessions.begin() as session:
        invitation = by_token(session, token, lock=True)
        return receive(
            session,
            service.blobs,
            service.queue,
            service.settings.bounds,
            invitation,
            Upload("work.tar.gz", ZIP, "page", key),
            service.now(),
        )


def grade(service: Service, tmp_path: Path, submission: Submission, examiner: FakeExaminer) -> None:
    shelf = Shelf(service.blobs, tmp_path / "shelf")
    grade_submission(service, shelf, examiner, submission.id, submission.suite_id, "worker")


def again(service: Service, identity: uuid.UUID) -> Submission:
    with service.sessions() as session:
        return session.get_one(Submission, identity)


def test_an_upload_is_durable_with_its_job(service: Service, invited: Invited) -> None:
    _, token = invited()

    submission = upload(service, token)

    with service.sessions() as session:
        assert session.get_one(Submission, submission.id).state == State.QUEUED
        assert waiting_jobs(session) == 1
        assert service.blobs.get(submission.blob) == ZIP
        actions = session.scalars(select(Entry.action).order_by(Entry.id.desc())).all()
    assert actions[0] == "submission.received"


def test_a_key_sent_twice_is_one_submission(service: Service, invited: Invited) -> None:
    _, token = invited()

    first, second = upload(service, token, "k"), upload(service, token, "k")

    assert first.id == second.id


def test_attempts_run_out(service: Service, invited: Invited) -> None:
    _, token = invited(max_attempts=1)
    upload(service, token)

    with pytest.raises(Conflict, match="All 1 attempts are used"):
        upload(service, token)


def test_nothing_is_accepted_after_the_window(service: Service, invited: Invited, clock: Clock) -> None:
    _, token = invited(closes_at=clock.now.replace(hour=12))
    clock.advance(hours=4)

    with pytest.raises(Gone, match="time for this take-home is over"):
        upload(service, token)


def test_a_graded_submission_has_a_report(service: Service, invited: Invited, tmp_path: Path) -> None:
    _, token = invited()
    submission = upload(service, token)

    grade(service, tmp_path, submission, FakeExaminer())

    graded = again(service, submission.id)
    assert graded.state == State.GRADED
    with service.sessions() as session:
        report = report_in_force(session, session.get_one(Submission, submission.id))
    assert report.outcome is Outcome.GRADED
    assert report.score is not None
    assert graded.points == report.score.points


def test_grading_twice_makes_one_grading(service: Service, invited: Invited, tmp_path: Path) -> None:
    _, token = invited()
    submission = upload(service, token)
    examiner = FakeExaminer()
    grade(service, tmp_path, submission, examiner)

    grade(service, tmp_path, submission, examiner)

    with service.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Grading)) == 1
    assert len(examiner.seen) == 1


def test_our_failure_is_tried_again_and_never_a_zero(
    service: Service, invited: Invited, tmp_path: Path
) -> None:
    _, token = invited()
    submission = upload(service, token)
    broken = FakeExaminer(Outcome.INFRASTRUCTURE_FAILED)

    with pytest.raises(TryAgain):
        grade(service, tmp_path, submission, broken)

    waiting = again(service, submission.id)
    assert (waiting.state, waiting.report_id, waiting.points) == (State.WAITING, None, None)

    grade(service, tmp_path, submission, FakeExaminer())

    assert again(service, submission.id).state == State.GRADED


def test_after_the_last_try_an_operator_has_to_look(
    service: Service, invited: Invited, tmp_path: Path
) -> None:
    _, token = invited()
    submission = upload(service, token)
    broken = FakeExaminer(Outcome.INFRASTRUCTURE_FAILED)
    for _ in range(TRIES - 1):
        with pytest.raises(TryAgain):
            grade(service, tmp_path, submission, broken)

    grade(service, tmp_path, submission, broken)

    failed = again(service, submission.id)
    assert (failed.state, failed.points) == (State.FAILED, None)


def test_a_submission_that_ends_its_workers_again_and_again_is_left_to_an_operator(
    service: Service, invited: Invited, tmp_path: Path
) -> None:
    """Else it would take down one worker after the other for ever, with all that they grade beside it."""
    _, token = invited()
    submission = upload(service, token)
    for _ in range(INTERRUPTIONS):
        with pytest.raises(Killed):
            grade(service, tmp_path, submission, Deadly())
    assert again(service, submission.id).state == State.GRADING

    grade(service, tmp_path, submission, Deadly())

    failed = again(service, submission.id)
    assert (failed.state, failed.points) == (State.FAILED, None)
