"""A real database for all tests of the service, and one application on it."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import tempfile
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from moto.server import ThreadedMotoServer
from sqlalchemy import text

from api.accounts import people as accounts
from api.accounts.people import add_user, set_password
from api.accounts.tables import Role, User
from api.audit.log import Actor
from api.blobs import FileBlobs
from api.database.embedded import EmbeddedPostgres
from api.database.engine import make_engine, make_sessions, plain_url
from api.database.migrate import migrate
from api.http.app import create_app
from api.invitations.inviting import Terms, invite
from api.invitations.tables import Invitation
from api.logs import set_up_logs
from api.queue import make_queue
from api.service import Service
from api.settings import Settings
from api.takehomes.packing import files_of
from api.takehomes.publishing import publish
from api.takehomes.tables import Takehome
from grader.takehome import shelf
from tests.api.mailbox import Box, mailbox

PASSWORD = "correct horse battery"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TESTER = Actor("system", "", "tests")

_numbers = itertools.count()


@pytest.fixture(autouse=True, scope="session")
def _logs() -> None:
    """As the commands do it: structlog that nobody set up prints every local variable of every frame."""
    set_up_logs("console", "error")


@pytest.fixture(autouse=True, scope="session")
def _quick_hashes() -> Iterator[None]:
    """A hash of a password is made to cost a lot, and most tests begin with two. `test_passwords` has real ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a server with our schema in its template database.

    It lies in memory where there is enough: each test copies the template, and a disk makes that ten times as slow.
    """
    memory = "/dev/shm"
    roomy = os.path.ismount(memory) and shutil.disk_usage(memory).free > 4 * 2**30
    with tempfile.TemporaryDirectory(
        prefix="pg-", ignore_cleanup_errors=True, dir=memory if roomy else None
    ) as name:
        Path(name).chmod(0o755)  # as root the server is another user's
        server = EmbeddedPostgres(Path(name) / "data")
        url = server.start()
        engine = make_engine(url, 1)
        migrate(engine)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for setting in (
                "fsync",
                "full_page_writes",
                "synchronous_commit",
            ):  # nothing here outlives the machine
                connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
        engine.dispose()
        yield url
        server.stop()


@contextmanager
def service_on(postgres: str, folder: Path) -> Iterator[Service]:
    """The service on a database of its own, copied from the template, with a clock that stands still."""
    name = f"test_{next(_numbers)}"
    maintenance = make_engine(postgres.replace("/grader?", "/postgres?"), 1)
    with maintenance.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE grader STRATEGY FILE_COPY"))
    engine = make_engine(postgres.replace("/grader?", f"/{name}?"), 10)
    yield Service(
        settings=Settings(data=folder),
        engine=engine,
        sessions=make_sessions(engine),
        blobs=FileBlobs(folder / "blobs"),
        queue=make_queue(plain_url(engine)),
        now=Clock(),
    )
    engine.dispose()
    with maintenance.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    maintenance.dispose()


@pytest.fixture
def service(postgres: str, tmp_path: Path) -> Iterator[Service]:
    """The service on a database of its own."""
    with service_on(postgres, tmp_path / "data") as made:
        yield made


@pytest.fixture
def clock(service: Service) -> Clock:
    """The service's clock."""
    assert isinstance(service.now, Clock)
    return service.now


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    """A browser without a session that does not follow redirects."""
    with TestClient(create_app(service), base_url="http://127.0.0.1:8000", follow_redirects=False) as made:
        yield made


@pytest.fixture
def live(service: Service) -> Iterator[str]:
    """The address of a real server for the service, for browsers and for what needs real HTTP."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = service.settings.model_copy(update={"base_url": address})
    server = uvicorn.Server(
        uvicorn.Config(create_app(replace(service, settings=settings)), log_level="warning", lifespan="off")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield address
    server.should_exit = True
    thread.join()
    listener.close()


@dataclass(frozen=True)
class People:
    """Makes users and signs them in."""

    service: Service
    client: TestClient

    def add(self, role: Role, email: str = "") -> User:
        """A user with a password."""
        address = email or f"{role.value}@example.com"
        with self.service.sessions.begin() as session:
            _, token = add_user(session, address, role.value.title(), role, self.service.now())
            session.flush()
            return set_password(session, token, PASSWORD, self.service.now())

    def sign_in(self, role: Role) -> User:
        """Sign the client in as a new user with `role`."""
        user = self.add(role)
        answer = self.client.post("/sign-in", data={"email": user.email, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return user


@pytest.fixture
def people(service: Service, client: TestClient) -> People:
    """Users of the service."""
    return People(service, client)


def publish_flatten(service: Service) -> Takehome:
    """Publish the take-home `flatten`, ready to be given out."""
    with service.sessions.begin() as session:
        files = files_of(shelf() / "flatten")
        takehome, _, _ = publish(
            session, service.blobs, files, TESTER, service.now(), queue=service.queue, waive="a test"
        )
        return takehome


@pytest.fixture
def flatten(service: Service) -> Takehome:
    """The take-home `flatten`, published and ready to be given out."""
    return publish_flatten(service)


@pytest.fixture
def invited(service: Service, flatten: Takehome) -> Callable[..., tuple[Invitation, str]]:
    """Invites a candidate to `flatten`; gives the invitation and the token of its link."""

    def make(
        name: str = "Ada Lovelace", email: str = "ada@example.com", **terms: object
    ) -> tuple[Invitation, str]:
        with service.sessions.begin() as session:
            takehome = session.get_one(Takehome, flatten.id)
            return invite(session, takehome, name, email, replace(Terms(), **terms), TESTER, service.now())

    return make


@pytest.fixture
def box() -> Iterator[tuple[Box, int]]:
    """A mail server, and its port."""
    with mailbox() as opened:
        yield opened


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of an S3 server on loopback."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def new_bucket(address: str) -> str:
    """The name of a bucket that was made on the server at `address`."""
    name = f"bucket-{next(_numbers)}"
    urllib.request.urlopen(urllib.request.Request(f"{address}/{name}", method="PUT")).close()  # noqa: S310
    return name
