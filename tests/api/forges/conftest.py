"""A service with a connection to a forge, a repository of a candidate, and the stand-in that answers."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import RSAKey
from sqlalchemy import select, text

from api.forges.answering import Teller, look_again
from api.forges.client import ForgeClient
from api.forges.linking import link
from api.forges.managing import TRIGGERS, Wish, add_connection, remove_connection
from api.forges.submitting import FetchLater, submit_commit
from api.forges.tables import ForgeCommit, ForgeConnection, ForgeDelivery, ForgeRepository
from api.hooks.outside import Outside
from api.hooks.secrets import Safe
from api.http.app import create_app
from api.invitations.inviting import Terms, invite
from api.invitations.tables import Invitation
from api.service import Service, secret_key
from api.submissions.grading import grade_submission
from api.submissions.tables import Submission
from api.takehomes.shelf import Shelf
from api.takehomes.tables import Takehome
from tests.api.conftest import TESTER, Clock, publish_flatten, service_on
from tests.api.forges.local_git import LocalGit
from tests.api.forges.payloads import SENDERS, Delivery, Repository, Sender
from tests.api.forges.stand_in import TOKEN, StandIn, standing_in
from tests.api.graded import Recorded
from tests.api.hooks.receiving import LOOPBACK

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def app_key() -> RSAKey:
    """The private key of a GitHub App."""
    return RSAKey.generate_key(2048)


@dataclass
class World:
    """One connection and everything around it."""

    service: Service
    client: TestClient
    git: LocalGit
    forge: StandIn
    sender: Sender
    takehome: Takehome
    connection_id: uuid.UUID
    secret: str
    repository: Repository = field(default_factory=Repository)

    def __post_init__(self) -> None:
        self.desk = ForgeClient(Outside(self.service.settings.outside), self.service.now)

    # what people set up

    def link(self, repository: Repository | None = None, branch: str = "", **terms: Any) -> Invitation:
        """Invite somebody, and make a repository theirs."""
        chosen = repository or self.repository
        with self.service.sessions.begin() as session:
            takehome = session.get_one(Takehome, self.takehome.id)
            wanted = replace(Terms(max_attempts=20), **terms)
            email = f"{chosen.name.replace('/', '.')}@example.com"
            invitation, _ = invite(session, takehome, "Ada", email, wanted, TESTER, self.service.now())
            link(session, invitation, self.connection_id, chosen.name, branch, TESTER, self.service.now())
            return invitation

    def change(self, **columns: object) -> None:
        """Change the connection."""
        with self.service.sessions.begin() as session:
            connection = session.get_one(ForgeConnection, self.connection_id)
            for name, value in columns.items():
                setattr(connection, name, value)

    # what forges do

    def commit(self, repository: Repository | None = None, **files: str) -> str:
        content = files or {"flatten.py": f"# {next(_numbers)}\ndef flatten(x):\n    return x\n"}
        return self.git.commit((repository or self.repository).name, content)

    def deliver(
        self, delivery: Delivery, *, name: str = "", secret: str = "", headers: Any = None, body: bytes = b""
    ) -> Any:
        """Send a delivery, signed; returns the answer."""
        make = headers or self.sender.headers
        signed = make(
            delivery.event,
            name or str(uuid.uuid4()),
            secret or self.secret,
            delivery.body,
            self.service.now(),
        )
        return self.client.post(
            f"/hooks/in/{self.connection_id}", content=body or delivery.body, headers=signed
        )

    def push(self, commit: str = "", repository: Repository | None = None, branch: str = "main") -> str:
        """Push a commit, a new one where none is given, and tell the service; returns the commit."""
        chosen = repository or self.repository
        made = commit or self.commit(chosen)
        answer = self.deliver(self.sender.push(chosen, made, branch))
        assert answer.status_code == 202, answer.text
        return made

    # what workers do

    def fetch(self, workers: int = 1) -> int:
        """Do the jobs that fetch, once each, so many at a time; returns how many there were."""
        with self.service.sessions.begin() as session:
            rows = session.execute(
                text(
                    "DELETE FROM procrastinate_jobs WHERE task_name = 'fetch_commit' AND status = 'todo' "
                    "AND lock = :lock RETURNING args ->> 'commit_id'"
                ),
                {"lock": f"forge:{self.connection_id}"},
            )
            ids = [uuid.UUID(value) for value in rows.scalars()]
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda one: submit_commit(self.service, self.desk, self.git, one), ids))
        return len(ids)

    def fetch_again(self, commit: str) -> FetchLater | None:
        """Do the job of a commit once more; returns when it wants to be tried again."""
        try:
            submit_commit(self.service, self.desk, self.git, self.row(commit).id)
        except FetchLater as later:
            return later
        return None

    def tell(self) -> None:
        """Do the job that answers."""
        Teller(self.service, self.desk).run()

    def look_again(self) -> int:
        with self.service.sessions.begin() as session:
            return look_again(session)

    def grade(self, commit: str, sample: str = "middling") -> None:
        """Grade the submission of a commit with recorded evidence."""
        submission = self.submission(commit)
        assert submission is not None
        shelf = Shelf(self.service.blobs, self.service.settings.data / "takehomes")
        examiner = Recorded(f"flatten-{sample}")
        grade_submission(self.service, shelf, examiner, submission.id, submission.suite_id, "tests")

    # what is there

    def submissions(self) -> list[Submission]:
        with self.service.sessions() as session:
            query = (
                select(Submission)
                .join(ForgeRepository, ForgeRepository.invitation_id == Submission.invitation_id)
                .where(ForgeRepository.connection_id == self.connection_id)
                .order_by(Submission.id)
            )
            return list(session.scalars(query))

    def submission(self, commit: str) -> Submission | None:
        row = self.row(commit)
        with self.service.sessions() as session:
            return session.get(Submission, row.submission_id) if row.submission_id else None

    def row(self, commit: str) -> ForgeCommit:
        with self.service.sessions() as session:
            mine = ForgeRepository.connection_id == self.connection_id
            query = select(ForgeCommit).join(ForgeCommit.repository).where(mine, ForgeCommit.commit == commit)
            return session.scalars(query).one()

    def commits(self) -> list[ForgeCommit]:
        with self.service.sessions() as session:
            mine = ForgeRepository.connection_id == self.connection_id
            query = select(ForgeCommit).join(ForgeCommit.repository).where(mine).order_by(ForgeCommit.id)
            return list(session.scalars(query))

    def log(self) -> list[ForgeDelivery]:
        with self.service.sessions() as session:
            mine = ForgeDelivery.connection_id == self.connection_id
            return list(session.scalars(select(ForgeDelivery).where(mine).order_by(ForgeDelivery.id)))

    def repositories(self) -> list[ForgeRepository]:
        with self.service.sessions() as session:
            mine = ForgeRepository.connection_id == self.connection_id
            return list(session.scalars(select(ForgeRepository).where(mine).order_by(ForgeRepository.id)))


@dataclass(frozen=True)
class House:
    """What the tests of a module share: a service, a take-home, an application, the API of a forge."""

    service: Service
    takehome: Takehome
    client: TestClient
    stand_in: StandIn
    key: RSAKey


@pytest.fixture(scope="module")
def house(postgres: str, app_key: RSAKey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One for all: making them takes longer than the tests do. Each test has a connection of its own."""
    with service_on(postgres, tmp_path_factory.mktemp("data")) as made:
        room = {"uploads_per_hour": 10**6, "requests_per_minute": 10**6}
        bounds = made.settings.bounds.model_copy(update=room)
        settings = made.settings.model_copy(update={"outside": LOOPBACK, "bounds": bounds})
        service = replace(made, settings=settings)
        app = create_app(service)
        client = TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False)
        with client, standing_in(service.now, app_key) as forge:
            yield House(service, publish_flatten(service), client, forge, app_key)


