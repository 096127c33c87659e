"""A change is tried on all past submissions before it counts, and then counts for all of them or for none."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from api.accounts.tables import Role, User
from api.audit.tables import Entry
from api.database.base import new_id
from api.problems import Conflict, Forbidden
from api.reviews.beside import grade_beside
from api.reviews.changes import Applied, apply, drop, propose, try_again
from api.reviews.moves import Filter, lines
from api.reviews.tables import Change, ChangeRow, ChangeState, JudgementRow
from api.reviews.trying import try_change
from api.service import Service
from api.submissions.grading import TRIES, TryAgain
from api.submissions.reporting import refresh, report_in_force
from api.submissions.states import State
from api.submissions.tables import Grading, Report, Submission
from api.takehomes.packing import files_of
from api.takehomes.publishing import add_rubric, publish
from api.takehomes.shelf import Shelf
from api.takehomes.tables import RubricVersion, SuiteVersion, Takehome
from grader.evidence import Outcome
from grader.takehome import shelf
from tests.api.conftest import TESTER, Clock, People
from tests.api.graded import Recorded, graded

HEAVIER = ("weight: 26", "weight: 46")
"""Makes what `flatten` returns count more."""


def changed_rubric(service: Service, takehome: Takehome, *swaps: tuple[str, str]) -> RubricVersion:
    with service.sessions.begin() as session:
        row = session.get_one(Takehome, takehome.id)
        text = session.get_one(RubricVersion, row.rubric_id).text
        for old, new in swaps:
            assert old in text
            text = text.replace(old, new, 1)
        return add_rubric(session, row, text, TESTER, service.now(), note="")


def proposed(service: Service, takehome: Takehome, rubric: RubricVersion) -> Change:
    with service.sessions.begin() as session:
        row = session.get_one(Takehome, takehome.id)
        change = propose(
            session,
            service.queue,
            row,
            TESTER,
            service.now(),
            rubric=session.get_one(RubricVersion, rubric.id),
        )
    assert change is not None
    return change


def tried(service: Service, takehome: Takehome, *swaps: tuple[str, str]) -> Change:
    change = proposed(service, takehome, changed_rubric(service, takehome, *swaps))
    try_change(service, change.id)
    return again(service, change)


def again(service: Service, change: Change) -> Change:
    with service.sessions() as session:
        return session.get_one(Change, change.id)


def applied(service: Service, change: Change, *, admin: bool = False) -> Applied:
    with service.sessions.begin() as session:
        return apply(session, service.queue, change.id, TESTER, service.now(), admin=admin)


def of(service: Service, submission: Submission) -> Submission:
    with service.sessions() as session:
        return session.get_one(Submission, submission.id)


@pytest.fixture
def two(service: Service, flatten: Takehome) -> tuple[Submission, Submission]:
    """A middling and a good submission with their reports."""
    return (
        graded(service, flatten),
        graded(service, flatten, "good", "Grace Hopper", "grace@example.com"),
    )


def test_a_dry_run_compares_every_submission_and_changes_none(
    service: Service, flatten: Takehome, two: tuple[Submission, Submission]
) -> None:
    change = tried(service, flatten, HEAVIER)

    assert change.state == ChangeState.READY
    assert change.summary["of"] == 2
    with service.sessions() as session:
        found, count = lines(session, change)
    assert count == 2
    assert {line.submission.candidate.name for line in found if line.submission.candidate} == {
        "Ada Lovelace",
        "Grace Hopper",
    }
    for submission in two:
        assert (of(service, submission).points, of(service, submission).report_id) == (
            submission.points,
            submission.report_id,
        )


def test_applying_switches_rubric_and_all_reports_to_what_the_dry_run_showed(
    service: Service, flatten: Takehome, two: tuple[Submission, Submission]
) -> None:
    change = tried(service, flatten, HEAVIER)
    with service.sessions() as session:
        shown = {line.submission.id: line.row.points_after for line in lines(session, change)[0]}

    assert applied(service, change) is Applied.DONE

    with service.sessions() as session:
        assert session.get_one(Takehome, flatten.id).rubric_id == change.rubric_id
        for submission in two:
            now = session.get_one(Submission, submission.id)
            report = report_in_force(session, now)
            assert report.score is not None
            assert now.points == report.score.points == shown[submission.id]
            assert now.max_points == report.score.max == (submission.max_points or 0) + 20
            assert session.get_one(Report, now.report_id).rubric_id == change.rubric_id
        actions = session.scalars(select(Entry.action)).all()
    assert actions.count("submission.rescored") == 2
    assert {"change.proposed", "change.tried", "rubric.in_force", "change.applied"} <= set(actions)


def test_a_judgement_survives_and_counts_in_the_dry_run(
    service: Service, flatten: Takehome, people: People
) -> None:
    reviewer = people.add(Role.REVIEWER)
    submission = graded(service, flatten)
    judge(service, submission, reviewer, "flatten-works", 3)

    change = tried(service, flatten, HEAVIER)
    assert applied(service, change) is Applied.DONE

    with service.sessions() as session:
        report = report_in_force(session, session.get_one(Submission, submission.id))
    item = next(i for c in report.criteria for i in c.items if i.id == "flatten-works")
    assert (item.points, item.override and item.override.by) == (3, "Reviewer")
    assert report.score is not None
    assert of(service, submission).points == report.score.points


def judge(service: Service, submission: Submission, by: User, target: str, points: int) -> None:
    with service.sessions.begin() as session:
        session.add(
            JudgementRow(
                id=new_id(),
                submission_id=submission.id,
                target=target,
                points=Decimal(points),
                reason="I looked",
                by_id=by.id,
                at=service.now(),
            )
        )
        session.flush()
        refresh(session, session.get_one(Submission, submission.id), service.now())


def test_a_judgement_whose_item_is_gone_is_flagged(
    service: Service, flatten: Takehome, people: People
) -> None:
    submission = graded(service, flatten)
    judge(service, submission, people.add(Role.REVIEWER), "flatten-works", 3)

    change = tried(service, flatten, ("id: flatten-works", "id: flatten-renamed"))

    with service.sessions() as session:
        (line,) = lines(session, change, Filter.SERIOUS)[0]
    assert "judgement" in line.row.flags


def test_what_is_graded_after_the_dry_run_is_tried_before_anything_is_applied(
    service: Service, flatten: Takehome, two: tuple[Submission, Submission]
) -> None:
    change = tried(service, flatten, HEAVIER)
    late = graded(service, flatten, "poor", "Late Comer", "late@example.com")

    assert applied(service, change) is Applied.STALE
    assert again(service, change).state == ChangeState.TRYING
    assert of(service, two[0]).points == two[0].points

    try_change(service, change.id)
    assert again(service, change).summary["of"] == 3
    assert applied(service, change) is Applied.DONE
    assert of(service, late).max_points == (late.max_points or 0) + 20


def test_a_judgement_made_after_the_dry_run_makes_it_stale(
    service: Service, flatten: Takehome, two: tuple[Submission, Submission], people: People, clock: Clock
) -> None:
    change = tried(service, flatten, HEAVIER)
    clock.advance(minutes=1)
    judge(service, two[0], people.add(Role.REVIEWER), "flatten-works", 3)

    assert applied(service, change) is Applied.STALE


def test_another_change_that_was_applied_makes_it_stale(
    service: Service, flatten: Takehome, two: tuple[Submission, Submission]
) -> None:
    first = tried(service, flatten, HEAVIER)
    second = tried(service, flatten, ("weight: 18", "weight: 28"))
    assert applied(service, first) is Applied.DONE

    assert applied(service, second) is Applied.STALE


def test_a_killed_dry_run_goes_on_where_it_was(
    service: Service, flatten: Takehome, two: tuple[Submission, Submission]
) -> None:
    change = proposed(service, flatten, changed_rubric(service, flatten, HEAVIER))
    try_change(service, change.id)

    try_change(service, change.id)

    assert again(service, change).state == ChangeState.READY
    with service.sessions() as session:
        assert session.scalar(select(func.count()).select_from(ChangeRow)) == 2


def test_after_decisions_only_an_administrator_applies(
    service: Service, flatten: Takehome, two: tuple[Submission, Submission]
) -> None:
    with service.sessions.begin() as session:
        session.get_one(Submission, two[0].id).decision = "advance"
    change = tried(service, flatten, HEAVIER)

    with pytest.raises(Forbidden, match="administrator"):
        applied(service, change)

    assert applied(service, change, admin=True) is Applied.DONE


def test_a_level_that_the_new_rubric_lacks_keeps_all_from_being_applied(
    service: Service, flatten: Takehome, two: tuple[Submission, Submission]
) -> None:
    with service.sessions.begin() as session:
        session.get_one(Submission, two[0].id).level = "wizard"
    change = tried(service, flatten, HEAVIER)

    with service.sessions() as session:
        (line,) = lines(session, change, Filter.FAILED)[0]
    assert "no level `wizard`" in line.row.problem
    with pytest.raises(Conflict, match="1 submissions could not be tried"):
        applied(service, change)
    assert of(service, two[1]).points == two[1].points


def test_a_dropped_change_is_done_with(
    service: Service, flatten: Takehome, two: tuple[Submission, Submission]
) -> None:
    change = tried(service, flatten, HEAVIER)
    with service.sessions.begin() as session:
        drop(session, change.id, TESTER, service.now())

    with pytest.raises(Conflict, match="dropped"):
        applied(service, change)
    with service.sessions() as session:
        assert session.get_one(Takehome, flatten.id).rubric_id != change.rubric_id


def test_where_nothing_was_graded_a_rubric_comes_into_force_at_once(
    service: Service, flatten: Takehome
) -> None:
    rubric = changed_rubric(service, flatten, HEAVIER)
    with service.sessions.begin() as session:
        row = session.get_one(Takehome, flatten.id)
        assert propose(session, service.queue, row, TESTER, service.now(), rubric=rubric) is None
        assert row.rubric_id == rubric.id


def test_the_same_change_is_not_tried_twice(
    service: Service, flatten: Takehome, two: tuple[Submission, Submission]
) -> None:
    rubric = changed_rubric(service, flatten, HEAVIER)

    assert proposed(service, flatten, rubric).id == proposed(service, flatten, rubric).id


# -- another suite ------------------------------------------------------------------------------------


@pytest.fixture
def new_suite(service: Service, flatten: Takehome, two: tuple[Submission, Submission]) -> Change:
    """The change that publishing another suite version has proposed."""
    files = files_of(shelf() / "flatten")
    files["brief.md"] += b"\nOne more remark.\n"
    with service.sessions.begin() as session:
        publish(session, service.blobs, files, TESTER, service.now(), queue=service.queue, waive="a test")
        change = session.scalars(select(Change)).one()
    try_change(service, change.id)
    return change


def beside(service: Service, change: Change, submission: Submission, sample: str = "good") -> None:
    cache = Shelf(service.blobs, service.settings.data / "takehomes")
    grade_beside(service, cache, Recorded(f"flatten-{sample}"), change.id, submission.id, "tests")


def test_a_suite_is_tried_by_gradings_beside_those_in_force(
    service: Service, two: tuple[Submission, Submission], new_suite: Change
) -> None:
    assert again(service, new_suite).state == ChangeState.TRYING
    assert of(service, two[0]).state == State.GRADED

    beside(service, new_suite, two[0])
    beside(service, new_suite, two[1])

    assert again(service, new_suite).state == ChangeState.READY
    untouched = of(service, two[0])
    assert (untouched.state, untouched.points, untouched.report_id, untouched.suite_id) == (
        State.GRADED,
        two[0].points,
        two[0].report_id,
        two[0].suite_id,
    )
    with service.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Grading)) == 4


def test_applying_a_suite_moves_the_submissions_to_it(
    service: Service, flatten: Takehome, two: tuple[Submission, Submission], new_suite: Change
) -> None:
    for submission in two:
        beside(service, new_suite, submission)

    assert applied(service, new_suite) is Applied.DONE

    better = of(service, two[0])
    assert better.suite_id == new_suite.suite_id
    assert better.points == two[1].points
    with service.sessions() as session:
        assert session.get_one(Takehome, flatten.id).suite_id == new_suite.suite_id
        assert report_in_force(session, better).evidence.takehome.digest == (
            session.get_one(SuiteVersion, new_suite.suite_id).digest
        )


def test_evidence_that_is_there_is_not_collected_twice(
    service: Service, flatten: Takehome, two: tuple[Submission, Submission]
) -> None:
    """A re-grade with the same suite in the same environment: the stored evidence is what it is."""
    with service.sessions.begin() as session:
        row = session.get_one(Takehome, flatten.id)
        one = session.get_one(Submission, two[0].id)
        suite = session.get_one(SuiteVersion, row.suite_id)
        change = propose(session, service.queue, row, TESTER, service.now(), suite=suite, submission=one)
    assert change is not None
    try_change(service, change.id)

    beside(service, change, two[0], "cheating")

    with service.sessions() as session:
        (line,) = lines(session, change)[0]
        assert session.scalar(select(func.count()).select_from(Grading)) == 2
    assert (line.move, again(service, change).state) == (0, ChangeState.READY)


class Failing(Recorded):
    """Our side fails."""

    def evidence(self, *arguments: object) -> object:  # type: ignore[override]
        return (
            super()
            .evidence(*arguments)
            .model_copy(  # type: ignore[arg-type]
                update={"outcome": Outcome.INFRASTRUCTURE_FAILED, "reason": "the engine is gone"}
            )
        )


def test_our_failure_in_a_dry_run_is_tried_again_and_costs_nobody_a_report(
    service: Service, two: tuple[Submission, Submission], new_suite: Change
) -> None:
    cache = Shelf(service.blobs, service.settings.data / "takehomes")
    broken: Callable[[], None] = lambda: grade_beside(  # noqa: E731
        service, cache, Failing("flatten-good"), new_suite.id, two[0].id, "tests"
    )
    for _ in range(TRIES - 1):
        with pytest.raises(TryAgain):
            broken()
    broken()
    beside(service, new_suite, two[1])

    assert again(service, new_suite).state == ChangeState.READY
    with pytest.raises(Conflict, match="could not be tried"):
        applied(service, new_suite)
    assert of(service, two[0]).points == two[0].points

    with service.sessions.begin() as session:
        try_again(session, service.queue, new_suite.id, TESTER, service.now())
    try_change(service, new_suite.id)
    beside(service, new_suite, two[0])
    assert applied(service, new_suite) is Applied.DONE


def test_a_change_that_does_not_exist_is_no_job(service: Service) -> None:
    try_change(service, uuid.uuid4())
