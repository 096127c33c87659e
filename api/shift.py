"""Keeps a worker at work: through restarts of the database and of the Docker engine, until it is told to stop.

Two loops of the job engine run beside each other: one grades, the other does what needs no sandbox, so that a long
queue of submissions never keeps it from its turn. While the Docker engine is away only the second one runs: nothing is
claimed that could not be done.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import procrastinate
import psycopg
import structlog
from procrastinate import JobContext
from procrastinate.exceptions import ProcrastinateException
from procrastinate.worker import Worker
from sqlalchemy import text

from api.change_jobs import add_change_tasks
from api.database.engine import plain_url
from api.grading import Grading, open_grading
from api.metrics import Measures
from api.queue import GRADING_QUEUE, OFFICE_QUEUE, make_queue
from api.service import Service
from api.submissions.grading import DATABASE_FAILED, Examiner, TryAgain
from api.takehomes.shelf import Shelf
from api.telemetry import open_telemetry
from api.watching import WatchedExaminer, worker_metrics
from api.worker import DockerExaminer, add_tasks, worker_name
from sandbox.engine import connect
from sandbox.errors import EngineUnavailable, SandboxError
from sandbox.images.environments import ENVIRONMENTS
from sandbox.janitor import reap

log = structlog.get_logger()
logging.getLogger("psycopg.pool").setLevel(
    logging.ERROR
)  # it tells of each connection that fails; we tell once

OFFICE_JOBS: Final = 2
"""Jobs without sandbox at a time."""
SPARE_THREADS: Final = 4
"""For looking after the database and the engine while every job runs."""
PAUSE: Final = 2.0
"""Seconds before the database is asked again."""
ENGINE_PAUSE: Final = 10.0
"""Seconds between two looks at the Docker engine; at each, left-over containers are removed."""


class Shift:
    """One worker process at work."""

    def __init__(
        self,
        service: Service,
        prepare: Callable[[Service], procrastinate.App],
        tidy: Callable[[], object],
        knock: Callable[[], object],
        engine_pause: float = ENGINE_PAUSE,
    ) -> None:
        """`prepare` tells the service's queue what its jobs do; `tidy` looks after the Docker engine.

        `tidy` is called every `engine_pause` seconds, `knock` before each job that needs the engine. Both raise
        EngineUnavailable while it is away.
        """
        self._service = service
        self._prepare = prepare
        self._tidy = tidy
        self._knock = knock
        self._engine_pause = engine_pause
        self._workers: list[Worker] = []
        self._running: set[int] = set()
        self._engine_there = True
        self._concurrency = service.settings.grades_at_once or max(1, os.cpu_count() or 1)
        self.ending = asyncio.Event()

    def end(self) -> None:
        """Take no new job; `run` returns when those under way are done. From the event loop only."""
        self.ending.set()
        for worker in self._workers:
            worker.stop()

    async def run(self) -> None:
        """Do jobs until `end`."""
        threads = ThreadPoolExecutor(self._concurrency + OFFICE_JOBS + SPARE_THREADS)
        asyncio.get_running_loop().set_default_executor(threads)
        while not self.ending.is_set():
            try:
                await self._one_connection()
            except (psycopg.Error, ProcrastinateException, ExceptionGroup, OSError) as error:
                log.warning("the database does not answer, the worker waits for it", error=_first(error))
            if not self.ending.is_set():
                await self._pause(PAUSE)

    async def _one_connection(self) -> None:
        """As long as the database stays: when it goes, the engine's loops end, and new ones are made."""
        queue = make_queue(plain_url(self._service.engine), worker_name())
        self._prepare(replace(self._service, queue=queue))
        async with queue.open_async():
            watch = [asyncio.create_task(self._beat(queue)), asyncio.create_task(self._look_after_engine())]
            runs = [self._start(queue, OFFICE_QUEUE, OFFICE_JOBS)]
            try:
                while not (self.ending.is_set() or any(run.done() for run in runs)):
                    if self._engine_there and len(runs) == 1:
                        runs.append(self._start(queue, GRADING_QUEUE, self._concurrency))
                    await asyncio.wait(runs, timeout=1, return_when=asyncio.FIRST_COMPLETED)
                    if not self._engine_there and len(runs) == 2:
                        self._workers[1].stop()
                        await runs.pop()
                        self._workers.pop()
            finally:
                for worker in self._workers:
                    worker.stop()
                ends = await asyncio.gather(*runs, return_exceptions=True)
                for task in watch:
                    task.cancel()
                self._workers.clear()
            for end in ends:
                if isinstance(end, BaseException):
                    raise end

    def _start(self, queue: procrastinate.App, name: str, concurrency: int) -> asyncio.Task[None]:
        settings = self._service.settings
        worker = Worker(
            queue,
            queues=[name],
            name=worker_name(),
            concurrency=concurrency,
            delete_jobs="successful",
            install_signal_handlers=False,
            update_heartbeat_interval=settings.heartbeat_seconds,
            stalled_worker_timeout=settings.stalled_seconds,
            worker_middleware=[self._noted],
        )
        self._workers.append(worker)
        return asyncio.create_task(worker.run())

    async def _noted(self, call: Callable[[], Awaitable[Any]], context: JobContext, worker: Worker) -> Any:
        """Keep in mind which jobs run here. One that needs the engine begins only where that answers."""
        del worker
        assert context.job.id is not None
        self._running.add(context.job.id)
        try:
            if context.job.queue == GRADING_QUEUE:
                await self._engine_answers()
            return await call()
        finally:
            self._running.discard(context.job.id)

    async def _engine_answers(self) -> None:
        """Else a queue of hundreds would be begun, and fail, between two looks at the engine.

        Raises:
            TryAgain: it is away. The submission has not noticed anything: this uses up none of its tries.
        """
        try:
            await asyncio.to_thread(self._knock)
        except EngineUnavailable as error:
            self._engine_is(there=False, error=error)
            raise TryAgain("the Docker engine is away", self._service.settings.retry_seconds) from error

    async def _beat(self, queue: procrastinate.App) -> None:
        """Say that we live, also while we end; and give back jobs that are ours in the database but do not run here.

        A connection that dies at the wrong moment leaves such jobs: one was claimed and we did not hear of it, or one
        was done and the database did not hear. As our heart beats, nobody else would ever take them.
        """
        before: set[int] = set()
        while True:
            await asyncio.sleep(self._service.settings.heartbeat_seconds)
            try:
                for worker in self._workers:
                    if worker.worker_id is not None:
                        await queue.job_manager.update_heartbeat(worker.worker_id)
                lost = await asyncio.to_thread(self._claimed) - self._running
                for job in lost & before:  # seen twice: not one that is about to start or to end
                    log.warning("a job got lost on the way and is done again", job=job)
                    await queue.job_manager.retry_job_by_id_async(job, retry_at=datetime.now(UTC))
                before = lost
            except (*DATABASE_FAILED, ProcrastinateException) as error:
                log.warning("no sign of life could be given", error=_first(error))

    def _claimed(self) -> set[int]:
        mine = [worker.worker_id for worker in self._workers if worker.worker_id is not None]
        with self._service.sessions() as session:
            rows = session.execute(
                text("SELECT id FROM procrastinate_jobs WHERE status = 'doing' AND worker_id = ANY(:mine)"),
                {"mine": mine},
            )
            return set(rows.scalars())

    async def _look_after_engine(self) -> None:
        """Stop claiming gradings while the engine is away, and remove what it kept."""
        while True:
            await asyncio.sleep(self._engine_pause)
            try:
                await asyncio.to_thread(self._tidy)
            except EngineUnavailable as error:
                self._engine_is(there=False, error=error)
            else:
                self._engine_is(there=True)

    def _engine_is(self, *, there: bool, error: EngineUnavailable | None = None) -> None:
        if there and not self._engine_there:
            log.info("the Docker engine answers again")
        elif not there and self._engine_there:
            log.warning("no grading until the Docker engine answers again", error=str(error))
        self._engine_there = there

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self.ending.wait(), seconds)
        except TimeoutError:
            return


