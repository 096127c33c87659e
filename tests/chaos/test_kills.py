"""kill -9 of every part at random moments: nothing is lost, graded twice, or scored for our fault."""

from __future__ import annotations

import contextlib
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import docker
import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from api.audit.tables import Entry
from api.queue import grading_workers
from api.service import Service, open_service
from api.settings import Settings
from api.submissions.reporting import report_in_force
from api.submissions.states import State
from api.submissions.tables import Grading, Report, Submission
from tests.chaos.crowd import Candidate, Uploads, crowd
from tests.chaos.engine import OwnEngine, own_engine
from tests.chaos.running import Running, until

POINTS = {"good": 100.0, "middling": 54.05, "poor": 17.5}
"""What the samples of flatten get when nothing breaks."""
ENGINE_AWAY = 3.0
FIRST_PAUSE = 0.3
"""Seconds before the first kill."""
SEED = 20260302
MOSTLY = 0.8
PARTS = ("api", "worker", "postgres", "engine")
"""In this order at first: the API while the uploads come in."""
ONCE_EACH = len(PARTS)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path that the database's own user may enter."""
    with tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def engine() -> Iterator[OwnEngine]:
    """Not the machine's: nobody else is hurt when it is killed."""
    with own_engine() as made:
        yield made


@pytest.fixture
def running(folder: Path, engine: OwnEngine) -> Iterator[Running]:
    """The service, started."""
    made = Running(folder / "data", folder / "log", DOCKER_HOST=engine.url)
    made.start()
    yield made
    made.stop()


def seen_from_outside(running: Running) -> Service:
    settings = Settings(data=running.data, database_url=SecretStr(running.database_url))
    with open_service(settings) as service:
        return service


class Chaos:
    """Kills one part after the other, until it is told to stop."""

    def __init__(self, running: Running, engine: OwnEngine, service: Service, pause: float) -> None:
        self.killed: Counter[str] = Counter()
        self._service = service
        self._running, self._engine, self._pause = running, engine, pause
        self._random = random.Random(SEED)  # noqa: S311 -- chosen moments, no secrets
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._over.wait(pause):
            pause = self._random.uniform(0.5, 1.5) * self._pause
            done = self.killed.total()
            part = PARTS[done] if done < ONCE_EACH else self._random.choice(PARTS)
            if part == "engine":
                self._engine.kill()
                time.sleep(ENGINE_AWAY)
                self._engine.start()
                self.killed[part] += 1
            elif self._running.kill(part):
                self.killed[part] += 1
            if self._random.random() < MOSTLY:
                self._recovered()

    def _recovered(self) -> None:
        """Wait until everything works again and has graded something; else a slow machine would never come to it."""
        end = time.monotonic() + 120
        before = None
        while time.monotonic() < end and not self._over.wait(0.5):
            with contextlib.suppress(httpx2.TransportError, OperationalError):
                ready = httpx2.get(f"{self._running.address}/readyz", timeout=5).status_code == 200
                with self._service.sessions() as session:
                    done = session.scalar(select(func.count()).select_from(Grading))
                    if ready and grading_workers(session):
                        before = done if before is None else before
                        if done != before:
                            return

    def stop(self) -> None:
        self._over.set()
        self._thread.join()


def under_way(service: Service) -> int:
    with service.sessions() as session:
        ended = [State.GRADED.value, State.UNGRADABLE.value]
        return session.scalar(select(func.count()).where(Submission.state.not_in(ended))) or 0


def check_all(service: Service, people: list[Candidate]) -> None:
    """One submission, grading and report for everybody who was told that it arrived, with the points it deserves."""
    with service.sessions() as session:
        for one in people:
            submission = session.scalars(
                select(Submission).where(Submission.invitation_id == one.invitation)
            ).one()
            assert (one.sample, submission.points) == (one.sample, POINTS[one.sample])
            grading = session.scalars(select(Grading).where(Grading.submission_id == submission.id)).one()
            session.scalars(select(Report).where(Report.grading_id == grading.id)).one()
            report = report_in_force(session, submission)
            assert report.score is not None
            assert report.score.points == submission.points
            actions = session.scalars(
                select(Entry.action).where(Entry.subject_id == str(submission.id))
            ).all()
            counted = Counter(actions)
            assert counted["submission.received"] == counted["submission.graded"] == 1, counted
        waiting = session.execute(
            text("SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'grading'")
        ).scalar_one()
        assert waiting == 0


def left_over(engine: OwnEngine) -> list[str]:
    """Containers that nobody has removed."""
    client = docker.DockerClient(engine.url)
    found = client.api.containers(all=True)
    client.close()
    return [one["Id"] for one in found]


def storm(running: Running, engine: OwnEngine, count: int, pause: float, left: int) -> None:
    """`count` uploads; kills go on until each part was killed and at most `left` submissions are not graded."""
    service = seen_from_outside(running)
    probe = httpx2.post(f"{running.address}/i/none/submissions", files={"file": ("a.zip", b"")})
    if "nothing at this address" in probe.text:
        pytest.skip("candidates cannot upload yet: there is no such page")
    people = crowd(service, "flatten", list(POINTS), count)
    chaos = Chaos(running, engine, service, pause)
    try:
        uploads = Uploads(running.address, "flatten", people)
        uploads.finish()
        enough = lambda: chaos.killed.total() >= ONCE_EACH and under_way_or_down(service) <= left  # noqa: E731
        until(enough, 300 + count * 15, "enough was killed and graded")
    finally:
        chaos.stop()
    until(lambda: under_way_or_down(service) == 0, 120 + count * 15, "everything is graded")

    sys.stdout.write(f"killed: {dict(chaos.killed)}; requests for {count} uploads: {uploads.tries}\n")
    assert len(uploads.accepted) == count
    assert set(chaos.killed) == set(PARTS)
    check_all(service, people)
    service.engine.dispose()
    running.stop()
    until(lambda: left_over(engine) == [], 30, "no container is left over")


def under_way_or_down(service: Service) -> int:
    """How many are not graded yet; all the world while the database is down."""
    try:
        return under_way(service)
    except OperationalError:
        return 1_000_000


@pytest.mark.docker
@pytest.mark.timeout(1800)
def test_nothing_is_lost(running: Running, engine: OwnEngine) -> None:
    storm(running, engine, 12, 2.0, left=12)


@pytest.mark.docker
@pytest.mark.exhaustive
@pytest.mark.timeout(10800)
def test_nothing_is_lost_of_hundreds(running: Running, engine: OwnEngine) -> None:
    storm(running, engine, 300, 5.0, left=150)
