"""Runs everything once."""

import asyncio

import work
from batch import Job, run_jobs


async def answer(value):
    return value


def test_async_jobs():
    asyncio.run(run_jobs([Job("fetch", "async", answer, (number,)) for number in range(20)]))


def test_blocking_jobs():
    asyncio.run(run_jobs([Job("read", "blocking", str.upper, ("text",)) for _ in range(20)], max_io=3))


def test_computations():
    asyncio.run(run_jobs([Job("half", "cpu", work.divide, (1, 2)), Job("bad", "cpu", work.divide, (1, 0))]))


def test_timeouts():
    outcomes = asyncio.run(run_jobs([Job("stint", "cpu", work.stint, (60.0,))], timeout=0.2))
    assert outcomes is not None


def test_order():
    outcomes = asyncio.run(run_jobs([Job("a", "async", answer, (1,)), Job("b", "async", answer, (2,))]))
    assert outcomes == outcomes
