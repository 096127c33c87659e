"""A repository that was asked for becomes the submission that was promised, or says why not."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Collection
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from api.audit.log import Actor
from api.audit.tables import Event
from api.ci.asking import Sender, Wish, ask_with_repository
from api.ci.fetching import TRIES, fetch_for_ci
from api.ci.jobs import add_ci_tasks
from api.ci.tables import CiRequest
from api.database.engine import plain_url
from api.fetching import FetchFailed, Repository
from api.hooks.payloads import Source, body_of
from api.invitations.erasing import erase_candidate
from api.invitations.tables import Candidate, Invitation
from api.office import EVENT_TIME, tidy
from api.queue import OFFICE_QUEUE, make_queue
from api.service import Service
from api.submissions.grading import TryAgain
from api.submissions.states import State
from api.submissions.tables import Submission
from api.takehomes.tables import Takehome
from tests.api.conftest import TESTER, Clock
from tests.api.graded import sample_zip

URL = "https://git.example.com/hiring/ada.git"
COMMIT = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
SENDER = Sender(Actor("token", str(uuid.uuid4()), "nightly"), None)
Invited = Callable[..., tuple[Invitation, str]]
Ask = Callable[..., uuid.UUID]


class Server:
    """Gives what it has, or the failures that are lined up first."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.asked: list[Repository] = []
        self.data = sample_zip("flatten", "middling")

    def __call__(self, wanted: Repository, hosts: Collection[str]) -> bytes:
        assert hosts == {"git.example.com"}
        self.asked.append(wanted)
        if self.failures:
            raise self.failures.pop(0)
        return self.data


@pytest.fixture
def ask(service: Service, flatten: Takehome) -> Ask:
    def make(**wish: object) -> uuid.UUID:
        with service.sessions.begin() as session:
            wanted = Wish(**({"take_home": "flatten"} | wish))  # type: ignore[arg-type]
            return ask_with_repository(session, service, SENDER, wanted, URL, COMMIT, "main").id

    return make


def request(service: Service, identity: uuid.UUID) -> CiRequest:
    with service.sessions() as session:
        return session.get_one(CiRequest, identity)


def submissions(service: Service) -> int:
    with service.sessions() as session:
        return session.scalar(select(func.count()).select_from(Submission)) or 0


def test_what_was_fetched_is_the_submission_of_the_same_id(service: Service, ask: Ask) -> None:
    asked, server = ask(label="build 7"), Server()

    fetch_for_ci(service, server, asked)

    assert server.asked == [Repository(URL, COMMIT, "main")]
    assert request(service, asked).stage == "taken"
    with service.sessions() as session:
        row = session.get_one(Submission, asked)
        assert (row.state, row.source, row.label, row.file_name) == (
            "queued",
            "ci",
            "build 7",
            "repository.tar",
        )
        assert service.blobs.get(row.blob) == server.data


def test_doing_the_job_again_changes_nothing(service: Service, ask: Ask) -> None:
    """A worker that was killed after its commit leaves a job that another does once more."""
    asked, server = ask(), Server()
    for _ in range(3):
        fetch_for_ci(service, server, asked)
    fetch_for_ci(service, server, uuid.uuid4())

    assert len(server.asked) == 1
    assert submissions(service) == 1


def test_what_cannot_be_fetched_is_refused_with_the_reason_and_told(service: Service, ask: Ask) -> None:
    asked = ask()
    fetch_for_ci(service, Server(FetchFailed("not_found", "There is no such commit.", ours=False)), asked)

    row = request(service, asked)
    assert (row.stage, row.problem) == ("refused", "There is no such commit.")
    with service.sessions() as session:
        event = session.scalars(select(Event).where(Event.kind == "fetch.failed")).one()
        body = body_of(Source(session, event, "https://grader.example.com"))
    assert '"ours":false,"problem":"There is no such commit."' in body.replace(", ", ",")
    assert submissions(service) == 0


@pytest.mark.parametrize(
    "failure", [FetchFailed("not_found", "No answer.", ours=True), RuntimeError("a defect")]
)
def test_our_failures_are_tried_again_and_then_succeed(
    service: Service, ask: Ask, failure: Exception
) -> None:
    asked, server = ask(), Server(failure, failure)
    for _ in range(2):
        with pytest.raises(TryAgain):
            fetch_for_ci(service, server, asked)
    assert request(service, asked).tries == 2
    fetch_for_ci(service, server, asked)

    assert (request(service, asked).stage, request(service, asked).problem) == ("taken", "")


