"""Run a mix of jobs: some wait, some compute. See the brief."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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


async def run_jobs(
    jobs: Iterable[Job], *, max_io: int = 10, max_cpu: int = 2, timeout: float | None = None
) -> list[Outcome]:
    """Run the jobs and give their outcomes, in the order of the jobs."""
    raise NotImplementedError
