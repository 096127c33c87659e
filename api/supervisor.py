"""One machine, one command: holds the embedded PostgreSQL, and runs API and worker as processes of their own.

It knows nothing of requests and jobs, so that little can break it; what it runs may break, and is started again. Each
child has a pipe from it as standard input: when the supervisor is gone, however it went, the pipe ends, and the child
stops. The next start finds the database as it was left, and joins it or starts it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

import httpx2
import structlog
from pydantic import SecretStr

from api.accounts.people import first_administrator
from api.database.embedded import DatabaseUnavailable, EmbeddedPostgres
from api.service import Service, open_service
from api.settings import Settings, as_environment
from api.takehomes.built_in import publish_built_in

log = structlog.get_logger()

TICK: Final = 0.2
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 10.0
"""Seconds before a child that ended is started again: the first pause doubles up to the longest."""
STEADY_SECONDS: Final = 20.0
"""A child that has run for so long was no failure to start."""
API_DRAIN_SECONDS: Final = 15
GRACE: Final = 5.0
"""Seconds beyond the time that a child has to end, before it is killed."""
READY_SECONDS: Final = 120.0
ANSWER_SECONDS: Final = 10.0
PORT_TRIES: Final = 10
"""Half a second apart."""


class CannotServe(Exception):
    """The service cannot be started here. The message says why, and what to do."""


@dataclass
class Child:
    """A process that has to run."""

    name: str
    command: tuple[str, ...]
    sockets: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    not_before: float = 0.0

    def look(self, environment: dict[str, str]) -> None:
        """Start it where it does not run and it is time."""
        now = time.monotonic()
        if self.process is not None:
            status = self.process.poll()
            if status is None:
                return
            self.failures = 0 if now - self.started > STEADY_SECONDS else self.failures + 1
            pause = min(FIRST_PAUSE * 2**self.failures, LONGEST_PAUSE)
            log.warning("a process ended and is started again", name=self.name, status=status, seconds=pause)
            self._let_go()
            self.not_before = now + pause
        if now >= self.not_before:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "api.cli", *self.command],
                stdin=subprocess.PIPE,
                env=environment,
                pass_fds=self.sockets,
                start_new_session=True,  # Ctrl-C in a terminal is for the supervisor, which tells the others
            )
            self.started = now

    def ask_to_end(self) -> None:
        """With SIGTERM."""
        if self.process is not None:
            self.process.terminate()

    def wait(self, until: float) -> None:
        """Until it has ended; at `until` (monotonic) it is killed."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("a process did not end in time and is killed", name=self.name)
            self.process.kill()
            self.process.wait()
        self._let_go()

    def _let_go(self) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process = None


