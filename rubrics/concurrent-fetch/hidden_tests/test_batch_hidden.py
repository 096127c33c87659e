"""Hidden suite of the take-home `concurrent-fetch`. Every test checks a sentence of brief.md and nothing else.

What the jobs do happens on this side wherever that is possible, so counts and moments are ours. Jobs wait for each other
rather than for the clock; where one waits in vain, PATIENCE ends it. Bounds of time are many times what is needed.
"""

import asyncio
import threading
import time
from collections import Counter

import pytest
import work
from batch import Job, run_jobs

PATIENCE = 4.0
SETTLE = 0.05
"""Time for a job too many to show up."""


def run(jobs, **options):
    return asyncio.run(run_jobs(jobs, **options))


def by_name(outcomes):
    """Where names differ and the order is not what is looked at."""
    return {outcome.name: outcome for outcome in outcomes}


async def answer(value):
    return value


async def fail(error):
    raise error


async def hang():
    await asyncio.Event().wait()


async def until(is_so):
    """Wait for something that the jobs bring about."""
    end = time.monotonic() + PATIENCE
    while not is_so() and time.monotonic() < end:
        await asyncio.sleep(0.005)


class Crowd:
    """Calls that wait until `size` of them are under way, and then for a moment longer. Remembers the most."""

    def __init__(self, size):
        self.size = size
        self.running = 0
        self.most = 0
        self.lock = threading.Lock()
        self.complete = threading.Event()

    def enter(self):
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
            if self.running >= self.size:
                self.complete.set()

    def leave(self):
        with self.lock:
            self.running -= 1
        self.complete.set()  # whoever left in vain has shown that they will never be so many

    async def fetch(self):
        self.enter()
        await until(self.complete.is_set)
        await asyncio.sleep(SETTLE)
        self.leave()

    def read(self):
        self.enter()
        self.complete.wait(PATIENCE)
        time.sleep(SETTLE)
        self.leave()


# Results


@pytest.mark.criterion("results")
@pytest.mark.parametrize("kind", ["async", "blocking"])
def test_value_of_a_job(kind):
    async def add_later(left, right):
        return left + right

    call = add_later if kind == "async" else lambda left, right: left + right
    (outcome,) = run([Job("sum", kind, call, (3, 4))])
    assert (outcome.name, outcome.status, outcome.value, outcome.error) == ("sum", "done", 7, None)


@pytest.mark.criterion("results")
def test_value_of_a_computation():
    (outcome,) = run([Job("half", "cpu", work.divide, (7, 2))])
    assert (outcome.name, outcome.status, outcome.value, outcome.error) == ("half", "done", 3.5, None)


@pytest.mark.criterion("results")
def test_no_jobs_no_outcomes():
    assert run([]) == []


@pytest.mark.criterion("results")
def test_jobs_may_come_from_a_generator():
    outcomes = run(Job(f"job {number}", "async", answer, (number,)) for number in range(3))
    assert [outcome.value for outcome in outcomes] == [0, 1, 2]


@pytest.mark.criterion("results")
def test_nothing_is_a_value():
    (outcome,) = run([Job("nothing", "async", answer, (None,))])
    assert (outcome.status, outcome.value) == ("done", None)


@pytest.mark.criterion("results")
def test_outcomes_have_the_order_of_the_jobs():
    async def fetch(seconds):
        await asyncio.sleep(seconds)
        return seconds

    seconds = [0.15, 0.0, 0.1, 0.05]
    outcomes = run([Job("page", "async", fetch, (each,)) for each in seconds])
    assert [outcome.value for outcome in outcomes] == seconds


@pytest.mark.criterion("results")
def test_mixed_kinds_keep_their_order():
    jobs = [
        Job("compute", "cpu", work.divide, (1, 4)),
        Job("read", "blocking", lambda: "text"),
        Job("fetch", "async", answer, ("page",)),
    ]
    assert [(outcome.name, outcome.value) for outcome in run(jobs)] == [
        ("compute", 0.25),
        ("read", "text"),
        ("fetch", "page"),
    ]


