"""Watching submissions: one connection listens for what changes, and wakes whoever watches that submission.

PostgreSQL says that something changed (NOTIFY on `CHANNEL`), and the watcher reads what. While the connection is
lost, watchers look every few seconds instead; they do so from time to time anyway, because their place in the queue
changes without a word.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Final

import psycopg
import structlog
from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from psycopg import sql

from api.http.access import service_of
from api.problems import Busy
from api.service import Service
from api.submissions.grading import CHANNEL
from api.submissions.watching import Standing, standing

log = structlog.get_logger()

MOST_WATCHERS: Final = 200
"""At a time, in one process. Pages look again by themselves where there is no room."""
LOOK_SECONDS: Final = 10.0
"""A watcher reads after so long, even if nothing was said."""
LOOK_SECONDS_UNTOLD: Final = 3.0
"""The same while the listening connection is lost."""
RECONNECT_SECONDS: Final = 2.0
LONGEST_WATCH_SECONDS: Final = 600.0
"""A stream ends after this; browsers connect again by themselves."""


class Live:
    """The listener of one process and those who watch. Lives in the event loop; starts with the first watcher."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._waiting: dict[uuid.UUID, set[asyncio.Event]] = {}
        self._watchers = 0
        self._listener: asyncio.Task[None] | None = None
        self.listening = False
        """Whether the connection stands, so that changes are told."""

    @property
    def full(self) -> bool:
        """Whether there is no room for one more watcher."""
        return self._watchers >= MOST_WATCHERS

    async def watch(
        self, read: Callable[[], Standing], submission_id: uuid.UUID, longest: float = LONGEST_WATCH_SECONDS
    ) -> AsyncGenerator[Standing, None]:
        """Yield where a submission stands: at once, whenever that changes, and a final state last.

        `read` reads it, and may block. Close the iterator when done with it (`aclosing`), or it watches on.

        Raises:
            NotFound: what `read` raises, when the submission is not there.
        """
        changed = self._enter(submission_id)
        ends = time.monotonic() + longest
        try:
            last = None
            while time.monotonic() < ends:
                changed.clear()
                found = await run_in_threadpool(read)
                if found != last:
                    yield found
                if found.final:
                    return
                last = found
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS if self.listening else LOOK_SECONDS_UNTOLD):
                        await changed.wait()
        finally:
            self._leave(submission_id, changed)

    def _enter(self, submission_id: uuid.UUID) -> asyncio.Event:
        changed = asyncio.Event()
        self._watchers += 1
        self._waiting.setdefault(submission_id, set()).add(changed)
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen())
        return changed

    def _leave(self, submission_id: uuid.UUID, changed: asyncio.Event) -> None:
        self._watchers -= 1
        others = self._waiting[submission_id]
        others.discard(changed)
        if not others:
            del self._waiting[submission_id]
        if not self._waiting and self._listener is not None:
            self._listener.cancel()
            self._listener = None

    async def _listen(self) -> None:
        while True:
            try:
                await self._pass_on()
            except (psycopg.Error, OSError) as error:
                log.warning("listening broke off, looking instead", error=type(error).__name__)
            finally:
                self.listening = False
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _pass_on(self) -> None:
        """Wake watchers until the connection breaks."""
        async with await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=10
        ) as connection:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
            self.listening = True
            self._wake_all()  # what happened before we listened
            async for told in connection.notifies():
                with suppress(ValueError):
                    self._wake(uuid.UUID(told.payload))

    def _wake(self, submission_id: uuid.UUID) -> None:
        for changed in self._waiting.get(submission_id, ()):
            changed.set()

    def _wake_all(self) -> None:
        for submission_id in self._waiting:
            self._wake(submission_id)


def live_of(request: Request) -> Live:
    """The listener of the application.

    Raises:
        Busy: as many watch as we let.
    """
    live: Live = request.app.state.live
    if live.full:
        raise Busy(
            "Too many people watch at the moment. Reload the page to see how far it is.", retry_after=30
        )
    return live


def watch_submission(
    request: Request, submission_id: uuid.UUID, longest: float = LONGEST_WATCH_SECONDS
) -> AsyncGenerator[Standing, None]:
    """Where a submission stands, until it is done or `longest` seconds are over: for streams of events of any kind.

    Raises:
        Busy: as many watch as we let.
    """
    service = service_of(request)
    return live_of(request).watch(lambda: _read(service, submission_id), submission_id, longest)


def _read(service: Service, submission_id: uuid.UUID) -> Standing:
    with service.sessions.begin() as session:
        return standing(session, submission_id)
