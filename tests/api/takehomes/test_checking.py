"""The publish check as a job: what it finds is stored, and decides what comes next."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import select

from api.problems import Conflict
from api.reviews.tables import Change
from api.service import Service
from api.submissions.grading import TRIES, TryAgain
from api.takehomes.checking import DONE, CheckFailedOnOurSide, check_suite
from api.takehomes.packing import files_of
from api.takehomes.publishing import complete, publish
from api.takehomes.reading import by_name
from api.takehomes.shelf import Shelf
from api.takehomes.tables import Check, SuiteVersion, Takehome
from api.takehomes.versions import check_again, check_state, waive
from grader.publish import Remark
from grader.takehome import Takehome as Loaded
from grader.takehome import shelf
from tests.api.conftest import TESTER
from tests.api.graded import graded

FINE = Remark(True, "reference scores 100 of 100")
WRONG = Remark(False, "starter scores 60 of 100")


class Checking:
    """A checker that finds what it is told to find."""

    def __init__(self, *remarks: Remark, fails: bool = False) -> None:
        self.remarks_ = remarks
        self.fails = fails
        self.meanwhile: Callable[[], None] = lambda: None

    def remarks(self, takehome: Loaded, rubric: str, progress: Callable[[str], None]) -> Sequence[Remark]:
        """See `Checker.remarks`."""
        assert rubric == complete(takehome.rubric_yaml)
        progress(f"{DONE}{takehome.name}, starter")
        self.meanwhile()
        if self.fails:
            raise CheckFailedOnOurSide("the engine is gone")
        return self.remarks_


@pytest.fixture
def version(service: Service) -> SuiteVersion:
    """A version of `flatten` that waits for its check."""
    return published(service, b"")


def published(service: Service, more: bytes) -> SuiteVersion:
    files = files_of(shelf() / "flatten")
    files["brief.md"] += more
    with service.sessions.begin() as session:
        return publish(session, service.blobs, files, TESTER, service.now(), queue=service.queue)[1]


def check(service: Service, version: SuiteVersion, checker: Checking) -> SuiteVersion:
    with service.sessions() as session:
        rubric = session.get_one(SuiteVersion, version.id).check_result
    assert rubric is not None
    cache = Shelf(service.blobs, service.settings.data / "takehomes")
    check_suite(service, cache, checker, version.id, uuid.UUID(str(rubric["rubric"])), "tests")
    return now(service, version)


def now(service: Service, version: SuiteVersion) -> SuiteVersion:
    with service.sessions() as session:
        return session.get_one(SuiteVersion, version.id)


def test_a_version_that_passes_comes_into_force_where_it_is_the_first(
    service: Service, version: SuiteVersion
) -> None:
    passed = check(service, version, Checking(FINE))

    assert check_state(passed).remarks == (FINE,)
    assert passed.check == Check.PASSED
    with service.sessions() as session:
        assert by_name(session, "flatten").suite_id == version.id


def test_a_version_that_passes_is_proposed_where_something_was_graded(
    service: Service, flatten: Takehome
) -> None:
    graded(service, flatten)
    newer = published(service, b"\nOne more remark.\n")

    check(service, newer, Checking(FINE))

    with service.sessions() as session:
        assert session.scalars(select(Change)).one().suite_id == newer.id
        assert by_name(session, "flatten").suite_id != newer.id


def test_a_version_that_fails_says_why_and_is_not_used(service: Service, version: SuiteVersion) -> None:
    failed = check(service, version, Checking(FINE, WRONG))

    assert failed.check == Check.FAILED
    assert (check_state(failed).problems, check_state(failed).may_be_repeated) == (1, True)
    with service.sessions() as session:
        assert by_name(session, "flatten").suite_id is None


def test_progress_is_written_while_it_runs(service: Service, version: SuiteVersion) -> None:
    seen = []
    checker = Checking(FINE)
    checker.meanwhile = lambda: seen.append(check_state(now(service, version)))

    check(service, version, checker)

    (state,) = seen
    assert (state.check, state.done, state.step) == (Check.RUNNING, 1, "flatten, starter")
    assert state.of > 1


def test_our_failure_says_nothing_about_the_take_home(service: Service, version: SuiteVersion) -> None:
    broken = Checking(fails=True)
    for _ in range(TRIES - 1):
        with pytest.raises(TryAgain):
            check(service, version, broken)

    given_up = check(service, version, broken)

    state = check_state(given_up)
    assert (state.check, state.gave_up, state.remarks) == (Check.WAITING, True, ())
    assert "the engine is gone" in state.our_failure
    with service.sessions.begin() as session:
        check_again(
            session, service.queue, by_name(session, "flatten"), version.number, TESTER, service.now()
        )
    assert check(service, version, Checking(FINE)).check == Check.PASSED


def test_a_waiver_while_it_runs_wins_and_the_findings_are_kept(
    service: Service, version: SuiteVersion
) -> None:
    def waived() -> None:
        with service.sessions.begin() as session:
            row = by_name(session, "flatten")
            waive(session, service.queue, row, version.number, "urgent", TESTER, service.now())

    checker = Checking(WRONG)
    checker.meanwhile = waived

    done = check(service, version, checker)

    assert (done.check, check_state(done).remarks) == (Check.WAIVED, (WRONG,))
    with service.sessions() as session:
        assert by_name(session, "flatten").suite_id == version.id


def test_a_check_that_passed_is_not_repeated(service: Service, version: SuiteVersion) -> None:
    check(service, version, Checking(FINE))

    with service.sessions.begin() as session, pytest.raises(Conflict, match="need not run again"):
        check_again(
            session, service.queue, by_name(session, "flatten"), version.number, TESTER, service.now()
        )
