"""What is backed up is all that there was, and a restored service goes on as if nothing had happened."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text

from api.backup import BackupFailed, backup, restore
from api.blobs import FileBlobs
from api.database.engine import make_engine, make_sessions, plain_url
from api.invitations.inviting import by_token
from api.invitations.tables import Invitation
from api.queue import make_queue, waiting_jobs
from api.service import Service
from api.submissions.grading import grade_submission
from api.submissions.receiving import Upload, grade_again, receive
from api.submissions.reporting import report_in_force
from api.submissions.states import State
from api.submissions.tables import Grading, Submission
from api.takehomes.shelf import Shelf
from api.takehomes.tables import Takehome
from grader.formats.registry import FORMATS
from tests.api.graded import TESTER, Recorded, graded, sample_zip

Invited = Callable[..., tuple[Invitation, str]]


@pytest.fixture
def empty(postgres: str) -> Iterator[Engine]:
    """A database without a table."""
    maintenance = make_engine(postgres.replace("/grader?", "/postgres?"), 1)
    with maintenance.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE DATABASE restored"))
    engine = make_engine(postgres.replace("/grader?", "/restored?"), 5)
    yield engine
    engine.dispose()
    with maintenance.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("DROP DATABASE restored WITH (FORCE)"))
    maintenance.dispose()


def page_of(service: Service, submission: Submission) -> bytes:
    with service.sessions() as session:
        report = report_in_force(session, session.get_one(Submission, submission.id))
    return FORMATS["html"](report, {})


def upload(service: Service, token: str) -> Submission:
    with service.sessions.begin() as session:
        work = Upload("work.tar.gz", sample_zip("flatten", "good"), "page")
        invitation = by_token(session, token, lock=True)
        bounds = service.settings.bounds
        return receive(session, service.blobs, service.queue, bounds, invitation, work, service.now())


def restored(service: Service, engine: Engine, file: Path, folder: Path) -> Service:
    blobs = FileBlobs(folder / "blobs")
    restore(engine, blobs, file)
    return Service(
        settings=service.settings.model_copy(update={"data": folder}),
        engine=engine,
        sessions=make_sessions(engine),
        blobs=blobs,
        queue=make_queue(plain_url(engine)),
        now=service.now,
    )


def test_reports_are_the_same_byte_for_byte(
    service: Service, flatten: Takehome, empty: Engine, tmp_path: Path
) -> None:
    submission = graded(service, flatten, "middling")
    backup(service.engine, service.blobs, tmp_path / "all.tar")

    other = restored(service, empty, tmp_path / "all.tar", tmp_path / "new")

    assert page_of(other, submission) == page_of(service, submission)


def test_a_restored_service_grades_on(
    service: Service, flatten: Takehome, invited: Invited, empty: Engine, tmp_path: Path
) -> None:
    """What waited waits again, links of candidates work, and what was graded can be graded again."""
    done = graded(service, flatten, "middling")
    _, token = invited("Grace Hopper", "grace@example.com")
    waiting = upload(service, token)
    backup(service.engine, service.blobs, tmp_path / "all.tar")

    other = restored(service, empty, tmp_path / "all.tar", tmp_path / "new")

    shelf = Shelf(other.blobs, tmp_path / "new" / "takehomes")
    with other.sessions.begin() as session:
        assert waiting_jobs(session) == 1 + 1  # the first one's job was never claimed: it was graded by hand
        grade_again(
            session, other.queue, session.get_one(Submission, done.id), done.suite_id, TESTER, other.now()
        )
    grade_submission(other, shelf, Recorded("flatten-good"), waiting.id, waiting.suite_id, "tests")
    upload(other, token)
    with other.sessions() as session:
        assert session.get_one(Submission, waiting.id).state == State.GRADED
        assert session.scalar(select(func.count()).select_from(Grading)) == 2
        assert session.scalar(select(func.count()).select_from(Submission)) == 3


def test_nothing_is_overwritten(service: Service, flatten: Takehome, tmp_path: Path) -> None:
    backup(service.engine, service.blobs, tmp_path / "all.tar")

    with pytest.raises(BackupFailed, match="tables already"):
        restore(service.engine, service.blobs, tmp_path / "all.tar")


def test_a_blob_that_is_not_there_is_told(service: Service, flatten: Takehome, tmp_path: Path) -> None:
    submission = graded(service, flatten, "middling")
    service.blobs.delete(submission.blob)

    contents = backup(service.engine, service.blobs, tmp_path / "all.tar")

    assert contents.missing == (submission.blob,)


def test_a_file_that_is_no_back_up_changes_nothing(empty: Engine, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.tar"
    with tarfile.open(wrong, "w") as archive:
        archive.add(__file__, "something.py")

    with pytest.raises(BackupFailed, match="no back-up of this service"):
        restore(empty, FileBlobs(tmp_path / "new"), wrong)


def test_a_back_up_is_for_its_owner_alone(service: Service, flatten: Takehome, tmp_path: Path) -> None:
    backup(service.engine, service.blobs, tmp_path / "all.tar")

    assert (tmp_path / "all.tar").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir() if "tar" in path.name] == ["all.tar"]


def test_a_database_on_which_no_service_has_run_has_nothing_to_back_up(empty: Engine, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="nothing to back up"):
        backup(empty, FileBlobs(tmp_path / "blobs"), tmp_path / "file.tar")

    assert list(tmp_path.glob("*.tar*")) == []
