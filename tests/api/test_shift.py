"""A worker at work on a real database, with an examiner that needs no Docker."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import procrastinate
import pytest
from sqlalchemy import func, select, text

from api.invitations.inviting import Terms, by_token, invite
from api.queue import grading_workers
from api.service import Service
from api.shift import Shift
from api.submissions.receiving import Upload, receive
from api.submissions.states import State
from api.submissions.tables import Grading, Submission
from api.takehomes.shelf import Shelf
from api.takehomes.tables import SuiteVersion, Takehome
from api.worker import add_grading, add_watch
from grader.evidence import Evidence
from sandbox.errors import EngineUnavailable
from tests.api.conftest import TESTER
from tests.api.graded import Recorded
from tests.api.test_life_of_a_submission import ZIP

Working = Callable[[], AbstractContextManager[Callable[[], object]]]


class Slow(Recorded):
    """Takes as long as it is told to."""

    def __init__(self) -> None:
        super().__init__("flatten-good")
        self.go = threading.Event()
        self.go.set()
        self.begun = threading.Event()
        self.ended = 0

    def evidence(
        self, suite: SuiteVersion, shelf: Shelf, take: Callable[[], object], progress: Callable[[str], None]
    ) -> Evidence:
        self.begun.set()
        assert self.go.wait(60)
        progress("hidden tests")
        self.ended += 1
        return super().evidence(suite, shelf, take, progress)


class Engine:
    """Says whether it is there."""

    def __init__(self) -> None:
        self.there = True
        self.asked = 0
        self.pause = 0.2

    def tidy(self) -> None:
        self.asked += 1
        self.knock()

    def knock(self) -> None:
        if not self.there:
            raise EngineUnavailable("no engine")


@pytest.fixture
def examiner() -> Slow:
    return Slow()


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def quick(service: Service) -> Service:
    """Dead workers are noticed within seconds."""
    update = {"heartbeat_seconds": 0.3, "stalled_seconds": 2.0, "grades_at_once": 2}
    return replace(service, settings=service.settings.model_copy(update=update))


@pytest.fixture
def at_work(quick: Service, examiner: Slow, engine: Engine, tmp_path: Path) -> Working:
    """A context in which a worker is at work; it ends with its gradings finished."""
    shelf = Shelf(quick.blobs, tmp_path / "shelf")

    def prepare(connected: Service) -> procrastinate.App:
        add_grading(connected, shelf, examiner)
        add_watch(connected)
        return connected.queue

    @contextmanager
    def working() -> Iterator[Callable[[], object]]:
        made: list[tuple[Shift, asyncio.AbstractEventLoop]] = []

        async def run() -> None:
            shift = Shift(quick, prepare, engine.tidy, engine.knock, engine_pause=engine.pause)
            made.append((shift, asyncio.get_running_loop()))
            await shift.run()

        thread = threading.Thread(target=lambda: asyncio.run(run()))
        thread.start()
        until(lambda: bool(made) and workers(quick) == 1)
        shift, loop = made[0]
        end = lambda: loop.call_soon_threadsafe(shift.end)  # noqa: E731
        try:
            yield end
        finally:
            if thread.is_alive():
                end()
            thread.join(60)
            assert not thread.is_alive()

    return working


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def workers(service: Service) -> int:
    with service.sessions() as session:
        return grading_workers(session)


def upload(service: Service, takehome: Takehome, count: int = 1) -> list[uuid.UUID]:
    """Upload for `count` new candidates."""
    found = []
    with service.sessions.begin() as session:
        row = session.get_one(Takehome, takehome.id)
        for _ in range(count):
            address = f"{uuid.uuid4()}@example.com"
            _, token = invite(session, row, "Ada", address, Terms(), TESTER, service.now())
            invitation = by_token(session, token, lock=True)
            work = Upload("work.tar.gz", ZIP, "page")
            bounds = service.settings.bounds
            submission = receive(
                session, service.blobs, service.queue, bounds, invitation, work, service.now()
            )
            found.append(submission.id)
    return found


def states(service: Service) -> set[str]:
    with service.sessions() as session:
        return set(session.scalars(select(Submission.state)))


def test_what_is_uploaded_is_graded(quick: Service, flatten: Takehome, at_work: Working) -> None:
    upload(quick, flatten)

    with at_work():
        until(lambda: states(quick) == {State.GRADED})

    until(lambda: workers(quick) == 0)  # the server takes a moment to notice that it hung up


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.exhaustive)])
def test_a_burst_queues_and_drains(quick: Service, flatten: Takehome, at_work: Working, count: int) -> None:
    upload(quick, flatten, count)

    with at_work():
        until(lambda: states(quick) == {State.GRADED}, 250)

    with quick.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Grading)) == count
        assert (
            session.execute(
                text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'grade'")
            ).scalar()
            == 0
        )


def test_the_end_waits_for_what_is_under_way_and_begins_nothing(
    quick: Service, flatten: Takehome, at_work: Working, examiner: Slow
) -> None:
    upload(quick, flatten, 4)
    examiner.go.clear()

    with at_work() as end:
        until(lambda: states(quick) == {State.QUEUED, State.GRADING})
        end()
        time.sleep(1.5)
        examiner.go.set()

    assert examiner.ended == 2
    assert states(quick) == {State.GRADED, State.QUEUED}


def test_a_job_of_a_dead_worker_is_given_to_another(
    quick: Service, flatten: Takehome, at_work: Working
) -> None:
    upload(quick, flatten)
    with quick.sessions.begin() as session:
        dead = session.execute(
            text(
                "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 day') RETURNING id"
            )
        ).scalar_one()
        session.execute(
            text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = :dead"), {"dead": dead}
        )

    with at_work():
        until(lambda: states(quick) == {State.GRADED})


def test_a_job_that_was_claimed_without_our_hearing_of_it_is_done(
    quick: Service, flatten: Takehome, at_work: Working, examiner: Slow
) -> None:
    """The connection died between the claim and its answer: the job is ours, and our heart beats."""
    with at_work():
        with quick.sessions.begin() as session:
            mine = session.execute(text("SELECT max(id) FROM procrastinate_workers")).scalar_one()
        upload(quick, flatten)
        until(lambda: states(quick) == {State.GRADED})
        examiner.begun.clear()
        with quick.sessions.begin() as session:
            session.execute(
                text(
                    "INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id, args) "
                    "SELECT 'grading', 'grade', 'doing', :mine, jsonb_build_object('submission_id', id, "
                    "'suite_id', suite_id) FROM submissions"
                ),
                {"mine": mine},
            )
            session.execute(text("UPDATE submissions SET state = 'grading'"))

        until(examiner.begun.is_set)


def test_a_submission_without_a_job_is_queued_again(
    quick: Service, flatten: Takehome, at_work: Working
) -> None:
    upload(quick, flatten)
    with quick.sessions.begin() as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
        session.execute(text("UPDATE submissions SET state_at = state_at - interval '1 hour'"))

    with at_work():
        until(lambda: states(quick) == {State.GRADED})


def test_nothing_is_claimed_while_the_engine_is_away(
    quick: Service, flatten: Takehome, at_work: Working, engine: Engine, examiner: Slow
) -> None:
    engine.there = False

    with at_work():
        asked = engine.asked
        until(lambda: engine.asked > asked + 10)  # by then the loop that grades has ended
        upload(quick, flatten)
        time.sleep(2)
        assert not examiner.begun.is_set()
        engine.there = True
        until(lambda: states(quick) == {State.GRADED})

    with quick.sessions() as session:
        assert session.scalars(select(Submission.tries)).one() == 0


def test_a_queue_that_meets_a_dead_engine_uses_up_no_tries(
    quick: Service, flatten: Takehome, at_work: Working, engine: Engine, examiner: Slow
) -> None:
    """The engine dies between two looks at it: nothing of the queue is begun, and all of it waits as before."""
    engine.pause = 3600
    engine.there = False
    upload(quick, flatten, 5)

    with at_work():
        until(lambda: retried(quick) > 0)
        time.sleep(1)

    assert not examiner.begun.is_set()
    assert states(quick) == {State.QUEUED}
    with quick.sessions() as session:
        assert set(session.scalars(select(Submission.tries))) == {0}


def retried(service: Service) -> int:
    """How many gradings were put off."""
    with service.sessions() as session:
        return session.execute(
            text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'grade' AND attempts > 0")
        ).scalar_one()


def test_a_cancelled_grading_ends_at_its_next_step(
    quick: Service, flatten: Takehome, at_work: Working, examiner: Slow
) -> None:
    upload(quick, flatten)
    examiner.go.clear()

    with at_work():
        until(examiner.begun.is_set)
        with quick.sessions.begin() as session:
            session.execute(text("UPDATE submissions SET state = 'cancelled'"))
        examiner.go.set()

    assert examiner.ended == 0
    assert states(quick) == {State.CANCELLED}


def test_connections_that_die_are_made_anew(quick: Service, flatten: Takehome, at_work: Working) -> None:
    """As when the database is restarted: every connection of the worker ends at once."""
    with at_work():
        for _ in range(2):
            with quick.sessions.begin() as session:
                session.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
            upload(quick, flatten, 3)
            until(lambda: states(quick) == {State.GRADED})


@pytest.mark.parametrize(("end", "status"), [("stop.done()", 0), ("pass", 1)], ids=["reached", "not reached"])
def test_the_time_to_end_runs_until_the_end_is_reached(end: str, status: int) -> None:
    """In a process of its own, which is what ends."""
    program = (
        f"import time; from api.shift import Stop; stop = Stop(0.2); stop.ask(); {end or '0'}; time.sleep(1)"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == status
