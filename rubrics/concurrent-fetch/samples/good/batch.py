"""Runs jobs of three kinds together, each with the tool that suits it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
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


class Runner:
    """Holds the places for one batch."""

    def __init__(self, max_io: int, max_cpu: int, timeout: float | None) -> None:
        self._io = asyncio.Semaphore(max_io)
        self._cpu = asyncio.Semaphore(max_cpu)
        self._timeout = timeout

    async def outcome(self, job: Job) -> Outcome:
        """Run one job as soon as there is a place for it."""
        async with self._cpu if job.kind == "cpu" else self._io:
            timer = asyncio.timeout(self._timeout)
            try:
                async with timer:
                    return Outcome(job.name, "done", await self._run(job))
            except Exception as error:
                if timer.expired():
                    return Outcome(job.name, "timed out")
                return Outcome(job.name, "failed", error=error)

    async def _run(self, job: Job) -> Any:
        if job.kind == "async":
            return await job.call(*job.args)
        loop = asyncio.get_running_loop()
        if job.kind == "blocking":
            threads = ThreadPoolExecutor(1)
            try:
                return await loop.run_in_executor(threads, job.call, *job.args)
            finally:
                threads.shutdown(wait=False)
        processes = ProcessPoolExecutor(1)
        try:
            return await loop.run_in_executor(processes, job.call, *job.args)
        finally:
            for process in list((processes._processes or {}).values()):
                process.kill()
            processes.shutdown(wait=False)


async def run_jobs(
    jobs: Iterable[Job], *, max_io: int = 10, max_cpu: int = 2, timeout: float | None = None
) -> list[Outcome]:
    """Run the jobs and give their outcomes, in the order of the jobs.

    Raises:
        ValueError: an argument that makes no sense.
    """
    jobs = list(jobs)
    for name, limit in (("max_io", max_io), ("max_cpu", max_cpu)):
        if limit < 1:
            raise ValueError(f"{name} is {limit}, but must be at least 1")
    if timeout is not None and timeout <= 0:
        raise ValueError(f"timeout is {timeout}, but must be above 0")
    for job in jobs:
        if job.kind not in {"async", "blocking", "cpu"}:
            raise ValueError(f"{job.name}: there is no kind {job.kind!r}")
    runner = Runner(max_io, max_cpu, timeout)
    return await asyncio.gather(*(runner.outcome(job) for job in jobs))