def test_what_waits_for_another_try_keeps_nothing_else_of_its_pipeline_waiting(
    service: Service, ask: Ask
) -> None:
    first, second = ask(), ask()
    queue = make_queue(plain_url(service.engine))
    failing = Server(FetchFailed("broken", "No answer.", ours=True))
    add_ci_tasks(replace(service, queue=queue), failing)

    async def work() -> None:
        async with queue.open_async():
            await queue.run_worker_async(queues=[OFFICE_QUEUE], wait=False, install_signal_handlers=False)

    asyncio.run(work())

    assert (request(service, first).stage, request(service, first).tries) == ("fetching", 1)
    assert request(service, second).stage == "taken"


def test_after_many_tries_it_is_our_failure_and_never_a_verdict(service: Service, ask: Ask) -> None:
    asked = ask()
    server = Server(*[FetchFailed("not_found", "No answer.", ours=True)] * TRIES)
    waits = []
    for _ in range(TRIES - 1):
        with pytest.raises(TryAgain) as again:
            fetch_for_ci(service, server, asked)
        waits.append(again.value.seconds)
    fetch_for_ci(service, server, asked)

    assert request(service, asked).stage == "failed"
    assert waits == sorted(waits)
    assert submissions(service) == 0


def test_time_that_we_needed_is_not_the_candidates(
    service: Service, ask: Ask, clock: Clock, invited: Invited
) -> None:
    """The request came in time; whatever we needed to fetch it, it counts."""
    invitation, _ = invited(window_minutes=60)
    asked = ask(take_home="", invitation=invitation.id)
    clock.advance(hours=5)

    fetch_for_ci(service, Server(), asked)

    with service.sessions() as session:
        assert session.get_one(Submission, asked).candidate_id == invitation.candidate_id
        assert session.get_one(Invitation, invitation.id).opened_at == request(service, asked).asked_at


def test_an_attempt_that_was_used_up_meanwhile_is_refused(
    service: Service, ask: Ask, invited: Invited
) -> None:
    invitation, _ = invited(max_attempts=1)
    first, second = (ask(take_home="", invitation=invitation.id) for _ in range(2))
    for asked in (first, second):
        fetch_for_ci(service, Server(), asked)

    assert request(service, first).stage == "taken"
    assert request(service, second).stage == "refused"
    assert "attempts are used" in request(service, second).problem


def test_a_full_queue_puts_it_off_and_uses_up_no_try(service: Service, ask: Ask) -> None:
    asked = ask()
    bounds = service.settings.bounds.model_copy(update={"free_disk_bytes": 2**62})
    full = replace(service, settings=service.settings.model_copy(update={"bounds": bounds}))
    with pytest.raises(TryAgain):
        fetch_for_ci(full, Server(), asked)
    assert (request(service, asked).stage, request(service, asked).tries) == ("fetching", 0)
    fetch_for_ci(service, Server(), asked)

    assert request(service, asked).stage == "taken"


def test_what_is_too_large_is_refused(service: Service, ask: Ask) -> None:
    asked, server = ask(), Server()
    server.data = b"x" * (service.settings.bounds.upload_bytes + 1)
    fetch_for_ci(service, server, asked)

    assert request(service, asked).stage == "refused"
    assert "larger than" in request(service, asked).problem


def test_nothing_is_fetched_for_a_candidate_who_was_erased(
    service: Service, ask: Ask, invited: Invited
) -> None:
    invitation, _ = invited()
    waiting, taken = (ask(take_home="", invitation=invitation.id) for _ in range(2))
    server = Server()
    fetch_for_ci(service, server, taken)
    with service.sessions.begin() as session:
        candidate = session.get_one(Candidate, invitation.candidate_id)
        erase_candidate(session, service.blobs, candidate, TESTER, service.now())
    fetch_for_ci(service, server, waiting)

    assert len(server.asked) == 1
    with service.sessions() as session:
        assert session.get_one(Submission, taken).state == State.DELETED
        assert session.scalars(select(CiRequest)).all() == []


def test_requests_that_came_to_nothing_are_forgotten_in_the_end(
    service: Service, ask: Ask, clock: Clock
) -> None:
    refused, taken = ask(), ask()
    fetch_for_ci(service, Server(FetchFailed("not_found", "No.", ours=False)), refused)
    fetch_for_ci(service, Server(), taken)
    clock.advance(days=EVENT_TIME.days + 1)

    assert tidy(service)["ci_requests"] == 1
    assert request(service, taken).stage == "taken"
