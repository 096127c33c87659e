"""Candidates' own data: downloaded whole, and deleted for good."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import pytest
from sqlalchemy import text

from api.accounts.tables import Role
from api.audit.tables import Entry
from api.blobs import BlobMissing
from api.database.base import new_id
from api.invitations.erasing import erase_candidate
from api.invitations.tables import Candidate as Row
from api.problems import Gone
from api.reviews.tables import Comment, Decision
from api.submissions.grading import grade_submission
from api.submissions.reporting import report_in_force
from api.submissions.states import State
from api.submissions.tables import Grading, Submission
from api.takehomes.shelf import Shelf
from api.takehomes.tables import Feedback
from tests.api.conftest import TESTER, People
from tests.api.graded import Recorded
from tests.api.http.candidate.conftest import GOOD, Candidate, zipped

Start = Callable[..., Candidate]


def test_the_archive_holds_the_uploads_and_what_was_told(start: Start) -> None:
    ada = start(feedback=Feedback.FULL)
    ada.send(name="../../<b>work.zip")
    ada.grade()

    answer = ada.get("/data")

    assert answer.headers["content-security-policy"] == "sandbox"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["README.txt", "uploads/invitation-1-attempt-1.zip", "about-you.json"]
        assert archive.read("uploads/invitation-1-attempt-1.zip") == GOOD
        about = json.loads(archive.read("about-you.json"))
    assert (about["name"], about["email"]) == ("Ada Lovelace", "ada@example.com")
    upload = about["invitations"][0]["uploads"][0]
    assert upload["sha256"] == ada.submission().blob
    assert upload["feedback"]["report"]["audience"] == "candidate"


def test_the_archive_holds_no_more_feedback_than_the_pages(start: Start) -> None:
    ada = start(feedback=Feedback.NONE)
    ada.send()
    ada.grade()

    with zipfile.ZipFile(io.BytesIO(ada.get("/data").content)) as archive:
        about = json.loads(archive.read("about-you.json"))

    assert about["invitations"][0]["uploads"][0]["feedback"] == {"level": "none"}


def test_downloads_are_bounded(ada: Candidate) -> None:
    assert [ada.get("/data").status_code for _ in range(11)] == [200] * 10 + [429]


def test_deleting_asks_first(ada: Candidate) -> None:
    ada.send()

    assert "cannot be undone" in ada.get("/delete").text
    assert ada.post("/delete").status_code == 422
    assert ada.submission().state == State.QUEUED


def test_deleting_takes_everything_that_leads_to_the_candidate(start: Start, people: People) -> None:
    ada = start(extra_minutes=30, extra_reason="a broken arm")
    ada.send(name="ada-lovelace.zip")
    ada.grade()
    ada.chunk(ada.begin(9), 0, b"x")
    before = ada.submission()
    reviewer = people.add(Role.REVIEWER)
    with ada.service.sessions.begin() as session:
        given = {"submission_id": before.id, "by_id": reviewer.id, "at": ada.service.now()}
        session.add(Comment(id=new_id(), text="Ada writes well", **given))
        session.add(Decision(id=new_id(), verdict="advance", note="Call Ada", **given))

    assert ada.post("/delete", data={"sure": "yes"}).status_code == 303

    assert ada.get().status_code == 410
    assert "was deleted" in ada.get().text
    assert ada.get("/data").status_code == 410
    with pytest.raises(BlobMissing):
        ada.service.blobs.get(before.blob)
    assert [name for name in ada.service.blobs.names() if name.startswith("uploads/")] == []
    after = ada.submission()
    assert (after.state, after.points, after.share) == (State.DELETED, before.points, before.share)
    for table in (
        "candidates",
        "invitations",
        "submissions",
        "gradings",
        "comments",
        "decisions",
        "audit_log",
        "events",
    ):
        with ada.service.sessions() as session:
            rows = session.execute(text(f"SELECT * FROM {table}")).all()  # noqa: S608 - names of ours
        for word in ("Ada", "Lovelace", "ada@example.com", "ada-lovelace", "broken arm"):
            assert word not in repr(rows), (table, word)
    with ada.service.sessions() as session:
        assert session.query(Entry).filter_by(action="candidate.erased").count() == 1
        assert session.query(Grading).one().evidence == b""
        with pytest.raises(Gone):
            report_in_force(session, after)


def test_deleting_ends_a_grading_that_is_under_way(ada: Candidate) -> None:
    ada.send()
    submission = ada.submission()

    class Slow(Recorded):
        def evidence(self, *given: object) -> object:  # type: ignore[override]
            ada.post("/delete", data={"sure": "yes"})
            return super().evidence(*given)  # type: ignore[arg-type]

    shelf = Shelf(ada.service.blobs, ada.service.settings.data / "takehomes")
    grade_submission(
        ada.service,
        shelf,
        Slow("flatten-good"),
        submission.id,
        submission.suite_id,
        "tests",  # type: ignore[arg-type]
    )

    assert ada.submission().state == State.DELETED
    with ada.service.sessions() as session:
        assert session.query(Grading).count() == 0


def test_deleting_before_the_grading_begins_leaves_the_job_nothing_to_do(ada: Candidate) -> None:
    ada.send()

    ada.post("/delete", data={"sure": "yes"})

    assert ada.grade().state == State.DELETED


def test_bytes_that_somebody_else_sent_too_stay(start: Start) -> None:
    ada, eve = start(), start(name="Eve", email="eve@example.com")
    ada.send()
    eve.send()

    ada.post("/delete", data={"sure": "yes"})

    assert eve.submission().blob == ada.submission().blob
    assert ada.service.blobs.get(eve.submission().blob) == GOOD
    eve.post("/delete", data={"sure": "yes"})
    with pytest.raises(BlobMissing):
        ada.service.blobs.get(eve.submission().blob)


def test_erasing_again_changes_nothing(ada: Candidate) -> None:
    ada.send(zipped({"flatten.py": "x = 1\n"}))
    for _ in range(2):
        with ada.service.sessions.begin() as session:
            candidate = session.get_one(Row, ada.invitation.candidate_id)
            erase_candidate(session, ada.service.blobs, candidate, TESTER, ada.service.now())

    with ada.service.sessions() as session:
        assert session.query(Entry).filter_by(action="candidate.erased").count() == 1
        assert session.query(Submission).one().state == State.DELETED
