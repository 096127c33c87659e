import asyncio
import threading

import pytest

import work
from batch import Job, run_jobs


def run(*jobs, **options):
    return asyncio.run(run_jobs(jobs, **options))


async def say(text):
    return text


async def never():
    await asyncio.Event().wait()


def test_order():
    async def late():
        for _ in range(20):
            await asyncio.sleep(0)
        return "late"

    assert [outcome.value for outcome in run(Job("a", "async", late), Job("b", "async", say, ("early",)))] == [
        "late",
        "early",
    ]


def test_all_kinds():
    jobs = [
        Job("a", "cpu", work.divide, (9, 3)),
        Job("b", "blocking", len, ("four",)),
        Job("c", "async", say, ("hello",)),
    ]
    assert [outcome.value for outcome in run(*jobs)] == [3, 4, "hello"]


def test_errors_stay_with_their_job():
    bad, good = run(Job("bad", "cpu", work.divide, (1, 0)), Job("good", "cpu", work.divide, (1, 1)))
    assert bad.status == "failed"
    assert isinstance(bad.error, ZeroDivisionError)
    assert good.value == 1


def test_computing_happens_elsewhere():
    (outcome,) = run(Job("who", "cpu", work.process_id))
    assert outcome.value != work.process_id()


def test_blocking_call_leaves_the_loop_free():
    flag = threading.Event()

    async def set_flag():
        flag.set()

    blocked, _ = run(Job("a", "blocking", flag.wait, (5,)), Job("b", "async", set_flag))
    assert blocked.value is True


def test_limit():
    now, most = 0, 0

    async def count():
        nonlocal now, most
        now += 1
        most = max(most, now)
        for _ in range(10):
            await asyncio.sleep(0)
        now -= 1

    run(*(Job("count", "async", count) for _ in range(9)), max_io=3)
    assert most == 3


def test_stuck_jobs_time_out_and_make_room():
    stuck, following = run(
        Job("stuck", "async", never), Job("next", "async", say, ("ok",)), max_io=1, timeout=0.2
    )
    assert (stuck.status, following.value) == ("timed out", "ok")


def test_time_in_the_queue_is_free():
    jobs = [Job("stint", "cpu", work.stint, (0.3,)) for _ in range(4)]
    assert [outcome.status for outcome in run(*jobs, max_cpu=1, timeout=1)] == ["done"] * 4


@pytest.mark.parametrize("options", [{"max_io": 0}, {"max_cpu": -1}, {"timeout": 0}])
def test_bad_limits(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        run(**options)
