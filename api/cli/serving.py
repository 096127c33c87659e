"""What the commands of the service do. Loaded only by them: the other commands start without database and HTTP.

The halves of the service are loaded by the processes that are one: the supervisor serves no pages, a worker neither.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from sqlalchemy.exc import OperationalError

from api.backup import BackupFailed
from api.backup import backup as write_backup
from api.backup import restore as read_backup
from api.blobs import BlobsUnavailable
from api.cli.failures import OurFailure, WrongUsage, error_console, told
from api.database.embedded import DatabaseUnavailable
from api.logs import set_up_logs
from api.service import Service, open_service, open_stores
from api.settings import BadSettings, Settings, read_settings
from api.supervisor import API_DRAIN_SECONDS, CannotServe, Supervisor

CONNECTIONS = 2
"""To the database, of a back-up or a restore."""


@contextmanager
def service_told() -> Iterator[None]:
    """As `told`, with what can be wrong about the service."""
    with told():
        try:
            yield
        except (BadSettings, CannotServe) as error:
            raise WrongUsage(str(error)) from error
        except (DatabaseUnavailable, BlobsUnavailable, BackupFailed) as error:
            raise OurFailure(str(error)) from error
        except OperationalError as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise OurFailure(
                f"The database does not answer: {reason}. GRADER_DATABASE_URL names it."
            ) from error


def settings_of(**given: Any) -> Settings:
    """The settings, where options that were given win over variables.

    Raises:
        BadSettings: they cannot be used.
    """
    settings = read_settings(**{name: value for name, value in given.items() if value is not None})
    set_up_logs(settings.log_format, settings.log_level)
    return settings


def service_of(**given: Any) -> Settings:
    """The settings of a service that is there: else an empty one would be made beside it, and work on in silence.

    Raises:
        BadSettings: they cannot be used.
        WrongUsage: no service has its data there.
    """
    settings = settings_of(**given)
    if settings.database_url is None and not (settings.data / "postgres").exists():
        raise WrongUsage(
            f"No service has its data in {settings.data}. Name the folder that `grader serve` prints, with --data or "
            "GRADER_DATA."
        )
    return settings


def serve(**given: Any) -> None:
    """Run everything until a signal."""
    settings = settings_of(**given)
    loopback = settings.host in {"127.0.0.1", "localhost", "::1"}
    if "base_url" not in settings.model_fields_set and not loopback:
        raise WrongUsage(
            f"Links need the address that people use, and that is not {settings.host}: set "
            "GRADER_BASE_URL=https://grader.example.com."
        )
    supervisor = Supervisor(settings)

    def end(*_: object) -> None:
        if supervisor.over.is_set():
            supervisor.hurry.set()
        else:
            supervisor.over.set()
            error_console().print("stopping: what is under way is finished first; once more stops at once")

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, end)
    error_console().print("starting: database, pages and a worker")
    try:
        supervisor.start()
        if not supervisor.over.is_set():
            _greet(supervisor)
        supervisor.watch()
    finally:
        supervisor.stop()


def api(listener: int | None, *, supervised: bool, **given: Any) -> None:
    """Run the API until a signal."""
    import uvicorn

    from api.http.app import create_app

    settings = settings_of(**given)
    if supervised:
        _end_with_parent(lambda: os.kill(os.getpid(), signal.SIGTERM))
    with _opened(settings) as service:
        config = uvicorn.Config(
            create_app(service),
            host=settings.host,
            port=settings.port,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            forwarded_allow_ips=settings.proxies,
            timeout_graceful_shutdown=API_DRAIN_SECONDS,
        )
        sockets = [socket.socket(fileno=listener)] if listener is not None else None
        uvicorn.Server(config).run(sockets=sockets)


def worker(*, supervised: bool) -> None:
    """Run a worker until a signal."""
    from api.shift import Stop, run_worker

    settings = settings_of()
    stop = Stop(settings.drain_seconds)
    stop.listen()
    if supervised:
        _end_with_parent(stop.ask)
    with _opened(settings) as service:
        run_worker(service, stop)


def backup(file: Path, **given: Any) -> None:
    """Write a back-up."""
    with open_stores(service_of(**given), CONNECTIONS) as (engine, blobs):
        contents = write_backup(engine, blobs, file.resolve())
    Console(highlight=False).print(f"{file}: the database and {_stored(contents.blobs)}.", soft_wrap=True)
    if contents.missing:
        raise OurFailure(
            f"{len(contents.missing)} files that the database names are not in the store, and so not in the back-up: "
            + ", ".join(contents.missing[:5])
        )


def restore(file: Path, **given: Any) -> None:
    """Read a back-up."""
    with open_stores(settings_of(**given), CONNECTIONS) as (engine, blobs):
        contents = read_backup(engine, blobs, file)
    said = f"Restored what was backed up at {contents.made_at}: the database and {_stored(contents.blobs)}."
    Console(highlight=False).print(said, soft_wrap=True)


def _stored(count: int) -> str:
    return f"{count} stored file{'' if count == 1 else 's'}"


@contextmanager
def _opened(settings: Settings) -> Iterator[Service]:
    if settings.database_url is None:
        raise WrongUsage(
            "GRADER_DATABASE_URL is not set: it names the PostgreSQL that API and workers share. On one machine "
            "`grader serve` runs everything, with a PostgreSQL of its own."
        )
    with open_service(settings) as service:
        yield service


def _end_with_parent(end: Callable[[], object]) -> None:
    """Call `end` when our standard input does: the supervisor holds its other side, and has died."""

    def wait() -> None:
        while os.read(0, 1024):  # sys.stdin is locked while it is read, and Python does not end then
            pass
        end()

    threading.Thread(target=wait, name="parent", daemon=True).start()


def _greet(supervisor: Supervisor) -> None:
    console = Console(highlight=False)
    console.print(f"The service runs at {supervisor.address}", soft_wrap=True)
    console.print(f"Its data is in {supervisor.settings.data}", soft_wrap=True)
    if supervisor.entry:
        console.print(
            "No administrator has a password yet. Open this link once to set the first one's:", soft_wrap=True
        )
        console.print(f"  {supervisor.entry}", soft_wrap=True)
    console.print("Ctrl-C stops it.")