@pytest.mark.criterion("results")
@pytest.mark.parametrize("kind", ["async", "blocking"])
def test_error_of_a_job_is_kept_and_costs_no_other(kind):
    def refuse():
        raise ConnectionError("refused by example.org")

    bad = Job("bad", "async", fail, (ConnectionError("refused by example.org"),))
    if kind == "blocking":
        bad = Job("bad", "blocking", refuse)
    outcomes = by_name(
        run([Job("before", "async", answer, (1,)), bad, Job("after", "async", answer, (2,))], max_io=1)
    )
    failed = outcomes["bad"]
    assert (outcomes["before"].value, outcomes["after"].value) == (1, 2)
    assert (failed.status, failed.value) == ("failed", None)
    assert isinstance(failed.error, ConnectionError)
    assert str(failed.error) == "refused by example.org"


@pytest.mark.criterion("results")
def test_error_of_a_computation_is_kept():
    outcomes = by_name(run([Job("bad", "cpu", work.divide, (1, 0)), Job("good", "cpu", work.divide, (1, 1))]))
    failed = outcomes["bad"]
    assert (failed.status, outcomes["good"].value) == ("failed", 1)
    assert isinstance(failed.error, ZeroDivisionError)


@pytest.mark.criterion("results")
def test_timeout_of_the_job_itself_is_a_failure():
    (outcome,) = run([Job("fetch", "async", fail, (TimeoutError("no answer"),))], timeout=30)
    assert outcome.status == "failed"
    assert isinstance(outcome.error, TimeoutError)
    assert str(outcome.error) == "no answer"


# The right tool


@pytest.mark.criterion("tools")
def test_computations_run_in_other_processes():
    own = work.process_id()
    outcomes = run([Job("who", "cpu", work.process_id) for _ in range(3)])
    assert [outcome.status for outcome in outcomes] == ["done"] * 3
    assert own not in [outcome.value for outcome in outcomes]


@pytest.mark.criterion("tools")
def test_blocking_calls_stay_in_the_process():
    (outcome,) = run([Job("who", "blocking", work.process_id)])
    assert outcome.value == work.process_id()


@pytest.mark.criterion("tools")
def test_blocking_call_does_not_hold_up_the_loop():
    fetched = threading.Event()

    async def fetch():
        fetched.set()

    outcomes = run([Job("read", "blocking", lambda: fetched.wait(PATIENCE)), Job("fetch", "async", fetch)])
    assert by_name(outcomes)["read"].value is True


@pytest.mark.criterion("tools")
def test_computation_does_not_hold_up_the_loop():
    async def fetch():
        return time.monotonic()

    jobs = [Job("first", "cpu", work.stint, (0.3,)), Job("last", "cpu", work.stint, (0.3,))]
    outcomes = by_name(run([*jobs, Job("fetch", "async", fetch)], max_cpu=1))
    assert outcomes["fetch"].value < max(outcomes["first"].value[1], outcomes["last"].value[1])


@pytest.mark.criterion("tools")
def test_many_blocking_calls_at_once():
    crowd = Crowd(36)
    outcomes = run([Job("read", "blocking", crowd.read) for _ in range(36)], max_io=36)
    assert [outcome.status for outcome in outcomes] == ["done"] * 36
    assert crowd.most == 36


# Limits


@pytest.mark.criterion("limits")
@pytest.mark.parametrize("limit", [1, 4])
def test_async_jobs_at_once(limit):
    crowd = Crowd(limit)
    run([Job("fetch", "async", crowd.fetch) for _ in range(limit * 2 + 1)], max_io=limit)
    assert crowd.most == limit


@pytest.mark.criterion("limits")
def test_ten_at_once_by_default():
    crowd = Crowd(10)
    run([Job("fetch", "async", crowd.fetch) for _ in range(14)])
    assert crowd.most == 10


@pytest.mark.criterion("limits")
def test_async_and_blocking_jobs_share_one_limit():
    crowd = Crowd(4)
    jobs = [
        Job("fetch", "async", crowd.fetch) if number % 2 else Job("read", "blocking", crowd.read)
        for number in range(10)
    ]
    run(jobs, max_io=4)
    assert crowd.most <= 4


