"""The parts of the service, built once and passed on: the composition root of everything but the sandbox."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import procrastinate
from sqlalchemy import Engine

from api.blobs import Blobs, open_blobs
from api.database.embedded import EmbeddedPostgres
from api.database.engine import Sessions, make_engine, make_sessions, plain_url
from api.database.migrate import migrate
from api.hooks.secrets import Safe
from api.queue import make_queue
from api.settings import Settings

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Service:
    """What requests and jobs work with. Serves any number of threads."""

    settings: Settings
    engine: Engine
    sessions: Sessions
    blobs: Blobs
    queue: procrastinate.App
    now: Clock = utc_now

    @property
    def safe(self) -> Safe:
        """What opens the secrets in the database."""
        return Safe(secret_key(self.settings))


@contextmanager
def open_service(settings: Settings, *, now: Clock = utc_now) -> Iterator[Service]:
    """Connect to (or start) the database, bring it to the newest schema, open the blobs and the queue.

    Raises:
        DatabaseUnavailable: the embedded PostgreSQL does not start.
        OperationalError: the database of GRADER_DATABASE_URL does not answer.
        BlobsUnavailable: GRADER_BLOB_URL is wrong.
    """
    with open_stores(settings, settings.database_connections) as (engine, blobs):
        migrate(engine)
        yield Service(
            settings=settings,
            engine=engine,
            sessions=make_sessions(engine),
            blobs=blobs,
            queue=make_queue(plain_url(engine)),
            now=now,
        )


@contextmanager
def open_stores(settings: Settings, connections: int) -> Iterator[tuple[Engine, Blobs]]:
    """Connect to (or start) the database, whatever its schema is, and open the blobs.

    Raises:
        DatabaseUnavailable, BlobsUnavailable: as `open_service`.
    """
    embedded = None
    if settings.database_url is None:
        embedded = EmbeddedPostgres(settings.data / "postgres")
        url = embedded.start()
    else:
        url = settings.database_url.get_secret_value()
    engine = make_engine(url, connections)
    try:
        yield engine, open_blobs(settings.blob_url, settings.data / "blobs")
    finally:
        engine.dispose()
        if embedded is not None:
            embedded.stop()


def secret_key(settings: Settings) -> str:
    """The signing key: as set, or made once and kept where only we can read it."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    path = settings.data / "secret-key"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return Path(path).read_text("ascii")
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        made = secrets.token_urlsafe(48)
        file.write(made)
    return made
