import asyncio

from batch import Job, run_jobs
from work import divide


async def hello():
    return "hello"


def test_simple():
    res = asyncio.run(run_jobs([Job("a", "async", hello), Job("b", "cpu", divide, (4, 2))]))
    assert res[0].value == "hello"
    assert res[1].value == 2


def test_error():
    res = asyncio.run(run_jobs([Job("b", "cpu", divide, (4, 0))]))
    assert res[0].status == "failed"
