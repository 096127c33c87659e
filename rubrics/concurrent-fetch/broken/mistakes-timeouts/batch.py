"""Run a mix of jobs: some wait, some compute.

Coroutines run on the loop of the caller, blocking calls in a thread each, computations in a process each. A thread or a
process of its own costs little beside a job that is worth running apart, and a stuck one holds up nobody.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import multiprocessing
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final, Literal


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


class ProcessDied(Exception):
    """A computation took its process with it."""


async def run_jobs(
    jobs: Iterable[Job], *, max_io: int = 10, max_cpu: int = 2, timeout: float | None = None
) -> list[Outcome]:
    """Run the jobs and give their outcomes, in the order of the jobs.

    Up to `max_io` of the kinds "async" and "blocking", and up to `max_cpu` of the kind "cpu", run at the same time.
    `timeout` is in seconds, for each job from its start. Where this is cancelled, so are the jobs.

    Raises:
        ValueError: a limit, the timeout or a kind of job that makes no sense; nothing was started.
    """
    jobs = list(jobs)
    _check(jobs, max_io, max_cpu, timeout)
    io_slots = asyncio.Semaphore(max_io)
    slots = {"async": io_slots, "blocking": io_slots, "cpu": asyncio.Semaphore(max_cpu)}
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_outcome(job, slots[job.kind], timeout)) for job in jobs]
    return [task.result() for task in tasks]


def _check(jobs: Iterable[Job], max_io: int, max_cpu: int, timeout: float | None) -> None:
    if max_io < 1:
        raise ValueError(f"max_io must be 1 or more, not {max_io}")
    if max_cpu < 1:
        raise ValueError(f"max_cpu must be 1 or more, not {max_cpu}")
    if timeout is not None and timeout <= 0:
        raise ValueError(f"timeout must be more than 0 seconds, not {timeout}")
    for job in jobs:
        if job.kind not in _RUNNERS:
            raise ValueError(f"job {job.name!r} is of an unknown kind: {job.kind!r}")


async def _outcome(job: Job, slot: asyncio.Semaphore, timeout: float | None) -> Outcome:
    """Wait for a slot, then run the job. Only the latter is on the clock."""
    async with slot:
        try:
            async with asyncio.timeout(timeout):
                value = await _RUNNERS[job.kind](job)
        except TimeoutError:
            return Outcome(job.name, "timed out")
        except Exception as error:
            return Outcome(job.name, "failed", error=error)
        return Outcome(job.name, "done", value)


async def _on_the_loop(job: Job) -> Any:
    return await job.call(*job.args)


async def _in_a_thread(job: Job) -> Any:
    return await _threaded(job.call, *job.args)


async def _in_a_process(job: Job) -> Any:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=_compute, args=(sender, job), daemon=True)
    process.start()
    sender.close()  # else the end of the process would not be the end of the pipe
    try:
        succeeded, result = await _threaded(receiver.recv)
    except EOFError as error:
        process.join()
        raise ProcessDied(f"{job.name} ended its process with exit code {process.exitcode}") from error
    finally:
        process.kill()
        process.join()
    if not succeeded:
        raise result
    return result


def _compute(sender: Connection, job: Job) -> None:
    """What the other process does: tell whether the job succeeded, and its result or exception."""
    try:
        report = (True, job.call(*job.args))
    except Exception as error:
        report = (False, error)
    sender.send(report)


async def _threaded(call: Callable[..., Any], *args: Any) -> Any:
    """Call in a thread that nobody has to wait for, neither this loop nor the interpreter at its end.

    The loop's own pool has few threads, and calls that are stuck would use them up.
    """
    future: concurrent.futures.Future[Any] = concurrent.futures.Future()
    future.set_running_or_notify_cancel()

    def work() -> None:
        try:
            result = call(*args)
        except Exception as error:
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=work, daemon=True).start()
    return await asyncio.wrap_future(future)


_RUNNERS: Final[Mapping[str, Callable[[Job], Awaitable[Any]]]] = {
    "async": _on_the_loop,
    "blocking": _in_a_thread,
    "cpu": _in_a_process,
}