@contextmanager
def world_of(house: House, folder: Path, kind: str, *, app: bool = False) -> Iterator[World]:
    """A connection of a kind, which is gone afterwards; with `app`, to a GitHub App."""
    access: dict[str, Any] = {"token": TOKEN}
    if app:
        access = {"app_id": "Iv23app", "private_key": house.key.as_pem(private=True).decode()}
    service, forge = house.service, house.stand_in
    with service.sessions.begin() as session:
        wish = Wish(kind, "Tests", web_url=forge.url, triggers=TRIGGERS, **access)
        safe = Safe(secret_key(service.settings))
        outside = Outside(service.settings.outside)
        connection, secret = add_connection(session, outside, safe, wish, TESTER, service.now())
    forge.forget()
    git = LocalGit(folder / "repositories")
    sender, takehome = SENDERS[kind], house.takehome
    yield World(service, house.client, git, forge, sender, takehome, connection.id, secret)
    with service.sessions.begin() as session:
        row = session.get(ForgeConnection, connection.id)
        if row is not None:
            remove_connection(session, row, TESTER, service.now())
    assert forge.problems == []


@pytest.fixture(params=list(SENDERS))
def world(request: pytest.FixtureRequest, house: House, tmp_path: Path) -> Iterator[World]:
    """Each kind of forge, with a token."""
    with world_of(house, tmp_path, request.param) as made:
        yield made


@pytest.fixture
def github(house: House, tmp_path: Path) -> Iterator[World]:
    """GitHub with a token."""
    with world_of(house, tmp_path, "github") as made:
        yield made


@pytest.fixture
def github_app(house: House, tmp_path: Path) -> Iterator[World]:
    """A GitHub App."""
    with world_of(house, tmp_path, "github", app=True) as made:
        yield made


@pytest.fixture
def clock(house: House) -> Clock:
    """The clock of the service; it only ever goes on."""
    assert isinstance(house.service.now, Clock)
    return house.service.now