@pytest.mark.criterion("limits")
def test_two_computations_at_once_by_default():
    outcomes = run([Job("stint", "cpu", work.stint, (0.6,)) for _ in range(4)])
    spans = [outcome.value for outcome in outcomes]
    at_once = [sum(began <= moment < ended for began, ended in spans) for moment, _ in spans]
    assert max(at_once) == 2


@pytest.mark.criterion("limits")
def test_one_computation_at_a_time():
    outcomes = run([Job("stint", "cpu", work.stint, (0.05,)) for _ in range(3)], max_cpu=1)
    spans = sorted(outcome.value for outcome in outcomes)
    assert all(earlier[1] <= later[0] for earlier, later in zip(spans, spans[1:], strict=False))


@pytest.mark.criterion("limits")
def test_computations_do_not_count_as_io():
    crowd = Crowd(2)
    jobs = [Job("stint", "cpu", work.stint, (0.3,)), *(Job("fetch", "async", crowd.fetch) for _ in range(2))]
    run(jobs, max_io=2, max_cpu=1)
    assert crowd.most == 2


@pytest.mark.criterion("limits")
def test_next_job_starts_as_soon_as_one_ends():
    order = []
    last = asyncio.Event()

    async def slow():
        order.append("slow")
        await asyncio.wait_for(last.wait(), PATIENCE)

    async def quick(number):
        order.append(number)
        if number == 3:
            last.set()

    jobs = [Job("slow", "async", slow), *(Job("quick", "async", quick, (number,)) for number in range(4))]
    outcomes = run(jobs, max_io=2)
    assert [outcome.status for outcome in outcomes] == ["done"] * 5
    assert order[0] == "slow"


# Time-outs


@pytest.mark.criterion("timeouts")
def test_async_job_that_takes_too_long_is_cancelled():
    seen = []

    async def wait_for_ever():
        try:
            await hang()
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    async def scenario():
        outcomes = await run_jobs(
            [Job("slow", "async", wait_for_ever), Job("quick", "async", answer, (1,))], timeout=1.0
        )
        await asyncio.sleep(SETTLE)
        return outcomes

    outcomes = by_name(asyncio.run(scenario()))
    assert (outcomes["slow"].status, outcomes["slow"].value, outcomes["quick"].status) == ("timed out", None, "done")
    assert seen == ["cancelled"]


@pytest.mark.criterion("timeouts")
def test_waiting_for_a_turn_is_not_counted():
    async def fetch():
        await asyncio.sleep(0.4)

    outcomes = run([Job("fetch", "async", fetch) for _ in range(6)], max_io=1, timeout=2.0)
    assert Counter(outcome.status for outcome in outcomes) == {"done": 6}


@pytest.mark.criterion("timeouts")
def test_no_timeout_by_default():
    async def fetch():
        await asyncio.sleep(0.2)
        return "late"

    assert run([Job("fetch", "async", fetch)])[0].value == "late"


@pytest.mark.criterion("timeouts")
def test_blocking_call_that_takes_too_long_is_not_waited_for_and_frees_its_place():
    release = threading.Event()

    async def scenario():
        start = time.monotonic()
        outcomes = await run_jobs(
            [Job("stuck", "blocking", release.wait, (2 * PATIENCE,)), Job("next", "blocking", lambda: "done")],
            max_io=1,
            timeout=1.5,
        )
        took = time.monotonic() - start
        release.set()
        return outcomes, took

    outcomes, took = asyncio.run(scenario())
    assert (by_name(outcomes)["stuck"].status, by_name(outcomes)["next"].value) == ("timed out", "done")
    assert took < PATIENCE


@pytest.mark.criterion("timeouts")
def test_computation_that_takes_too_long_is_not_waited_for_and_frees_its_place():
    start = time.monotonic()
    jobs = [Job("stuck", "cpu", work.stint, (4 * PATIENCE,)), Job("next", "cpu", work.divide, (1, 2))]
    outcomes = by_name(run(jobs, max_cpu=1, timeout=3.0))
    assert (outcomes["stuck"].status, outcomes["next"].value) == ("timed out", 0.5)
    assert time.monotonic() - start < 3 * PATIENCE


# Cancellation


