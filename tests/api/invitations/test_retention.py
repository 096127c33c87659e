"""Retention: who is forgotten when, what goes with them, and what stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from api.accounts.tables import Role
from api.audit.tables import Entry, Event
from api.blobs import BlobMissing, BlobsUnavailable, FileBlobs
from api.database.base import new_id
from api.invitations.inviting import Terms, invite
from api.invitations.retention import forget_audit, forget_old
from api.invitations.tables import Candidate, Invitation
from api.problems import Gone
from api.reviews.tables import Comment, Decision, JudgementRow
from api.service import Service
from api.settings import Retention
from api.submissions.reporting import report_in_force
from api.submissions.states import State
from api.submissions.tables import Grading, Report, Submission, Upload
from api.takehomes.tables import Takehome
from tests.api.conftest import TESTER, Clock, People
from tests.api.graded import graded

DAY = timedelta(days=1)


def reviewed(service: Service, people: People, submission: Submission) -> None:
    """A reviewer comments, overrides and decides."""
    user = people.add(Role.REVIEWER, f"{submission.id}@example.com")
    both = {"submission_id": submission.id, "by_id": user.id, "at": service.now()}
    with service.sessions.begin() as session:
        session.add(Comment(id=new_id(), text="Ada writes well", **both))
        session.add(Decision(id=new_id(), verdict="advance", note="call Ada", **both))
        session.add(JudgementRow(id=new_id(), target="tests", reason="Ada knows", waive=True, **both))


def candidate_of(service: Service, submission: Submission) -> Candidate:
    with service.sessions() as session:
        return session.get_one(Candidate, submission.candidate_id)


PERSONAL = (
    Candidate,
    Invitation,
    Submission,
    Grading,
    Report,
    Comment,
    Decision,
    JudgementRow,
    Entry,
    Event,
    Upload,
)


def dump(service: Service) -> str:
    """Every row of every table that may hold personal data, as text."""
    with service.sessions() as session:
        return "\n".join(
            str(row) for table in PERSONAL for row in session.execute(select(*table.__table__.c))
        )


def test_a_candidate_is_forgotten_when_the_time_is_over(
    service: Service, flatten: Takehome, people: People, clock: Clock
) -> None:
    submission = graded(service, flatten)
    clock.advance(days=30)
    reviewed(service, people, submission)

    clock.advance(days=364)
    assert forget_old(service) == 0, "a year after the decision, not after the upload"
    clock.advance(days=2)
    assert forget_old(service) == 1
    assert forget_old(service) == 0

    assert candidate_of(service, submission).anonymised_at == clock.now


def test_nothing_that_identifies_is_left(
    service: Service, flatten: Takehome, people: People, clock: Clock
) -> None:
    submission = graded(service, flatten, name="Ada Lovelace", email="ada@example.com")
    reviewed(service, people, submission)
    assert "Ada" in dump(service)
    clock.advance(days=400)

    forget_old(service)

    assert "Ada" not in dump(service)
    assert "ada@" not in dump(service)
    assert submission.file_name not in dump(service)
    with pytest.raises(BlobMissing):
        service.blobs.get(submission.blob)


def test_scores_and_verdicts_stay(service: Service, flatten: Takehome, people: People, clock: Clock) -> None:
    submission = graded(service, flatten)
    reviewed(service, people, submission)
    clock.advance(days=400)

    forget_old(service)

    with service.sessions() as session:
        after = session.get_one(Submission, submission.id)
        assert (after.points, after.share, after.band) == (
            submission.points,
            submission.share,
            submission.band,
        )
        assert session.scalars(select(Report.criteria)).one() != []
        assert session.scalars(select(Decision.verdict)).one() == "advance"
        assert session.scalars(select(JudgementRow.waive)).one() is True
        assert session.scalars(select(Grading.evidence)).one() == b""
        assert after.state == State.DELETED
        with pytest.raises(Gone, match="the points are kept"):
            report_in_force(session, after)


def test_it_is_recorded_who_did_it(service: Service, flatten: Takehome, clock: Clock) -> None:
    submission = graded(service, flatten)
    clock.advance(days=400)
    forget_old(service)

    with service.sessions() as session:
        entry = session.scalars(select(Entry).where(Entry.action == "candidate.erased")).one()
    assert entry.actor_name == "the retention policy"
    assert entry.subject_id == str(submission.candidate_id)


def test_never_means_never(service: Service, flatten: Takehome, clock: Clock) -> None:
    graded(service, flatten)
    clock.advance(days=10_000)
    settings = service.settings.model_copy(update={"retention": Retention(submission_days=0)})

    assert forget_old(replace(service, settings=settings)) == 0


@pytest.mark.parametrize("state", [State.QUEUED, State.WAITING, State.GRADING])
def test_what_is_under_way_keeps_its_candidate(
    service: Service, flatten: Takehome, clock: Clock, state: State
) -> None:
    submission = graded(service, flatten)
    with service.sessions.begin() as session:
        session.get_one(Submission, submission.id).state = state
    clock.advance(days=400)

    assert forget_old(service) == 0


@pytest.mark.parametrize(
    ("terms", "opened"),
    [
        (Terms(), False),
        (Terms(window_minutes=90 * 24 * 60), True),
        (Terms(window_minutes=60, extra_minutes=90 * 24 * 60), True),
    ],
)
def test_an_invitation_keeps_its_candidate(
    service: Service, flatten: Takehome, clock: Clock, terms: Terms, *, opened: bool
) -> None:
    graded(service, flatten)
    clock.advance(days=300)
    with service.sessions.begin() as session:
        row = session.get_one(Takehome, flatten.id)
        again, _ = invite(session, row, "Ada", "ada@example.com", terms, TESTER, clock.now)
        again.opened_at = clock.now if opened else None
    clock.advance(days=366 if opened else 100)

    assert forget_old(service) == 0

    clock.advance(days=366)
    assert forget_old(service) == 1


def test_a_window_set_for_later_keeps_its_candidate(
    service: Service, invited: Callable[..., tuple[Invitation, str]], clock: Clock
) -> None:
    invited(closes_at=clock.now + 300 * DAY)
    clock.advance(days=400)

    assert forget_old(service) == 0

    clock.advance(days=300)
    assert forget_old(service) == 1


def test_whoever_never_came_is_forgotten_too(
    service: Service, invited: Callable[..., tuple[Invitation, str]], clock: Clock
) -> None:
    invitation, _ = invited()
    clock.advance(days=366)

    assert forget_old(service) == 1

    with service.sessions() as session:
        assert session.get_one(Candidate, invitation.candidate_id).name == ""
        assert session.get_one(Invitation, invitation.id).revoked_at == clock.now


def test_others_who_sent_the_same_bytes_keep_them(service: Service, flatten: Takehome, clock: Clock) -> None:
    old = graded(service, flatten, name="Ada", email="a@example.com")
    clock.advance(days=300)
    new = graded(service, flatten, name="Bob", email="b@example.com")
    assert old.blob == new.blob
    clock.advance(days=100)

    assert forget_old(service) == 1

    assert service.blobs.get(new.blob)


def test_submissions_of_programs_are_emptied(service: Service, flatten: Takehome, clock: Clock) -> None:
    submission = graded(service, flatten)
    with service.sessions.begin() as session:
        row = session.get_one(Submission, submission.id)
        row.candidate_id, row.label = None, "ada-pull-request"
    clock.advance(days=400)

    forget_old(service)

    with service.sessions() as session:
        row = session.get_one(Submission, submission.id)
        assert (row.state, row.label, row.file_name) == (State.DELETED, "", "")
        assert row.points == submission.points


class Broken(FileBlobs):
    """A store that lost its power to delete."""

    def delete(self, name: str) -> None:
        raise BlobsUnavailable(name)


def test_a_store_that_does_not_answer_leaves_all_for_the_next_run(
    service: Service, flatten: Takehome, clock: Clock
) -> None:
    submission = graded(service, flatten)
    clock.advance(days=400)

    with pytest.raises(BlobsUnavailable):
        forget_old(replace(service, blobs=Broken(service.settings.data / "blobs")))

    assert candidate_of(service, submission).name == "Ada Lovelace"
    assert forget_old(service) == 1


def test_the_audit_log_is_kept_for_as_long_as_is_set(
    service: Service, flatten: Takehome, clock: Clock
) -> None:
    graded(service, flatten)
    clock.advance(days=100)
    assert forget_audit(service) == 0
    settings = service.settings.model_copy(update={"retention": Retention(audit_days=90)})

    assert forget_audit(replace(service, settings=settings)) > 0

    with service.sessions() as session:
        assert session.scalars(select(Entry.action)).all() == ["audit.shortened"]