@dataclass
class Supervisor:
    """The service on this machine. `start`, then `watch` until it is time, then `stop`."""

    settings: Settings
    address: str = ""
    entry: str | None = None
    """The first administrator's one-time link, as long as no administrator has a password."""
    children: list[Child] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    """Set: `watch` returns."""
    hurry: threading.Event = field(default_factory=threading.Event)
    """Set: `stop` waits for nothing."""
    told: Settings = field(init=False)
    """What the children are told: the settings, and where the database is."""
    _listener: socket.socket | None = None
    _postgres: EmbeddedPostgres | None = None
    _lock: IO[str] | None = None

    def start(self) -> None:
        """Start everything; returns when the API answers, or when it is over already.

        Raises:
            CannotServe: the port is taken, the folder cannot be used, or another service runs on it.
            DatabaseUnavailable: the embedded PostgreSQL does not start.
            SQLAlchemyError: the database of GRADER_DATABASE_URL does not answer.
        """
        self._lock = _locked(self.settings.data)
        self._listener = _listen(self.settings.host, self.settings.port)
        port = self._listener.getsockname()[1]
        if "base_url" not in self.settings.model_fields_set:
            host = f"[{self.settings.host}]" if ":" in self.settings.host else self.settings.host
            self.settings = self.settings.model_copy(update={"base_url": f"http://{host}:{port}"})
        self.address = self.settings.base_url
        self.told = self._with_database()
        sockets = (self._listener.fileno(),)
        with open_service(self.told) as service:
            self.children = [
                Child("api", ("api", "--supervised", "--socket", str(sockets[0])), sockets),
                Child("worker", ("worker", "--supervised")),
            ]
            self._look()  # they need some seconds to load, in which there is something to do here
            self._furnish(service)
        self._await_answer(port)

    def _with_database(self) -> Settings:
        """The settings, with the address of the database, which runs."""
        if self.settings.database_url is not None:
            return self.settings
        self._postgres = EmbeddedPostgres(self.settings.data / "postgres")
        return self.settings.model_copy(update={"database_url": SecretStr(self._postgres.start())})

    def _furnish(self, service: Service) -> None:
        """Take-homes and the first administrator, where there are none."""
        with service.sessions.begin() as session:
            published = publish_built_in(session, service.blobs, service.queue, service.now())
            token = first_administrator(session, service.now())
        if published:
            log.info("built-in take-homes were published", names=", ".join(published))
        self.entry = f"{self.address}/enter/{token}" if token else None

    def watch(self) -> None:
        """Keep everything running until it is over."""
        while not self.over.wait(TICK):
            self._look()

    def _look(self) -> None:
        if self._postgres is not None and not self._postgres.alive():
            log.error("PostgreSQL has ended and is started again")
            try:
                self._postgres.revive()
            except DatabaseUnavailable as error:
                log.exception("PostgreSQL does not start", error=str(error))
        environment = {**os.environ, **as_environment(self.told)}
        for child in self.children:
            child.look(environment)

    def stop(self) -> None:
        """Take no more requests, let requests and gradings under way finish, then stop PostgreSQL."""
        if self._listener is not None:
            self._listener.close()
        for child in self.children:
            child.ask_to_end()
        end = time.monotonic() + self.settings.drain_seconds + GRACE
        while any(child.process is not None and child.process.poll() is None for child in self.children):
            if self.hurry.wait(TICK) or time.monotonic() >= end:
                break
        for child in self.children:
            child.wait(time.monotonic())
        if self._postgres is not None:
            self._postgres.stop()
        if self._lock is not None:
            self._lock.close()

    def _await_answer(self, port: int) -> None:
        host = "127.0.0.1" if self.settings.host in {"0.0.0.0", "::"} else self.settings.host  # noqa: S104
        at = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(httpx2.HTTPError):
                httpx2.get(f"{at}/healthz", timeout=ANSWER_SECONDS).raise_for_status()
                return
            self._look()
            if self.over.wait(TICK):
                return
        raise CannotServe(f"The API does not answer at {at}. The log above says why.")


@contextlib.contextmanager
def serving(settings: Settings) -> Iterator[Supervisor]:
    """The service, running until the end of the block and watched from a thread.

    Raises:
        as `Supervisor.start`.
    """
    supervisor = Supervisor(settings)
    thread = threading.Thread(target=supervisor.watch, name="supervisor")
    try:
        supervisor.start()
        thread.start()
        yield supervisor
    finally:
        supervisor.over.set()
        if thread.is_alive():
            thread.join()
        supervisor.stop()


def _locked(data: Path) -> IO[str]:
    """The lock of a data folder: two services on one would be two supervisors of one database."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        file = (data / "serve.lock").open("a+", encoding="ascii")
    except OSError as error:
        raise CannotServe(
            f"The data folder {data} cannot be used: {error.strerror}. Name another one with --data."
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        holder = file.read().strip() or "another one"
        file.close()
        raise CannotServe(
            f"A service runs on {data} already (process {holder}). Stop it first, or name another folder with --data."
        ) from error
    file.seek(0)
    file.truncate()
    file.write(str(os.getpid()))
    file.flush()
    return file


def _listen(host: str, port: int) -> socket.socket:
    """The socket that the API accepts on. It stays open here: while the API is started again, callers wait."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for attempt in range(PORT_TRIES):
        try:
            return socket.create_server((host, port), family=family, backlog=512)
        except OSError as error:
            # an API that has lost its supervisor gives the port up in a moment
            if error.errno != errno.EADDRINUSE or attempt == PORT_TRIES - 1:
                raise CannotServe(
                    f"{host}:{port} cannot be listened on: {error.strerror}. Choose another --port, or "
                    "stop what uses it."
                ) from error
            time.sleep(0.5)
    raise AssertionError("unreachable")
