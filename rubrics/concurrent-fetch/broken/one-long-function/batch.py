"""Run a mix of jobs: some wait, some compute.

Coroutines run on the loop of the caller, blocking calls in a thread each, computations in a process each. A thread or a
process of its own costs little beside a job that is worth running apart, and a stuck one holds up nobody.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import multiprocessing
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Literal


@dataclass(frozen=True)
class Job:
    """One thing to do: `call(*args)`."""

    name: str
    kind: Literal["async", "blocking", "cpu"]
    call: Callable[..., Any]
    args: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What became of a job."""

    name: str
    status: Literal["done", "failed", "timed out"]
    value: Any = None
    error: Exception | None = None


async def run_jobs(
    jobs: Iterable[Job], *, max_io: int = 10, max_cpu: int = 2, timeout: float | None = None
) -> list[Outcome]:
    """Run the jobs and give their outcomes, in the order of the jobs."""
    jobs = list(jobs)
    if max_io < 1:
        raise ValueError(f"max_io must be 1 or more, not {max_io}")
    if max_cpu < 1:
        raise ValueError(f"max_cpu must be 1 or more, not {max_cpu}")
    if timeout is not None and timeout <= 0:
        raise ValueError(f"timeout must be more than 0 seconds, not {timeout}")
    for job in jobs:
        if job.kind not in ("async", "blocking", "cpu"):
            raise ValueError(f"job {job.name!r} is of an unknown kind: {job.kind!r}")
    io_slots, cpu_slots = asyncio.Semaphore(max_io), asyncio.Semaphore(max_cpu)

    async def run_one(job: Job) -> Outcome:
        async with cpu_slots if job.kind == "cpu" else io_slots:
            process = None
            try:
                async with asyncio.timeout(timeout) as clock:
                    if job.kind == "async":
                        return Outcome(job.name, "done", await job.call(*job.args))
                    future: concurrent.futures.Future[Any] = concurrent.futures.Future()
                    future.set_running_or_notify_cancel()
                    receiver = None
                    if job.kind == "cpu":
                        receiver, sender = multiprocessing.Pipe(duplex=False)
                        process = multiprocessing.Process(target=_compute, args=(sender, job), daemon=True)
                        process.start()
                        sender.close()

                    def in_thread() -> None:
                        try:
                            if receiver is None:
                                future.set_result(job.call(*job.args))
                            else:
                                succeeded, result = receiver.recv()
                                if succeeded:
                                    future.set_result(result)
                                else:
                                    future.set_exception(result)
                        except Exception as error:
                            future.set_exception(error)

                    threading.Thread(target=in_thread, daemon=True).start()
                    return Outcome(job.name, "done", await asyncio.wrap_future(future))
            except Exception as error:
                if clock.expired():
                    return Outcome(job.name, "timed out")
                return Outcome(job.name, "failed", error=error)
            finally:
                if process is not None:
                    process.kill()
                    process.join()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(run_one(job)) for job in jobs]
    return [task.result() for task in tasks]


def _compute(sender: Connection, job: Job) -> None:
    """What the other process does: tell whether the job succeeded, and its result or exception."""
    try:
        report = (True, job.call(*job.args))
    except Exception as error:
        report = (False, error)
    sender.send(report)
