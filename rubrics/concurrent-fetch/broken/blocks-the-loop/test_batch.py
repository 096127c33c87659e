"""Tests of run_jobs: events instead of sleeping wherever one job can tell another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest

import work
from batch import Job, Outcome, run_jobs

PATIENCE = 10.0


def run(jobs: Iterable[Job], **options: Any) -> list[Outcome]:
    return asyncio.run(run_jobs(jobs, **options))


async def answer(value: object) -> object:
    return value


async def fail(error: Exception) -> None:
    raise error


async def hang() -> None:
    await asyncio.Event().wait()


class Gate:
    """Async calls that wait until `size` of them are at the gate, or until nothing has moved for a while."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.waiting = 0
        self.most = 0

    async def enter(self) -> None:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        for _ in range(50):
            await asyncio.sleep(0)
        self.waiting -= 1


def test_values_of_all_kinds_in_order() -> None:
    outcomes = run(
        [
            Job("half", "cpu", work.divide, (1, 2)),
            Job("read", "blocking", str.upper, ("text",)),
            Job("fetch", "async", answer, ("page",)),
        ]
    )
    assert outcomes == [
        Outcome("half", "done", 0.5),
        Outcome("read", "done", "TEXT"),
        Outcome("fetch", "done", "page"),
    ]


def test_order_is_that_of_the_jobs_not_of_finishing() -> None:
    async def scenario() -> list[Outcome]:
        second_is_done = asyncio.Event()

        async def first() -> str:
            await asyncio.wait_for(second_is_done.wait(), PATIENCE)
            return "first"

        async def second() -> str:
            second_is_done.set()
            return "second"

        return await run_jobs([Job("a", "async", first), Job("b", "async", second)])

    assert [outcome.value for outcome in asyncio.run(scenario())] == ["first", "second"]


@pytest.mark.parametrize(
    ("job", "error"),
    [
        (Job("bad", "async", fail, (KeyError("page"),)), KeyError),
        (Job("bad", "blocking", int, ("x",)), ValueError),
        (Job("bad", "cpu", work.divide, (1, 0)), ZeroDivisionError),
        (Job("bad", "cpu", work.crash), Exception),
    ],
    ids=["async", "blocking", "cpu", "crash"],
)
def test_error_is_kept_and_costs_no_other_job(job: Job, error: type[Exception]) -> None:
    failed, fine = run([job, Job("fine", "cpu", work.divide, (4, 2))])
    assert (failed.status, fine.value) == ("failed", 2)
    assert isinstance(failed.error, error)


def test_computations_leave_this_process_and_blocking_calls_do_not() -> None:
    outcomes = run([Job("cpu", "cpu", work.process_id), Job("read", "blocking", work.process_id)])
    assert [outcome.value == work.process_id() for outcome in outcomes] == [False, True]


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_than_the_limit_and_no_fewer(limit: int) -> None:
    gate = Gate(limit)
    run([Job("fetch", "async", gate.enter) for _ in range(7)], max_io=limit)
    assert gate.most == limit


def test_computations_at_the_same_time() -> None:
    spans = [outcome.value for outcome in run([Job("stint", "cpu", work.stint, (0.1,)) for _ in range(3)])]
    at_once = [sum(began <= moment < ended for began, ended in spans) for moment, _ in spans]
    assert max(at_once) <= 2


@pytest.mark.parametrize(
    ("kind", "call", "args"), [("async", hang, ()), ("cpu", work.stint, (60.0,))], ids=["async", "cpu"]
)
def test_stuck_job_is_given_up_and_its_place_is_free(
    kind: Any, call: Callable[..., Any], args: tuple[Any, ...]
) -> None:
    start = time.monotonic()
    stuck, following = run(
        [Job("stuck", kind, call, args), Job("next", kind, *_quick(kind))], max_io=1, max_cpu=1, timeout=2.0
    )
    assert (stuck, following.status) == (Outcome("stuck", "timed out"), "done")
    assert time.monotonic() - start < PATIENCE


def _quick(kind: str) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    return (answer, (1,)) if kind == "async" else (work.divide, (1, 1))


def test_waiting_for_a_turn_does_not_count() -> None:
    jobs = [Job("stint", "cpu", work.stint, (0.6,)) for _ in range(4)]
    assert {outcome.status for outcome in run(jobs, max_cpu=1, timeout=2.0)} == {"done"}


def test_timeout_error_of_the_job_is_a_failure() -> None:
    (outcome,) = run([Job("fetch", "async", fail, (TimeoutError("no answer"),))], timeout=PATIENCE)
    assert (outcome.status, str(outcome.error)) == ("failed", "no answer")


def test_cancelling_cancels_what_runs_and_starts_nothing() -> None:
    started: list[str] = []

    async def scenario() -> None:
        running = asyncio.Event()

        async def fetch() -> None:
            started.append("fetch")
            running.set()
            await hang()

        task = asyncio.create_task(run_jobs([Job("fetch", "async", fetch) for _ in range(3)], max_io=1))
        await asyncio.wait_for(running.wait(), PATIENCE)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(scenario())
    assert started == ["fetch"]


@pytest.mark.parametrize("options", [{"max_io": 0}, {"max_cpu": 0}, {"timeout": 0}])
def test_wrong_limits_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        run([], **options)


def test_unknown_kind_is_refused() -> None:
    unknown: Any = "fax"
    with pytest.raises(ValueError, match="fax"):
        run([Job("odd", unknown, int)])