@pytest.mark.criterion("cancellation")
def test_cancelling_cancels_running_jobs_and_starts_no_others():
    seen = Counter()

    async def fetch():
        seen["started"] += 1
        try:
            await hang()
        except asyncio.CancelledError:
            seen["cancelled"] += 1
            raise

    async def scenario():
        task = asyncio.ensure_future(run_jobs([Job("fetch", "async", fetch) for _ in range(5)], max_io=2))
        await until(lambda: seen["started"] >= 2 or task.done())
        await asyncio.sleep(SETTLE)
        running = seen["started"]
        task.cancel()
        await asyncio.wait({task}, timeout=PATIENCE)
        await asyncio.sleep(SETTLE)
        return task.cancelled(), running, dict(seen)

    cancelled, running, seen_then = asyncio.run(scenario())
    assert cancelled
    assert seen_then == {"started": running, "cancelled": running}


# Programs of their own: what would end the process that all other tests share, and what must end by itself


def told_by(run, program):
    """What a program in the candidate's container prints; it has to end by itself."""
    result = run(["python", "program.py"], files={"program.py": program}, seconds=4 * PATIENCE)
    assert (result.timed_out, result.exit_code) == (False, 0), result.stderr
    return result.stdout


CRASHES = """
import asyncio
from batch import Job, run_jobs
from work import crash, divide

if __name__ == "__main__":
    jobs = [Job("crash", "cpu", crash), *(Job("fine", "cpu", divide, (6, 3)) for _ in range(3))]
    for outcome in asyncio.run(run_jobs(jobs, max_cpu=2)):
        print(outcome.name, outcome.status, outcome.value)
"""


@pytest.mark.criterion("results")
def test_crash_of_a_process_costs_no_other_job(run):
    lines = told_by(run, CRASHES).splitlines()
    assert sorted(lines) == ["crash failed None", *["fine done 2.0"] * 3]


BLOCKED = """
import asyncio, os, time
from batch import Job, run_jobs

async def main():
    task = asyncio.ensure_future(run_jobs([Job("stuck", "blocking", time.sleep, (60,))]))
    await asyncio.sleep(0.2)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled", flush=True)
    os._exit(0)

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.criterion("cancellation")
def test_cancelling_does_not_wait_for_a_blocking_call(run):
    assert told_by(run, BLOCKED) == "cancelled\n"


LEAVES_NOTHING = """
import asyncio
from batch import Job, run_jobs
from work import stint

async def main():
    task = asyncio.ensure_future(run_jobs([Job("stuck", "cpu", stint, (60.0,))], timeout={timeout}))
    await asyncio.sleep(0.2)
    if {cancel}:
        task.cancel()
    try:
        print([outcome.status for outcome in await task])
    except asyncio.CancelledError:
        print("cancelled")

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.criterion("cancellation")
def test_program_ends_though_a_computation_was_cancelled(run):
    assert told_by(run, LEAVES_NOTHING.format(timeout=None, cancel=True)) == "cancelled\n"


@pytest.mark.criterion("timeouts")
def test_program_ends_though_a_computation_ran_out_of_time(run):
    assert told_by(run, LEAVES_NOTHING.format(timeout=0.3, cancel=False)) == "['timed out']\n"


# Arguments


@pytest.mark.criterion("arguments")
@pytest.mark.parametrize(
    "options",
    [{"max_io": 0}, {"max_io": -1}, {"max_cpu": 0}, {"timeout": 0}, {"timeout": -2.5}],
    ids=["max_io 0", "max_io -1", "max_cpu 0", "timeout 0", "timeout -2.5"],
)
def test_limits_that_make_no_sense_are_refused_before_anything_starts(options):
    started = []

    async def fetch():
        started.append(1)

    with pytest.raises(ValueError, match=next(iter(options))):
        asyncio.run(asyncio.wait_for(run_jobs([Job("fetch", "async", fetch)], **options), 1.0))
    assert started == []


@pytest.mark.criterion("arguments")
def test_unknown_kind_is_refused_before_anything_starts():
    started = []

    async def fetch():
        started.append(1)

    with pytest.raises(ValueError, match="fax"):
        run([Job("first", "async", fetch), Job("second", "fax", fetch)])
    assert started == []
