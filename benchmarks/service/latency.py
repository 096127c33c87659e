"""From an upload to its report through queue and database, against the grading core alone, interleaved in one run."""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from api.audit.log import SYSTEM
from api.database.base import new_id
from api.database.engine import plain_url
from api.grading import Grading, open_grading
from api.queue import GRADING_QUEUE, make_queue
from api.service import Service
from api.submissions.receiving import Upload, receive_for_token
from api.submissions.states import UNDER_WAY, State
from api.submissions.tables import Submission
from api.takehomes.packing import pack
from api.takehomes.shelf import Shelf
from api.takehomes.tables import Takehome
from api.worker import DockerExaminer, add_tasks
from grader.takehome import find, shelf

POLL = 0.005
"""Seconds between two looks at the state: what the measurement adds at most."""


def latency(service: Service, rounds: int, console: Console) -> None:
    """Print both, and their ratio."""
    takehome = find("flatten", shelf())
    core: list[float] = []
    through: list[float] = []
    with open_grading((takehome.spec.environment,), warm=2) as grading:
        job = grading.job(takehome)
        grading.sandbox.warm_up(takehome.spec.environment, job.plan.limits, job.plan.suite)
        with _worker(service, grading):
            for measured in range(-1, rounds):
                grading.sandbox.pool.wait_filled()
                start = time.perf_counter()
                grading.grade_files(job, takehome.reference)
                alone = time.perf_counter() - start
                grading.sandbox.pool.wait_filled()
                whole = _upload_until_report(
                    service, pack({**takehome.reference, "round.txt": b"%d" % measured})
                )
                if measured >= 0:
                    core.append(alone)
                    through.append(whole)
    table = Table(title="flatten: upload until report, one at a time, interleaved", title_justify="left")
    for column in ("", "n", "p50 ms", "max ms", "p50 ratio"):
        table.add_column(column, justify="left" if not column else "right")
    ruler = statistics.median(core)
    for name, times in (("the grading core alone", core), ("through the service", through)):
        middle = statistics.median(times)
        table.add_row(
            name,
            str(len(times)),
            f"{middle * 1000:.0f}",
            f"{max(times) * 1000:.0f}",
            f"{middle / ruler:.2f}",
        )
    console.print(table)


def _upload_until_report(service: Service, data: bytes) -> float:
    start = time.perf_counter()
    with service.sessions.begin() as session:
        takehome = session.scalars(select(Takehome)).one()
        identity = receive_for_token(
            session,
            service.blobs,
            service.queue,
            service.settings.bounds,
            takehome,
            Upload("work.tar.gz", data, "api", label=str(new_id())),
            SYSTEM,
            service.now(),
        ).id
    while True:
        with service.sessions() as session:
            state = State(session.scalars(select(Submission.state).where(Submission.id == identity)).one())
        if state not in UNDER_WAY:
            break
        time.sleep(POLL)
    if state is not State.GRADED:
        raise SystemExit(f"the submission is {state}, not graded")
    return time.perf_counter() - start


@contextmanager
def _worker(service: Service, grading: Grading) -> Iterator[None]:
    """A worker in a thread, with a job engine of its own."""
    queue = make_queue(plain_url(service.engine))
    own = replace(service, queue=queue)
    add_tasks(own, Shelf(service.blobs, service.settings.data / "takehomes"), DockerExaminer(grading))
    loop = asyncio.new_event_loop()

    async def work() -> None:
        async with queue.open_async():
            await queue.run_worker_async(queues=[GRADING_QUEUE], concurrency=1, install_signal_handlers=False)

    task = loop.create_task(work())

    def run() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            return

    thread = threading.Thread(target=run, name="worker")
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()