def run_worker(service: Service, stop: Stop) -> None:
    """Run a worker in the foreground until `stop` says so. Without a Docker engine it waits for one, and says so."""
    settings = service.settings
    measures, tracer = Measures(), open_telemetry(settings, "worker").tracer()
    while not stop.asked.is_set():
        try:
            with open_grading(
                tuple(ENVIRONMENTS),
                runtime=settings.runtime or None,
                warm=settings.warm,
                progress=lambda step: log.info("getting ready", step=step),
            ) as grading:
                examiner = WatchedExaminer(DockerExaminer(grading), measures, tracer)
                with worker_metrics(settings, measures, grading.sandbox.pool.levels):
                    asyncio.run(_until_stopped(_shift(service, grading, examiner), stop))
            with connect() as engine:
                reap(engine, own_after=0)  # what the engine made for us and did not tell
        except SandboxError as error:
            log.warning("no worker grades: submissions are taken and wait in the queue", error=str(error))
            stop.asked.wait(ENGINE_PAUSE)
    stop.done()


def _shift(service: Service, grading: Grading, examiner: Examiner) -> Shift:
    shelf = Shelf(service.blobs, service.settings.data / "takehomes")

    def prepare(connected: Service) -> procrastinate.App:
        add_change_tasks(connected, shelf, grading, examiner, worker_name())
        return add_tasks(connected, shelf, examiner)

    return Shift(service, prepare, grading.sandbox.tidy, grading.sandbox.knock)


async def _until_stopped(shift: Shift, stop: Stop) -> None:
    loop = asyncio.get_running_loop()
    stop.call(lambda: loop.call_soon_threadsafe(shift.end))
    log.info("the worker is ready")
    await shift.run()


class Stop:
    """SIGTERM and SIGINT: the first asks to end, a second one ends at once, and so does the time that runs out."""

    def __init__(self, seconds: float) -> None:
        """`seconds`: how long the end may take."""
        self.asked = threading.Event()
        self._done = threading.Event()
        self._seconds = seconds
        self._call: Callable[[], object] | None = None

    def listen(self) -> None:
        """Install the handlers; from the main thread."""
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: self.ask())

    def call(self, call: Callable[[], object]) -> None:
        """Have `call` called when the end is asked for; at once, when it was already."""
        self._call = call
        if self.asked.is_set():
            call()

    def ask(self) -> None:
        """Ask for the end; the second time there is no waiting."""
        if self.asked.is_set():
            _leave("stopped at once: what was under way is done again by another worker")
        self.asked.set()
        log.info("stopping: what is under way is finished first", seconds=self._seconds)
        threading.Thread(target=self._deadline, name="deadline", daemon=True).start()
        if self._call is not None:
            self._call()

    def done(self) -> None:
        """The end was reached: nothing is left that could take too long."""
        self._done.set()

    def _deadline(self) -> None:
        if not self._done.wait(self._seconds):
            _leave("did not finish in time: what was under way is done again by another worker")


def _leave(why: str) -> None:
    """End without any more ado. Containers end with the connection to us, and the next janitor removes them."""
    log.warning(why)
    os._exit(1)


def _first(error: BaseException) -> str:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"[:300]
