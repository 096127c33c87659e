import asyncio
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any, Callable


@dataclass(frozen=True)
class Job:
    name: str
    kind: str
    call: Callable
    args: tuple = ()


@dataclass(frozen=True)
class Outcome:
    name: str
    status: str
    value: Any = None
    error: Exception | None = None


async def run_jobs(jobs, *, max_io=10, max_cpu=2, timeout=None):
    jobs = list(jobs)
    if max_io < 1 or max_cpu < 1:
        raise ValueError("max_io and max_cpu must be positive")
    sem = asyncio.Semaphore(max_io)
    pool = ProcessPoolExecutor(max_cpu)
    loop = asyncio.get_running_loop()

    async def execute(job):
        if job.kind == "async":
            async with sem:
                return await asyncio.wait_for(job.call(*job.args), timeout)
        if job.kind == "blocking":
            async with sem:
                return await asyncio.wait_for(asyncio.to_thread(job.call, *job.args), timeout)
        return await asyncio.wait_for(loop.run_in_executor(pool, job.call, *job.args), timeout)

    async def run_one(job):
        try:
            return Outcome(job.name, "done", await execute(job))
        except asyncio.TimeoutError:
            return Outcome(job.name, "timed out")
        except Exception as e:
            return Outcome(job.name, "failed", error=e)

    results = await asyncio.gather(*[run_one(job) for job in jobs])
    pool.shutdown(wait=False)
    return results
